//! Turns the return value of a method into its outcome, in steps.
//!
//! A blanket implementation for `Serialize` would conflict with those for `Option`, `Result` and [`IntoAnswer`] types. So
//! the value is unwrapped in steps: `Result`, then `Option`, then `WithFields` and the same within it, then an [`IntoAnswer`]
//! type or any other value. Each step uses
//! method resolution on a wrapper with a concrete type: an inherent method wins if it applies; otherwise the method of
//! [`ReturnValueExt`] passes the value through. [`return_type`](crate::answer::return_type) takes the same steps for
//! types without a value.

use std::any::Any;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};

use super::{CallOutput, Resource};
use crate::{
    answer::{
        NoContent, WithFields,
        method_return::WholeReturn,
        outcome::{IntoAnswer, Outcome, OutcomeContent, Parts, PartsContent},
    },
    http::body::{Body, BoxError},
    problem::Problem,
    representation::Writer,
};

/// A return value, or the problem that replaced it, and the header fields that were around it.
#[derive(Debug)]
pub struct ReturnValue<T, F = ()>(Result<T, Problem>, F);

impl<T> ReturnValue<T> {
    /// Wraps the return value of a method.
    pub fn new(value: T) -> Self {
        Self(Ok(value), ())
    }

    /// The value, for a hook.
    ///
    /// # Errors
    /// The problem that the hook returned.
    pub fn value(self) -> Result<T, Problem> {
        self.0
    }
}

impl<T, E, F> ReturnValue<Result<T, E>, F> {
    /// Removes a `Result`; an error becomes a problem.
    pub fn result(self, convert: fn(E) -> Problem) -> ReturnValue<T, F> {
        ReturnValue(self.0.and_then(|result| result.map_err(convert)), self.1)
    }
}

impl<T, F> ReturnValue<Option<T>, F> {
    /// Removes an `Option`; `None` becomes a 404.
    pub fn option(self) -> ReturnValue<T, F> {
        ReturnValue(self.0.and_then(|option| option.ok_or_else(Problem::none)), self.1)
    }
}

impl<T> ReturnValue<WithFields<T>> {
    /// Removes a `WithFields`. A problem from outside of it does not get its fields.
    pub fn fields(self) -> ReturnValue<T, OwnFields> {
        match self.0 {
            Ok(WithFields { value, fields }) => ReturnValue(Ok(value), fields),
            Err(problem) => ReturnValue(Err(problem), Vec::new()),
        }
    }
}

impl<T: IntoAnswer, F: FieldsAround> ReturnValue<T, F> {
    /// The outcome of an [`IntoAnswer`] type.
    ///
    /// # Errors
    /// The problem that the method returned.
    pub fn outcome(
        self,
        writer: Option<Writer>,
        write: Write<T::Value>,
    ) -> Result<CallOutput, Problem> {
        self.represent(T::into_parts, |value| built_in(value, writer, write))
    }

    /// The outcome of an [`IntoAnswer`] type, if the resource has its own representations.
    ///
    /// # Errors
    /// The problem that the method returned.
    pub fn outcome_of<R: Resource>(
        self,
        resource: &R,
        writer: Option<Writer>,
        write: Write<T::Value>,
    ) -> Result<CallOutput, Problem>
    where
        T::Value: Any,
    {
        self.represent(T::into_parts, |value| own(resource, value, writer, write))
    }
}

impl<T, F: FieldsAround> ReturnValue<T, F> {
    /// Writes the value, and adds the fields to what becomes of it.
    #[inline]
    fn represent<V>(
        self,
        into_parts: impl FnOnce(T) -> Parts<V>,
        write: impl FnOnce(&V) -> Written,
    ) -> Result<CallOutput, Problem> {
        let Self(value, fields) = self;
        match value.and_then(|value| represent(into_parts(value), write)) {
            Ok(mut outcome) => {
                fields.add_to(&mut outcome);
                Ok(CallOutput::Outcome(outcome))
            }
            Err(problem) => Err(fields.add_to_problem(problem)),
        }
    }
}

/// The header fields of a [`WithFields`].
type OwnFields = Vec<(HeaderName, HeaderValue)>;

/// The header fields around a return value: none, which costs nothing, or those of a [`WithFields`].
pub trait FieldsAround {
    /// Adds them to an outcome.
    #[doc(hidden)]
    fn add_to(self, outcome: &mut Outcome);

    /// Adds them to a problem.
    #[doc(hidden)]
    fn add_to_problem(self, problem: Problem) -> Problem;
}

impl FieldsAround for () {
    #[inline]
    fn add_to(self, _: &mut Outcome) {}

    #[inline]
    fn add_to_problem(self, problem: Problem) -> Problem {
        problem
    }
}

impl FieldsAround for OwnFields {
    fn add_to(self, outcome: &mut Outcome) {
        outcome.head.get_or_insert_default().fields.extend(self);
    }

