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

    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the transaction is over after it, whatever the statements after it are.
    pub(crate) fn ends_the_transaction(&self) -> bool {
        self.0.kind != ErrorKind::Unique
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.source.fmt(f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.0.source)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::new(kind(&error), error)
    }
}

fn kind(error: &sqlx::Error) -> ErrorKind {
    match error {
        sqlx::Error::Database(reported) if reported.is_unique_violation() => ErrorKind::Unique,
        sqlx::Error::Database(reported) => match reported.code().as_deref() {
            // Serialization failures and deadlocks, as MariaDB (1213, 1205) and PostgreSQL report them.
            Some("40001" | "40P01" | "1213" | "1205") => ErrorKind::Conflict,
            Some(code) if is_temporary(code) => ErrorKind::Unavailable,
            _ => ErrorKind::Other,
        },
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        | sqlx::Error::WorkerCrashed => ErrorKind::Unavailable,
        _ => ErrorKind::Other,
    }
}

/// Whether it is `SQLITE_BUSY`, `SQLITE_LOCKED`, `SQLITE_IOERR`, `SQLITE_FULL` or `SQLITE_CANTOPEN`, or that PostgreSQL has
/// no room or no connections, or is stopping (classes 53 and 57).
fn is_temporary(code: &str) -> bool {
    // The low byte of an extended code of SQLite is the primary one.
    let primary = code.parse::<i32>().map(|code| code & 0xff);
    let is_of_sqlite = code.len() < 5 && matches!(primary, Ok(5 | 6 | 10 | 13 | 14));
    is_of_sqlite || code.len() == 5 && (code.starts_with("53") || code.starts_with("57"))
}
