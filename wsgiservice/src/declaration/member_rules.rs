//! The rules on the members of the content, which its type has.

use std::any::Any;

/// The rules on the members of a type.
#[derive(Clone, Copy, Debug)]
pub struct MemberRules {
    broken: fn(&dyn Any) -> Vec<BrokenRule>,
}

/// A rule that a member breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRule {
    /// The path of the member, by the names in the code.
    pub path: Vec<Step>,
    /// What the library of the rule says.
    pub message: String,
}

/// A step in the path of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the member of this name.
    Member(String),
    /// To the element at this position.
    Element(String),
}

impl MemberRules {
    /// The rules that this function checks.
    #[must_use]
    pub const fn new(broken: fn(&dyn Any) -> Vec<BrokenRule>) -> Self {
        Self { broken }
    }

    /// The rules that a value breaks.
    pub(crate) fn broken(self, value: &dyn Any) -> Vec<BrokenRule> {
        (self.broken)(value)
    }
}
