//! Values that can be represented: those that serde can serialise.

use bytes::Bytes;
use serde::Serialize;

use self::sealed::Sealed;
use super::Writer;
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
    note = "add `#[derive(serde::Serialize)]` to the type, or to the type in it",
    note = "or return a type that needs no representation: `NoContent`, a redirect, an `http::Response`"
)]
pub trait Represent {
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

    /// Keeps other crates from implementing the trait, so that formats can be added to it. A supertrait would do so, too, but
    /// the compiler would report that in place of this trait.
    #[doc(hidden)]
    fn seal() -> Sealed
    where
        Self: Sized;

    /// Writes the value in a built-in representation.
    ///
    /// # Errors
    /// Fails if the value has no such form.
    #[doc(hidden)]
    fn write(&self, writer: Writer) -> Result<Bytes, BoxError> {
        match writer {
            Writer::Json => self.json(),
            Writer::Xml(root) => self.xml(root),
            Writer::ProblemXml | Writer::Own(_) => Err("the representation is not built in".into()),
        }
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "no other crate may name it")]
    #[derive(Debug)]
    pub struct Sealed;
}

/// What a function with `#[representation]` returns, apart from a `Result` of it.
#[diagnostic::on_unimplemented(
    message = "a representation cannot return `{Self}`",
    label = "expected text or bytes",
    note = "return a `String`, a `Vec<u8>` or `Bytes`, or a `Result` of one with an error that is a `Problem`"
)]
pub trait OwnRepresentation {
    /// The content of the response.
    #[doc(hidden)]
    fn into_content(self) -> Bytes;
}

#[diagnostic::do_not_recommend]
impl<T: Into<Bytes>> OwnRepresentation for T {
    fn into_content(self) -> Bytes {
        self.into()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Represent for T {
    fn json(&self) -> Result<Bytes, BoxError> {
        json::write(self)
    }

    fn xml(&self, root: &str) -> Result<Bytes, BoxError> {
        Ok(xml::write::write(self, Form::Rooted(root))?)
    }

    fn seal() -> Sealed {
        Sealed
    }
}
