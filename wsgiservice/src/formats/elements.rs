//! How many entries the lists of content may have, and how many members its objects.
//!
//! A value takes many times the memory of its text if there are many small ones in it. So they are counted before memory
//! is spent on them.

use std::cell::Cell;

/// How many times as many elements as one list the content may have over all levels. A list or an object counts twice, as an
/// element and for itself, since one with a single element takes the most memory for its text.
const OVER_ALL_LEVELS: usize = 8;

/// How an error says that a list or an object has too many elements. The limit follows.
pub(super) const TOO_MANY: &str = "too many elements, at most ";

/// How it says that the content has too many over all levels.
pub(super) const TOO_MANY_IN_ALL: &str = "too many elements in all, at most ";

/// The elements of content, which are counted while it is read.
#[derive(Debug)]
pub(super) struct Elements {
    most: usize,
    /// How many there may still be over all levels.
    left: Cell<usize>,
}

impl Elements {
    /// At most this number in each list and object.
    pub(super) fn new(most: usize) -> Self {
        Self { most, left: Cell::new(most.saturating_mul(OVER_ALL_LEVELS)) }
    }

    /// Any number, for readers that spend no memory on them.
    pub(super) fn unlimited() -> Self {
        Self::new(usize::MAX)
    }

    /// Whether another element may follow this number of them in a list or an object.
    pub(super) fn have_room(&self, entries: usize) -> bool {
        entries < self.most && self.left.get() > 0
    }

    /// Counts an element, or a list or an object for itself.
    pub(super) fn add(&self) {
        self.left.set(self.left.get().saturating_sub(1));
    }

    /// Takes one back, since there was none.
    pub(super) fn take_back(&self) {
        self.left.set(self.left.get().saturating_add(1));
    }

    /// Why the limit is exceeded.
    pub(super) fn excess(&self, entries: usize) -> String {
        match entries < self.most {
            true => format!("{TOO_MANY_IN_ALL}{}", self.most.saturating_mul(OVER_ALL_LEVELS)),
            false => format!("{TOO_MANY}{}", self.most),
        }
    }
}
