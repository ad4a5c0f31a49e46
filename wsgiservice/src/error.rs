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
        fmt::Display::fmt(&self.0, formatter)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(formatter, "\ncaused by: {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}
