//! The errors that become problems.

use std::error::Error;

use super::Problem;

/// Errors that methods and hooks can return: every `E: Into<Problem>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be converted into a `Problem`",
    label = "methods and hooks cannot return this error",
    note = "derive `Problem` for your own error: `#[derive(Debug, thiserror::Error, wsgiservice::Problem)]`, with `#[problem(404)]` on each variant, or implement `From` of it for `wsgiservice::Problem`",
    note = "for an error of another crate, return a `Result<_, wsgiservice::Problem>`, and write `.map_err(wsgiservice::Problem::internal)?`",
    note = "for a status alone, return a `wsgiservice::Problem`, as in `Err(Problem::not_found())`"
)]
pub trait IntoProblem {
    /// Converts the error into a problem.
    #[doc(hidden)]
    fn into_problem(self) -> Problem;
}

#[diagnostic::do_not_recommend]
impl<E: Into<Problem>> IntoProblem for E {
    fn into_problem(self) -> Problem {
        self.into()
    }
}

/// An error with `#[derive(Problem)]`, which the problem is caused by.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error: it does not implement `std::error::Error`",
    label = "add `thiserror::Error` to its derives",
    note = "write `#[derive(Debug, thiserror::Error, wsgiservice::Problem)]`, and `#[error(\"…\")]` on each variant",
    note = "an error is also `Send`, `Sync` and `'static`, since it is logged after the method has returned"
)]
pub trait ProblemCause: Sized {
    /// The error, for the log.
    #[doc(hidden)]
    fn into_cause(self) -> Box<dyn Error + Send + Sync>;
}

#[diagnostic::do_not_recommend]
impl<E: Error + Send + Sync + 'static> ProblemCause for E {
    fn into_cause(self) -> Box<dyn Error + Send + Sync> {
        self.into()
    }
}
