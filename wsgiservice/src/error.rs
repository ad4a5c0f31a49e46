//! The error of an application that cannot run.

use std::{error, fmt, io};

use crate::http::body::BoxError;

/// An error that prevents an application from running: in its set-up, when it is built, or when it listens.
///
/// If `main` returns it, its message is printed, followed by those of its causes. [`new`](Self::new) makes one of any
/// error, and `?` passes it on to `Box<dyn Error>`, `anyhow` and the like.
///
/// ```
/// use wsgiservice::Error;
///
/// fn count(text: &str) -> wsgiservice::Result<u32> {
///     text.parse().map_err(Error::new)
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     assert_eq!(count("12")?, 12);
///     assert_eq!(count("a").unwrap_err().to_string(), "invalid digit found in string");
///     Ok(())
/// }
/// ```
pub struct Error(BoxError);

/// A [`Result`](std::result::Result) with an [`Error`](struct@Error).
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Returns an error with the message and the causes of this one.
    pub fn new(error: impl Into<BoxError>) -> Self {
        Self(error.into())
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source()
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::new(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

/// Writes the messages of the error and its causes, because `main` prints this.
impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)?;
        causes(&*self.0).try_for_each(|cause| write!(formatter, "\ncaused by: {cause}"))
    }
}

/// An error and its causes, in one line.
pub(crate) struct Causes<'a>(pub(crate) &'a (dyn error::Error + 'a));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0, formatter)?;
        causes(self.0).try_for_each(|cause| write!(formatter, ": {cause}"))
    }
}

/// The messages of the causes of an error. Many errors end with the message of their cause, which is left out then.
fn causes<'a>(error: &'a (dyn error::Error + 'a)) -> impl Iterator<Item = String> + 'a {
    let all = std::iter::successors(error.source(), |error| error.source());
    all.scan(error.to_string(), |told, cause| {
        let message = cause.to_string();
        let is_new = !told.ends_with(&message);
        told.clone_from(&message);
        Some(is_new.then_some(message))
    })
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{message}")]
    struct Layered {
        message: &'static str,
        source: Option<Box<Self>>,
    }

    fn layered(messages: &[&'static str]) -> Option<Box<Layered>> {
        let (message, rest) = messages.split_first()?;
        Some(Box::new(Layered { message, source: layered(rest) }))
    }

    #[test]
    fn a_cause_that_the_message_ends_with_is_not_told_twice() {
        for (messages, told) in [
            (&["cannot read a.toml", "not found"][..], "cannot read a.toml\ncaused by: not found"),
            (&["cannot read a.toml: not found", "not found"], "cannot read a.toml: not found"),
            (&["a: b: c", "b: c", "c"], "a: b: c"),
            (&["a: b", "b", "c"], "a: b\ncaused by: c"),
        ] {
            let error = layered(messages).map(Error::new).expect("an error");
            assert_eq!(format!("{error:?}"), told);
        }
    }
}
