//! What can be represented: every value that serde can serialise.

use std::{any::Any, cell::RefCell, error::Error};

use bytes::Bytes;
use serde::Serialize;

use super::{Writer, XML_ROOT, xml};
use crate::resource::Resource;

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
    fn json(&self) -> Result<Bytes, Box<dyn Error + Send + Sync>>;

    /// As XML, with this root element.
    ///
    /// # Errors
    /// Where the value has no XML, such as a map whose keys are no text.
    fn xml(&self, root: &str) -> Result<Bytes, Box<dyn Error + Send + Sync>>;
}

thread_local! {
    /// Where JSON is written, so that the content is allocated once, and in its exact size.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The most that a thread keeps of its scratch space, in bytes.
const KEPT: usize = 64 << 10;

#[diagnostic::do_not_recommend]
impl<T: Serialize> Represent for T {
    fn json(&self) -> Result<Bytes, Box<dyn Error + Send + Sync>> {
        // Taken, not borrowed: a value's own `Serialize` may come back here.
        let mut scratch = SCRATCH.take();
        scratch.clear();
        serde_json::to_writer(&mut scratch, self)?;
        let bytes = Bytes::copy_from_slice(&scratch);
        if scratch.capacity() <= KEPT {
            SCRATCH.set(scratch);
        }
        Ok(bytes)
    }

    fn xml(&self, root: &str) -> Result<Bytes, Box<dyn Error + Send + Sync>> {
        Ok(xml::write(self, root)?.into())
    }
}

/// Something that writes the values of a resource.
pub trait Write<T> {
    /// Writes the value.
    ///
    /// # Errors
    /// Where the value cannot be written so.
    fn write(&self, value: &T, writer: Writer) -> Result<Bytes, Box<dyn Error + Send + Sync>>;
}

/// Writes in the built-in representations.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl<T: Represent> Write<T> for Plain {
    fn write(&self, value: &T, writer: Writer) -> Result<Bytes, Box<dyn Error + Send + Sync>> {
        match writer {
            Writer::Json => value.json(),
            Writer::Xml => value.xml(XML_ROOT),
            Writer::Own(_) => Err("the resource has no representation of its own".into()),
        }
    }
}

/// Writes in the representations of a resource's own, too.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a, R>(pub &'a R);

impl<R: Resource, T: Represent + Any> Write<T> for Own<'_, R> {
    fn write(&self, value: &T, writer: Writer) -> Result<Bytes, Box<dyn Error + Send + Sync>> {
        match writer {
            Writer::Own(position) => {
                let content = self.0.represent(position, value);
                content.ok_or_else(|| "the representation is of another type".into())
            }
            Writer::Json | Writer::Xml => Plain.write(value, writer),
        }
    }
}