    fn add_to_problem(self, problem: Problem) -> Problem {
        self.into_iter().fold(problem, |problem, (name, value)| problem.field(name, value))
    }
}

/// The steps for values without the wrapper that a step removes.
pub trait ReturnValueExt<T, F>: Sized {
    /// Passes a value that is not a `Result`.
    fn result(self, _: fn(Problem) -> Problem) -> ReturnValue<T, F>;

    /// Passes a value that is not an `Option`.
    fn option(self) -> ReturnValue<T, F>;

    /// Passes a value that is not a `WithFields`.
    fn fields(self) -> ReturnValue<T, F>;

    /// Passes a value that is not a part of a response.
    fn whole(self, _: fn(WholeReturn)) -> ReturnValue<T, F>;

    /// The outcome of any other value: a 200 with its representation.
    ///
    /// # Errors
    /// The problem that the method returned.
    fn outcome(self, writer: Option<Writer>, write: Write<T>) -> Result<CallOutput, Problem>;

    /// The outcome of any other value, if the resource has its own representations.
    ///
    /// # Errors
    /// The problem that the method returned.
    fn outcome_of<R: Resource>(
        self,
        resource: &R,
        writer: Option<Writer>,
        write: Write<T>,
    ) -> Result<CallOutput, Problem>
    where
        T: Any;
}

impl<T, F: FieldsAround> ReturnValueExt<T, F> for ReturnValue<T, F> {
    fn result(self, _: fn(Problem) -> Problem) -> Self {
        self
    }

    fn option(self) -> Self {
        self
    }

    fn fields(self) -> Self {
        self
    }

    fn whole(self, _: fn(WholeReturn)) -> Self {
        self
    }

    fn outcome(self, writer: Option<Writer>, write: Write<T>) -> Result<CallOutput, Problem> {
        self.represent(Parts::ok, |value| built_in(value, writer, write))
    }

    fn outcome_of<R: Resource>(
        self,
        resource: &R,
        writer: Option<Writer>,
        write: Write<T>,
    ) -> Result<CallOutput, Problem>
    where
        T: Any,
    {
        self.represent(Parts::ok, |value| own(resource, value, writer, write))
    }
}

type Written = Result<Bytes, Problem>;

/// Writes a value: [`Represent::write`](crate::answer::Represent). The generated code passes it, and not a bound asks for
/// it, so that the compiler reports a type that cannot be written at that type, and nowhere else.
type Write<T> = fn(&T, Writer) -> Result<Bytes, BoxError>;

impl Parts<()> {
    /// The outcome of what has no value.
    pub(crate) fn into_outcome(self) -> Outcome {
        let content = match self.content {
            PartsContent::Nothing | PartsContent::Value(()) => OutcomeContent::Nothing,
            PartsContent::Verbatim(response) => OutcomeContent::Verbatim(response),
            PartsContent::Binary(binary) => OutcomeContent::Binary(binary),
            PartsContent::Events(events) => OutcomeContent::Events(events),
        };
        Outcome { status: self.status, head: self.head, content }
    }
}

fn represent<T>(parts: Parts<T>, write: impl FnOnce(&T) -> Written) -> Result<Outcome, Problem> {
    let content = match parts.content {
        PartsContent::Nothing => OutcomeContent::Nothing,
        PartsContent::Value(value) => OutcomeContent::Represented(write(&value)?),
        PartsContent::Verbatim(response) => OutcomeContent::Verbatim(response),
        PartsContent::Binary(binary) => OutcomeContent::Binary(binary),
        PartsContent::Events(events) => OutcomeContent::Events(events),
    };
    Ok(Outcome { status: parts.status, head: parts.head, content })
}

fn built_in<T>(value: &T, writer: Option<Writer>, write: Write<T>) -> Written {
    match writer {
        Some(writer) => write(value, writer).map_err(Problem::internal),
        None => Err(Problem::internal("no representation was negotiated")),
    }
}

/// Writes a value in one of the resource's own representations, or in a built-in one.
fn own<R: Resource, T: Any>(
    resource: &R,
    value: &T,
    writer: Option<Writer>,
    write: Write<T>,
) -> Written {
    let Some(Writer::Own(position)) = writer else { return built_in(value, writer, write) };
    let content = resource.represent(position, value);
    let unfit = || Err(Problem::internal("the representation takes a value of another type"));
    content.unwrap_or_else(unfit)
}

/// A return value that is only a part of a response, as other frameworks have it.
macro_rules! partial {
    ($($($name:ident)* => $type:ty;)*) => {$(
        impl<$($name,)* F> ReturnValue<$type, F> {
            /// Refuses it: the bound of what it takes is not satisfied.
            pub fn whole(self, _: fn($type)) -> ReturnValue<NoContent, F> {
                ReturnValue(self.0.map(|_| NoContent), self.1)
            }
        }
    )*};
}

partial! {
    => StatusCode;
    A => (StatusCode, A);
    A B => (StatusCode, A, B);
    => Body;
    => Bytes;
}
