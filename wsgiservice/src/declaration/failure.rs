//! The problems that an error can become, by `#[derive(Problem)]`.

use std::any::TypeId;

/// A problem that an error can become.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    /// Its status.
    pub status: u16,
    /// Its type, if clients can tell it from other problems of this status.
    pub kind: Option<ProblemType>,
    /// How to authenticate, for a 401.
    pub challenge: Option<&'static str>,
    /// When to try again, in seconds.
    pub retry_after: Option<u64>,
    /// What can fail with it; everything that returns the error, if it is empty.
    pub only: &'static [Failing],
    /// Its documentation comment.
    pub documentation: &'static str,
}

/// What can fail with a problem: a method, of each resource or of one, or all methods of a resource.
#[derive(Clone, Copy, Debug)]
pub struct Failing {
    /// The type of the resource.
    pub resource: Option<fn() -> TypeId>,
    /// The name of the method.
    pub method: Option<&'static str>,
}

/// A type of problems (RFC 9457, section 3.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemType {
    /// What precedes its name in its URI, if that is not a page of the service; empty if the name is a URI.
    pub base: Option<&'static str>,
    /// Its name.
    pub name: &'static str,
    /// What it means, which is the same each time that it occurs.
    pub title: &'static str,
    /// The names of the members that it adds to the document.
    pub extensions: &'static [&'static str],
}

/// An error with known problems, by `#[derive(Problem)]`.
pub trait Failures {
    /// The problems.
    const FAILURES: KnownFailures;

    /// What the compiler checks of an error with type parameters, when they are known.
    const CHECKED: () = ();
}

/// The problems that an error can become.
#[derive(Clone, Copy, Debug)]
pub struct KnownFailures {
    /// Those of its own variants.
    pub own: &'static [Failure],
    /// Those of the errors that it passes on; `None` if they are not known.
    pub passed: &'static [fn() -> Option<Self>],
}

impl KnownFailures {
    /// All of them that are known.
    pub(crate) fn all(self) -> Vec<&'static Failure> {
        let passed = self.passed.iter().filter_map(|failures| failures());
        self.own.iter().chain(passed.flat_map(Self::all)).collect()
    }

    /// Whether there can be others.
    pub(crate) fn are_open(self) -> bool {
        self.passed.iter().any(|failures| failures().is_none_or(Self::are_open))
    }
}

impl Failure {
    /// Whether the method of this name of a resource can fail with it.
    pub(crate) fn concerns(&self, resource: TypeId, method: &str) -> bool {
        let is_it = |failing: &Failing| {
            failing.resource.is_none_or(|of| of() == resource)
                && failing.method.is_none_or(|name| name == method)
        };
        self.only.is_empty() || self.only.iter().any(is_it)
    }
}
