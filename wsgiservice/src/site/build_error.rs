//! Why an application cannot be built.

use std::fmt;

/// All that is wrong with an application: conflicting paths, rules that cannot be kept.
///
/// Its text has one line for each.
pub struct BuildError(Vec<String>);

impl BuildError {
    pub(crate) fn new(wrong: Vec<String>) -> Self {
        Self(wrong)
    }

    /// What is wrong, one text for each.
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
