//! What no method returns, since it is only a part of a response.

/// A value that a method can return as it is.
///
/// A status or bytes are only a part of a response.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is only a part of a response",
    label = "methods cannot return this type",
    note = "for another status, return `Created`, `Accepted`, `NoContent`, a redirect, or a `Problem` as the error of a `Result`",
    note = "for bytes, return a `Binary`, which has a media type",
    note = "for anything else, return an `http::Response`"
)]
pub trait MethodReturn {
    /// Accepts it.
    #[doc(hidden)]
    fn accept(_: Self)
    where
        Self: Sized,
    {
    }
}

/// Anything that is not a part of a response.
#[derive(Debug)]
pub struct WholeReturn;

impl MethodReturn for WholeReturn {}
