//! The error of an application that cannot run.

use std::fmt;

/// An error that prevents an application from running: in its set-up, when it is built, or when it listens.
///
/// `?` converts any error to it. If `main` returns it, its message is printed, followed by the causes.
///
/// ```
/// fn main() -> wsgiservice::Result<()> {
///     let count: u32 = "12".parse()?;
///     assert_eq!(count, 12);
///     Ok(())
/// }
/// ```
pub struct Error(Box<dyn std::error::Error + Send + Sync>);

/// A [`Result`](std::result::Result) with an [`Error`](struct@Error).
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Returns the underlying error.
    #[must_use]
    pub fn cause(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self.0.as_ref()
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self(Box::new(error))
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
