//! The error of building an application.

use std::fmt;

use crate::error::Error;

/// All errors of an application, for example conflicting paths or defaults that break their rules.
///
/// Its text has one line for each error.
pub struct BuildError(Vec<String>);

impl BuildError {
    pub(crate) fn new(wrong: Vec<String>) -> Self {
        Self(wrong)
    }

    /// The text of each error.
    pub fn reasons(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("\n"))
    }
}

impl fmt::Debug for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for BuildError {}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        Self::new(error)
    }
}
