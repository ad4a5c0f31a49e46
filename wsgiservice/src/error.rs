//! Why an application does not run.

use std::fmt;

/// Why an application does not run: it cannot be built, it cannot listen, its set-up failed.
///
/// Any error becomes one by `?`. `main` may return it: it is printed in words, with its causes.
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
    /// What went wrong.
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

/// In words, since that is what `main` prints.
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
