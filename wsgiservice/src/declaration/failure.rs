//! The problems that an error can become, by `#[derive(Problem)]`.

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
    /// The names of the methods that can fail with it; all, if there are none.
    pub only: &'static [&'static str],
    /// Its documentation comment.
    pub documentation: &'static str,
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
    /// Whether the method of this name can fail with it.
    pub(crate) fn concerns(&self, method: &str) -> bool {
        self.only.is_empty() || self.only.contains(&method)
    }
}
