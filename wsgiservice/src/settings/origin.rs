//! Where a value was written.

use std::{fmt, ops::Range, sync::Arc};

/// Where a value was written.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    File { name: Arc<str>, line: usize, column: usize },
    Variable(String),
    Flag(String),
}

impl Origin {
    /// A place in a file, which has this text.
    pub(super) fn in_file(name: &Arc<str>, text: &str, place: Option<Range<usize>>) -> Self {
        let before = place.and_then(|place| text.get(..place.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
        Self::File { name: Arc::clone(name), line, column }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line, column } => write!(formatter, "{name}:{line}:{column}"),
            Self::Variable(name) => formatter.write_str(name),
            Self::Flag(name) => write!(formatter, "--{name}"),
        }
    }
}
