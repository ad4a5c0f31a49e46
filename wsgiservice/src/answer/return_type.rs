//! What a type says of itself, asked without a value of it: what a method can answer, and what content it takes.
//!
//! The steps are those of [`returned`](crate::resource::return_value), by method resolution: where the inherent method applies it wins,
//! and else that of the trait lets the type pass. The macros `returns!` and `schema!` bring the traits into scope.

use std::{any::TypeId, marker::PhantomData};

use schemars::JsonSchema;

use super::Answer;
use crate::{
    content::Content,
    declaration::{Failure, Failures, Returns, SchemaOf},
};

/// What a method of this return type can answer.
#[doc(hidden)]
#[macro_export]
macro_rules! __returns {
    ($type:ty) => {
        || {
            use $crate::__private::{Documented as _, ProbeSteps as _};
            $crate::__private::Probe::<$type>::new()
                .failures()
                .result()
                .option()
                .failures()
                .result()
                .returns()
                .documented()
        }
    };
}

/// The schema of the content that an argument of this type takes, where it takes some and says so.
#[doc(hidden)]
#[macro_export]
macro_rules! __schema {
    ($type:ty) => {
        || {
            use $crate::__private::ContentProbeSteps as _;
            $crate::__private::ContentProbe::<$type>::new().schema()
        }
    };
}

/// A return type.
#[derive(Debug)]
pub struct Probe<T> {
    found: Found,
    returned: PhantomData<fn() -> T>,
}

/// What the steps so far have found.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    optional: bool,
    fails: bool,
    failures: Option<&'static [Failure]>,
}

impl<T> Probe<T> {
    /// The type that a method returns.
    #[must_use]
    pub const fn new() -> Self {
        Self::with(Found { optional: false, fails: false, failures: None })
    }

    const fn with(found: Found) -> Self {
        Self { found, returned: PhantomData }
    }
}

impl<T> Default for Probe<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, E: Failures> Probe<Result<T, E>> {
    /// Notes the failures of an error that knows them.
    #[must_use]
    pub fn failures(self) -> Self {
        Self::with(Found { failures: Some(E::FAILURES), ..self.found })
    }
}

impl<T, E> Probe<Result<T, E>> {
    /// Peels a `Result`.
    #[must_use]
    pub fn result(self) -> Probe<T> {
        Probe::with(Found { fails: true, ..self.found })
    }
}

impl<T> Probe<Option<T>> {
    /// Peels an `Option`.
    #[must_use]
    pub fn option(self) -> Probe<T> {
        Probe::with(Found { optional: true, ..self.found })
    }
}

impl<T: Answer<Value: 'static>> Probe<T> {
    /// What one of our own types answers.
    #[must_use]
    pub fn returns(self) -> Returned<T::Value> {
        let value = T::HAS_CONTENT.then(TypeId::of::<T::Value>);
        Returned::new(self.found, T::STATUSES, value, T::VERBATIM)
    }
}

/// The steps that let a type pass.
pub trait ProbeSteps<T>: Sized {
    /// It is no `Result`, or its error does not know its failures.
    #[must_use]
    fn failures(self) -> Self {
        self
    }

    /// It is no `Result`.
    fn result(self) -> Probe<T>;

    /// It is no `Option`.
    fn option(self) -> Probe<T>;

    /// It is none of our own types.
    fn returns(self) -> Returned<T>
    where
        T: 'static;
}

impl<T> ProbeSteps<T> for Probe<T> {
    fn result(self) -> Self {
        self
    }

    fn option(self) -> Self {
        self
    }

    fn returns(self) -> Returned<T>
    where
        T: 'static,
    {
        Returned::new(self.found, &[200], Some(TypeId::of::<T>()), false)
    }
}

/// What is known of a return type, but for the schema of the value.
#[derive(Debug)]
pub struct Returned<V> {
    returns: Returns,
    value: PhantomData<fn() -> V>,
}

impl<V> Returned<V> {
    fn new(found: Found, statuses: &'static [u16], value: Option<TypeId>, verbatim: bool) -> Self {
        let Found { optional, fails, failures } = found;
        let returns =
            Returns { statuses, optional, fails, failures, value, verbatim, schema: None };
        Self { returns, value: PhantomData }
    }
}

impl<V: JsonSchema> Returned<V> {
    /// With the schema of the value.
    #[must_use]
    pub fn documented(self) -> Returns {
        let schema: SchemaOf = |generator| generator.subschema_for::<V>();
        Returns { schema: self.returns.value.map(|_| schema), ..self.returns }
    }
}

/// The step that lets a value without a schema pass.
pub trait Documented {
    /// Without a schema.
    fn documented(self) -> Returns;
}

impl<V> Documented for Returned<V> {
    fn documented(self) -> Returns {
        self.returns
    }
}

/// The type of an argument.
#[derive(Debug)]
pub struct ContentProbe<T>(PhantomData<fn() -> T>);

impl<T> ContentProbe<T> {
    /// The type that an argument has.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Default for ContentProbe<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: JsonSchema> ContentProbe<Content<T>> {
    /// The schema of the content.
    #[must_use]
    pub fn schema(self) -> Option<SchemaOf> {
        Some(|generator| generator.subschema_for::<T>())
    }
}

impl<T: JsonSchema> ContentProbe<Option<Content<T>>> {
    /// The schema of the content.
    #[must_use]
    pub fn schema(self) -> Option<SchemaOf> {
        Some(|generator| generator.subschema_for::<T>())
    }
}

/// The step that lets any other type pass.
pub trait ContentProbeSteps: Sized {
    /// It is no content, or has no schema.
    fn schema(self) -> Option<SchemaOf> {
        None
    }
}

impl<T> ContentProbeSteps for ContentProbe<T> {}
