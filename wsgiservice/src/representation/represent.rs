//! What can be represented: every value that serde can serialise.

use bytes::Bytes;
use serde::Serialize;

use crate::{
    formats::{json, xml},
    http::body::BoxError,
};

/// A value that has representations.
///
/// Every `T: Serialize` is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be represented",
    label = "a method cannot return this type",
    note = "add `#[derive(serde::Serialize)]` to the type",
    note = "or return a type that is not serialized: `NoContent`, a redirect, an `http::Response`"
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

#[diagnostic::do_not_recommend]
impl<T: Serialize> Represent for T {
    fn json(&self) -> Result<Bytes, BoxError> {
        json::write(self)
    }

    fn xml(&self, root: &str) -> Result<Bytes, BoxError> {
        Ok(xml::write::write(self, root)?.into())
    }
}
