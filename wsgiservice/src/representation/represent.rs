//! Values that can be represented: those that serde can serialise.

use bytes::Bytes;
use serde::Serialize;

use self::sealed::Sealed;
use crate::{
    formats::{
        json,
        xml::{self, write::Form},
    },
    http::body::BoxError,
};

/// A value that has representations.
///
/// It is implemented for every `T: Serialize`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be represented",
    label = "methods cannot return this type",
    note = "derive it: `#[derive(serde::Serialize)]`",
    note = "or return a type that needs no representation: `NoContent`, a redirect, an `http::Response`"
)]
pub trait Represent: Sealed {
    /// Writes the value as JSON.
    ///
    /// # Errors
    /// Fails if the value has no JSON form, for example a map whose keys are not text.
    fn json(&self) -> Result<Bytes, BoxError>;

    /// Writes the value as XML with this root element.
    ///
    /// # Errors
    /// Fails if the value has no XML form, for example a map whose keys are not text.
    fn xml(&self, root: &str) -> Result<Bytes, BoxError>;
}

/// Keeps other crates from implementing [`Represent`], so that formats can be added to it.
mod sealed {
    #[expect(unnameable_types, reason = "no other crate may name it")]
    pub trait Sealed {}

    impl<T: serde::Serialize> Sealed for T {}
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Represent for T {
    fn json(&self) -> Result<Bytes, BoxError> {
        json::write(self)
    }

    fn xml(&self, root: &str) -> Result<Bytes, BoxError> {
        Ok(xml::write::write(self, Form::Rooted(root))?)
    }
}
