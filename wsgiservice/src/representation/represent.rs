//! What can be represented: every value that serde can serialise.

use std::cell::RefCell;

use bytes::Bytes;
use serde::Serialize;

use crate::{
    formats::xml::write,
    http::{body::BoxError, small_bytes},
};

/// A value that has representations.
///
/// Every `T: Serialize` is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be represented",
    label = "a method cannot return this",
    note = "derive it: `#[derive(serde::Serialize)]`",
    note = "or return what has no content: `NoContent`, a redirect, an `http::Response`"
)]
pub trait Represent {
    /// As JSON.
    ///
    /// # Errors
    /// Where the value has no JSON, such as a map whose keys are no text.
    fn json(&self) -> Result<Bytes, BoxError>;

    /// As XML, with this root element.
    ///
    /// # Errors
    /// Where the value has no XML, such as a map whose keys are no text.
    fn xml(&self, root: &str) -> Result<Bytes, BoxError>;
}

thread_local! {
    /// Where JSON is written, before its size is known.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The most that a thread keeps of its scratch space, in bytes.
const KEPT: usize = 64 << 10;

#[diagnostic::do_not_recommend]
impl<T: Serialize> Represent for T {
    fn json(&self) -> Result<Bytes, BoxError> {
        // Taken, not borrowed: a value's own `Serialize` may come back here.
        let mut scratch = SCRATCH.take();
        scratch.clear();
        serde_json::to_writer(&mut scratch, self)?;
        let bytes = small_bytes::bytes(scratch.len(), |chunk| chunk.extend_from_slice(&scratch));
        if scratch.capacity() <= KEPT {
            SCRATCH.set(scratch);
        }
        Ok(bytes)
    }

    fn xml(&self, root: &str) -> Result<Bytes, BoxError> {
        Ok(write::write(self, root)?.into())
    }
}
