//! Why the database did not do what it was asked.

use std::{error::Error as StdError, fmt};

/// Why the database did not do what it was asked.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    source: Box<dyn StdError + Send + Sync>,
}

/// What kind of error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A row with such a key is there already.
    Unique,
    /// What a statement creates is there already, and the transaction goes on.
    Exists,
    /// Two transactions could not run side by side: the same one can succeed now.
    Conflict,
    /// The database is locked, full, or cannot be reached.
    Unavailable,
    /// The statement, the schema or the data is wrong.
    Other,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Box::new(Inner { kind, source: source.into() }))
    }

    /// An error of the data: what a row has is not what the service has written.
    #[must_use]
    pub fn other(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Other, source)
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the transaction is over after it, whatever the statements after it are.
    pub(crate) fn ends_the_transaction(&self) -> bool {
        !matches!(self.0.kind, ErrorKind::Unique | ErrorKind::Exists)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.source.fmt(f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // What it says is what this says.
        self.0.source.source()
    }
}

/// What is asked of a database after it was closed.
pub(crate) fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "the database is closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_said_once() {
        let cause = std::io::Error::other(fmt::Error);
        let error = Error::new(ErrorKind::Other, cause);
        let source = error.source().map(ToString::to_string);
        assert_ne!(source, Some(error.to_string()));
        assert!(Error::new(ErrorKind::Other, "a text").source().is_none());
    }
}
