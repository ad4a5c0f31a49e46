//! From what a method returned to its outcome, in steps.
//!
//! A blanket implementation over `Serialize` would collide with `Option`, `Result` and our own types. So the value is
//! peeled, `Result`, then `Option`, then one of ours or else any value, each step by method resolution on a concretely
//! typed wrapper: where the inherent method applies it wins, and else the trait's ([`Steps`]) lets the value pass. The same
//! steps over a type without a value are in [`probe`](crate::answer::return_type).

use std::any::Any;

use bytes::Bytes;

use super::{Finding, Resource};
use crate::{
    answer::{Answer, Outcome, OutcomeContent, Parts, PartsContent},
    http::body::BoxError,
    problem::Problem,
    representation::{self, Represent, Selected, Writer},
};

/// A value on its way to an outcome.
#[derive(Debug)]
pub struct Peeled<T>(Result<T, Problem>);

impl<T> Peeled<T> {
    /// What a method returned.
    pub fn new(value: T) -> Self {
        Self(Ok(value))
    }

    /// The value, for a hook.
    ///
    /// # Errors
    /// The problem that the hook returned instead.
    pub fn value(self) -> Result<T, Problem> {
        self.0
    }
}

impl<T, E> Peeled<Result<T, E>> {
    /// Peels a `Result`.
    pub fn result(self) -> Peeled<T>
    where
        E: IntoProblem,
    {
        Peeled(self.0.and_then(|result| result.map_err(IntoProblem::into_problem)))
    }
}

impl<T> Peeled<Option<T>> {
    /// Peels an `Option`: `None` is a 404.
    pub fn option(self) -> Peeled<T> {
        Peeled(self.0.and_then(|option| option.ok_or_else(Problem::not_found)))
    }
}

impl<T: Answer> Peeled<T> {
    /// The outcome of one of our own types.
    ///
    /// # Errors
    /// The problem that the method returned instead.
    pub fn outcome(self, selected: Selected<'_>) -> Result<Finding, Problem>
    where
        T::Value: Represent,
    {
        represent(self.0?.into_parts(), |value| plain(value, selected))
    }

    /// The outcome of one of our own types, of a resource with representations of its own.
    ///
    /// # Errors
    /// The problem that the method returned instead.
    pub fn outcome_of<R: Resource>(
        self,
        resource: &R,
        selected: Selected<'_>,
    ) -> Result<Finding, Problem>
    where
        T::Value: Represent + Any,
    {
        represent(self.0?.into_parts(), |value| own(resource, value, selected))
    }
}

/// The steps that let a value pass.
pub trait Steps<T>: Sized {
    /// It is no `Result`.
    fn result(self) -> Peeled<T>;

    /// It is no `Option`.
    fn option(self) -> Peeled<T>;

    /// It is none of our own types: it is represented, and a 200.
    ///
    /// # Errors
    /// The problem that the method returned instead.
    fn outcome(self, selected: Selected<'_>) -> Result<Finding, Problem>
    where
        T: Represent;

    /// It is none of our own types, and the resource has representations of its own.
    ///
    /// # Errors
    /// The problem that the method returned instead.
    fn outcome_of<R: Resource>(
        self,
        resource: &R,
        selected: Selected<'_>,
    ) -> Result<Finding, Problem>
    where
        T: Represent + Any;
}

impl<T> Steps<T> for Peeled<T> {
    fn result(self) -> Self {
        self
    }

    fn option(self) -> Self {
        self
    }

    fn outcome(self, selected: Selected<'_>) -> Result<Finding, Problem>
    where
        T: Represent,
    {
        represent(Parts::ok(self.0?), |value| plain(value, selected))
    }

    fn outcome_of<R: Resource>(
        self,
        resource: &R,
        selected: Selected<'_>,
    ) -> Result<Finding, Problem>
    where
        T: Represent + Any,
    {
        represent(Parts::ok(self.0?), |value| own(resource, value, selected))
    }
}

type Written = Result<Bytes, BoxError>;

fn represent<T>(parts: Parts<T>, write: impl FnOnce(&T) -> Written) -> Result<Finding, Problem> {
    let content = match parts.content {
        PartsContent::Nothing => OutcomeContent::Nothing,
        PartsContent::Value(value) => {
            OutcomeContent::Represented(write(&value).map_err(Problem::internal)?)
        }
        PartsContent::Verbatim(response) => OutcomeContent::Verbatim(response),
        PartsContent::Binary(binary) => OutcomeContent::Binary(binary),
    };
    Ok(Finding::Outcome(Outcome { status: parts.status, said: parts.said, content }))
}

/// Writes in a built-in representation.
fn plain<T: Represent>(value: &T, selected: Selected<'_>) -> Written {
    representation::write(value, selected.writer)
}

/// Writes in a representation of the resource's own, or in a built-in one.
fn own<R: Resource, T: Represent + Any>(
    resource: &R,
    value: &T,
    selected: Selected<'_>,
) -> Written {
    match selected.writer {
        Writer::Own(position) => {
            let content = resource.represent(position, value);
            content.ok_or_else(|| "the representation is of another type".into())
        }
        Writer::Json | Writer::Xml(_) => plain(value, selected),
    }
}

/// An error that becomes a problem.
///
/// Every `E: Into<Problem>` is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be converted to a `Problem`",
    label = "a method cannot fail with this error",
    note = "add `#[derive(Debug, thiserror::Error, wsgiservice::Problem)]` to the error, and `#[problem(404)]` to each variant",
    note = "or implement `From<{Self}>` for `wsgiservice::Problem`",
    note = "for an error of another crate, call `.map_err(wsgiservice::Problem::internal)`"
)]
pub trait IntoProblem {
    /// The problem.
    fn into_problem(self) -> Problem;
}

#[diagnostic::do_not_recommend]
impl<E: Into<Problem>> IntoProblem for E {
    fn into_problem(self) -> Problem {
        self.into()
    }
}
