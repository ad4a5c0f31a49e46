//! Describes return types and argument types at compile time, without a value.
//!
//! It takes the same steps as [`return_value`](crate::resource::return_value), by method resolution: an inherent method wins
//! if it applies; otherwise the trait's method passes the type through. The macros `returns!` and `content!` bring the traits
//! into scope.

use std::{any::TypeId, marker::PhantomData};

use schemars::JsonSchema;

use super::{IntoAnswer, WithFields};
#[cfg(feature = "garde")]
use crate::content::rules;
use crate::{
    content::Content,
    declaration::{Failures, KnownFailures, MemberRules, Returns, SchemaOf},
};

/// Describes the responses of a method with this return type.
#[doc(hidden)]
#[macro_export]
macro_rules! __returns {
    ($type:ty) => {
        || {
            use $crate::__private::{DescribedReturnExt as _, ReturnTypeExt as _};
            $crate::__private::ReturnType::<$type>::new()
                .failures()
                .result()
                .option()
                .failures()
                .result()
                .fields()
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

/// What the type of an argument says of the content, if it is content. The name `rules` has the span of the type, where the
/// compiler reports a context of rules that cannot be made.
#[doc(hidden)]
#[macro_export]
macro_rules! __content {
    ($type:ty, $rules:ident) => {
        || {
            use $crate::__private::ArgumentTypeExt as _;
            $crate::__private::ContentType {
                schema: $crate::__private::ArgumentType::<$type>::new().schema(),
                rules: $crate::__private::ArgumentType::<$type>::new().$rules(),
            }
        }
    };
}

/// A return type, from which the steps so far have removed these wrappers.
#[derive(Debug)]
pub struct ReturnType<T> {
    wrappers: Wrappers,
    value: PhantomData<fn() -> T>,
}

/// The `Option` and the `Result` around a value.
#[derive(Clone, Copy, Debug, Default)]
struct Wrappers {
    optional: bool,
    fails: bool,
    failures: Option<KnownFailures>,
}

impl<T> ReturnType<T> {
    /// Creates the complete return type of a method.
    #[must_use]
    pub const fn new() -> Self {
        Self::with(Wrappers { optional: false, fails: false, failures: None })
    }

    const fn with(wrappers: Wrappers) -> Self {
        Self { wrappers, value: PhantomData }
    }
}

impl<T> Default for ReturnType<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, E: Failures> ReturnType<Result<T, E>> {
    /// Records the failures of an error that declares them.
    #[must_use]
    pub fn failures(self) -> Self {
        Self::with(Wrappers { failures: Some(E::FAILURES), ..self.wrappers })
    }
}

impl<T, E> ReturnType<Result<T, E>> {
    /// Removes a `Result`.
    #[must_use]
    pub fn result(self) -> ReturnType<T> {
        ReturnType::with(Wrappers { fails: true, ..self.wrappers })
    }
}

impl<T> ReturnType<Option<T>> {
    /// Removes an `Option`.
    #[must_use]
    pub fn option(self) -> ReturnType<T> {
        ReturnType::with(Wrappers { optional: true, ..self.wrappers })
    }
}

impl<T> ReturnType<WithFields<T>> {
    /// Removes a `WithFields`.
    #[must_use]
    pub fn fields(self) -> ReturnType<T> {
        ReturnType::with(self.wrappers)
    }
}

impl<T: IntoAnswer<Value: 'static>> ReturnType<T> {
    /// Describes an [`IntoAnswer`] type.
    #[must_use]
    pub fn returns(self) -> DescribedReturn<T::Value> {
        let value = T::HAS_CONTENT.then(TypeId::of::<T::Value>);
        let mut described =
            DescribedReturn::new(self.wrappers, T::STATUSES, value, T::VERBATIM, T::MEDIA_TYPE);
        described.returns.is_page = T::IS_PAGE;
        described
    }
}

/// The steps for types without the wrapper that a step removes.
pub trait ReturnTypeExt<T>: Sized {
    /// Passes a type that is not a `Result`, or whose error does not declare its failures.
    #[must_use]
    fn failures(self) -> Self {
        self
    }

    /// Passes a type that is not a `Result`.
    fn result(self) -> ReturnType<T>;

    /// Passes a type that is not an `Option`.
    fn option(self) -> ReturnType<T>;

    /// Passes a type that is not a `WithFields`.
    fn fields(self) -> ReturnType<T>;

    /// Describes a type that is not an [`IntoAnswer`]: a value with representations.
    fn returns(self) -> DescribedReturn<T>
    where
        T: 'static;
}

impl<T> ReturnTypeExt<T> for ReturnType<T> {
    fn result(self) -> Self {
        self
    }

    fn option(self) -> Self {
        self
    }

    fn fields(self) -> Self {
        self
    }

    fn returns(self) -> DescribedReturn<T>
    where
        T: 'static,
    {
        DescribedReturn::new(self.wrappers, &[200], Some(TypeId::of::<T>()), false, None)
    }
}

/// The description of a return type, without the schema of its value.
#[derive(Debug)]
pub struct DescribedReturn<V> {
    returns: Returns,
    value: PhantomData<fn() -> V>,
}

impl<V> DescribedReturn<V> {
    fn new(
        wrappers: Wrappers,
        statuses: &'static [u16],
        value: Option<TypeId>,
        verbatim: bool,
        media_type: Option<&'static str>,
    ) -> Self {
        let Wrappers { optional, fails, failures } = wrappers;
        let returns = Returns {
            statuses,
            optional,
            fails,
            failures,
            value,
            verbatim,
            media_type,
            is_page: false,
            schema: None,
        };
        Self { returns, value: PhantomData }
    }
}

impl<V: JsonSchema> DescribedReturn<V> {
    /// Adds the schema of the value.
    #[must_use]
    pub fn documented(self) -> Returns {
        let schema = self.returns.value.map(|_| SchemaOf::of::<V>());
        Returns { schema, ..self.returns }
    }
}

/// The step for values without a schema.
pub trait DescribedReturnExt {
    /// Leaves out the schema.
    fn documented(self) -> Returns;
}

impl<V> DescribedReturnExt for DescribedReturn<V> {
    fn documented(self) -> Returns {
        self.returns
    }
}

/// The type of an argument.
#[derive(Debug)]
pub struct ArgumentType<T>(PhantomData<fn() -> T>);

impl<T> ArgumentType<T> {
    /// Creates the type of an argument.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Default for ArgumentType<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: JsonSchema> ArgumentType<Content<T>> {
    /// The schema of the content.
    #[must_use]
    pub fn schema(self) -> Option<SchemaOf> {
        Some(SchemaOf::of::<T>())
    }
}

impl<T: JsonSchema> ArgumentType<Option<Content<T>>> {
    /// The schema of the content.
    #[must_use]
    pub fn schema(self) -> Option<SchemaOf> {
        Some(SchemaOf::of::<T>())
    }
}

// The bound of the context is on the method, so that a context that cannot be made is an error, and not a type without rules.
#[cfg(feature = "garde")]
impl<T: garde::Validate + 'static> ArgumentType<Content<T>> {
    /// The rules on the members of the content.
    #[must_use]
    pub fn rules(self) -> Option<MemberRules>
    where
        T::Context: Default,
    {
        Some(rules::of::<T>())
    }
}

#[cfg(feature = "garde")]
impl<T: garde::Validate + 'static> ArgumentType<Option<Content<T>>> {
    /// The rules on the members of the content.
    #[must_use]
    pub fn rules(self) -> Option<MemberRules>
    where
        T::Context: Default,
    {
        Some(rules::of::<T>())
    }
}

/// The step for all other types.
pub trait ArgumentTypeExt: Sized {
    /// No schema: the type is not content, or its content has no schema.
    fn schema(self) -> Option<SchemaOf> {
        None
    }

    /// No rules: the type is not content, or its content has none.
    fn rules(self) -> Option<MemberRules> {
        None
    }
}

impl<T> ArgumentTypeExt for ArgumentType<T> {}

/// An error that another one passes on.
#[derive(Debug)]
pub struct PassedError<E>(PhantomData<fn() -> E>);

impl<E> PassedError<E> {
    /// Creates the type of an error.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only generated code creates one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E: Failures> PassedError<E> {
    /// The problems that it can become.
    #[must_use]
    pub fn failures(self) -> Option<KnownFailures> {
        Some(E::FAILURES)
    }
}

/// The step for errors whose problems are not known.
pub trait PassedErrorExt: Sized {
    /// They are not known.
    fn failures(self) -> Option<KnownFailures> {
        None
    }
}

impl<E> PassedErrorExt for PassedError<E> {}
