//! Turns the return value of a method into its outcome, in steps.
//!
//! A blanket implementation for `Serialize` would conflict with those for `Option`, `Result` and [`IntoAnswer`] types. So
//! the value is unwrapped in steps: `Result`, then `Option`, then an [`IntoAnswer`] type or any other value. Each step uses
//! method resolution on a wrapper with a concrete type: an inherent method wins if it applies; otherwise the method of
//! [`ReturnValueExt`] passes the value through. [`return_type`](crate::answer::return_type) takes the same steps for
//! types without a value.

use std::any::Any;

use bytes::Bytes;

use super::{CallOutput, Resource};
use crate::{
    answer::outcome::{IntoAnswer, Outcome, OutcomeContent, Parts, PartsContent},
    http::body::BoxError,
    problem::Problem,
    representation::{self, Represent, Writer},
};

/// A return value, or the problem that replaced it.
#[derive(Debug)]
pub struct ReturnValue<T>(Result<T, Problem>);

impl<T> ReturnValue<T> {
    /// Wraps the return value of a method.
    pub fn new(value: T) -> Self {
        Self(Ok(value))
    }

    /// The value, for a hook.
    ///
    /// # Errors
    /// The problem that the hook returned.
    pub fn value(self) -> Result<T, Problem> {
        self.0
    }
}

impl<T, E> ReturnValue<Result<T, E>> {
    /// Removes a `Result`; an error becomes a problem.
    pub fn result(self) -> ReturnValue<T>
    where
        E: IntoProblem,
    {
        ReturnValue(self.0.and_then(|result| result.map_err(IntoProblem::into_problem)))
    }
}

impl<T> ReturnValue<Option<T>> {
    /// Removes an `Option`; `None` becomes a 404.
    pub fn option(self) -> ReturnValue<T> {
        ReturnValue(self.0.and_then(|option| option.ok_or_else(Problem::not_found)))
    }
}

impl<T: IntoAnswer> ReturnValue<T> {
    /// The outcome of an [`IntoAnswer`] type.
    ///
    /// # Errors
    /// The problem that the method returned.
    pub fn outcome(self, writer: Option<Writer>) -> Result<CallOutput, Problem>
    where
        T::Value: Represent,
    {
        represent(self.0?.into_parts(), |value| built_in(value, writer))
    }

    /// The outcome of an [`IntoAnswer`] type, if the resource has its own representations.
    ///
    /// # Errors
    /// The problem that the method returned.
    pub fn outcome_of<R: Resource>(
        self,
        resource: &R,
        writer: Option<Writer>,
    ) -> Result<CallOutput, Problem>
    where
        T::Value: Represent + Any,
    {
        represent(self.0?.into_parts(), |value| own(resource, value, writer))
    }
}

/// The steps for values without the wrapper that a step removes.
pub trait ReturnValueExt<T>: Sized {
    /// Passes a value that is not a `Result`.
    fn result(self) -> ReturnValue<T>;

    /// Passes a value that is not an `Option`.
    fn option(self) -> ReturnValue<T>;

    /// The outcome of any other value: a 200 with its representation.
    ///
    /// # Errors
    /// The problem that the method returned.
    fn outcome(self, writer: Option<Writer>) -> Result<CallOutput, Problem>
    where
        T: Represent;

    /// The outcome of any other value, if the resource has its own representations.
    ///
    /// # Errors
    /// The problem that the method returned.
    fn outcome_of<R: Resource>(
        self,
        resource: &R,
        writer: Option<Writer>,
    ) -> Result<CallOutput, Problem>
    where
        T: Represent + Any;
}

impl<T> ReturnValueExt<T> for ReturnValue<T> {
    fn result(self) -> Self {
        self
    }

    fn option(self) -> Self {
        self
    }

    fn outcome(self, writer: Option<Writer>) -> Result<CallOutput, Problem>
    where
        T: Represent,
    {
        represent(Parts::ok(self.0?), |value| built_in(value, writer))
    }

    fn outcome_of<R: Resource>(
        self,
        resource: &R,
        writer: Option<Writer>,
    ) -> Result<CallOutput, Problem>
    where
        T: Represent + Any,
    {
        represent(Parts::ok(self.0?), |value| own(resource, value, writer))
    }
}

type Written = Result<Bytes, BoxError>;

fn represent<T>(parts: Parts<T>, write: impl FnOnce(&T) -> Written) -> Result<CallOutput, Problem> {
    let content = match parts.content {
        PartsContent::Nothing => OutcomeContent::Nothing,
        PartsContent::Value(value) => {
            OutcomeContent::Represented(write(&value).map_err(Problem::internal)?)
        }
        PartsContent::Verbatim(response) => OutcomeContent::Verbatim(response),
        PartsContent::Binary(binary) => OutcomeContent::Binary(binary),
    };
    Ok(CallOutput::Outcome(Outcome { status: parts.status, head: parts.head, content }))
}

fn built_in<T: Represent>(value: &T, writer: Option<Writer>) -> Written {
    match writer {
        Some(writer) => representation::write(value, writer),
        None => Err("no representation was negotiated".into()),
    }
}

/// Writes a value in one of the resource's own representations, or in a built-in one.
fn own<R: Resource, T: Represent + Any>(
    resource: &R,
    value: &T,
    writer: Option<Writer>,
) -> Written {
    let Some(Writer::Own(position)) = writer else { return built_in(value, writer) };
    let content = resource.represent(position, value);
    content.ok_or_else(|| "the representation takes a value of another type".into())
}

/// Errors that methods and hooks can return: every `E: Into<Problem>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be converted into a `Problem`",
    label = "a method cannot return this error",
    note = "derive `Problem` for your own error: `#[derive(Debug, thiserror::Error, wsgiservice::Problem)]`, with `#[problem(404)]` on each variant",
    note = "or implement `From<{Self}>` for `wsgiservice::Problem`; convert an error of another crate with `.map_err(wsgiservice::Problem::internal)`"
)]
pub trait IntoProblem {
    /// Converts the error into a problem.
    fn into_problem(self) -> Problem;
}

#[diagnostic::do_not_recommend]
impl<E: Into<Problem>> IntoProblem for E {
    fn into_problem(self) -> Problem {
        self.into()
    }
}
