//! Arguments that a function of the service converts, by `#[validate(convert = …)]`.

use std::{fmt::Display, marker::PhantomData};

use super::{
    Arguments, ParseError,
    argument_types::{Optional, Repeated, Single},
};
use crate::declaration::{self, Kind, TypeConstraint};

/// An argument that a function converts: the value, or an `Option` or a `Vec` of it.
#[diagnostic::on_unimplemented(
    message = "mismatched types: `convert` returns `{C}`, but the argument is a `{Self}`",
    label = "expected `{C}`, or an `Option` or a `Vec` of it"
)]
pub trait Converted<C, Marker>: Sized {
    /// Whether it may be absent.
    const OPTIONAL: bool;

    /// Whether there may be more than one.
    const REPEATED: bool;

    /// Takes the argument, or reports a violation and returns `None`.
    fn take(
        arguments: &mut Arguments<'_>,
        index: usize,
        convert: impl Fn(&str) -> Result<C, ParseError>,
    ) -> Option<Self>;
}

/// The function that converts an argument of the type `T`. All that generated code does with it begins with the same call, so
/// that the compiler reports a function of another type once.
#[derive(Debug)]
pub struct Converter<T, M, C, E> {
    convert: fn(&str) -> Result<C, E>,
    argument: PhantomData<fn() -> (T, M)>,
}

/// A function of the service as the converter of an argument.
pub const fn converter<T, M, C, E>(convert: fn(&str) -> Result<C, E>) -> Converter<T, M, C, E>
where
    T: Converted<C, M>,
{
    Converter { convert, argument: PhantomData }
}

impl<T: Converted<C, M>, M, C, E> Converter<T, M, C, E> {
    /// The kind of the argument; `converts` calls the function, which a constant cannot capture.
    #[must_use]
    pub const fn argument(&self, converts: fn(&str) -> bool) -> declaration::Argument {
        declaration::Argument::Value {
            kind: Kind::Any,
            converts,
            constraint: &TypeConstraint::NONE,
            optional: T::OPTIONAL,
            repeated: T::REPEATED,
            secret: false,
        }
    }

    /// Whether the function converts a text.
    #[must_use]
    pub fn converts(&self, text: &str) -> bool {
        (self.convert)(text).is_ok()
    }

    /// Takes the argument at this position.
    pub fn take(&self, arguments: &mut Arguments<'_>, index: usize) -> Option<T>
    where
        E: Display,
    {
        T::take(arguments, index, |text| {
            (self.convert)(text).map_err(|error| ParseError::new(error.to_string()))
        })
    }
}

impl<C> Converted<C, Single> for C {
    const OPTIONAL: bool = false;
    const REPEATED: bool = false;

    fn take(
        arguments: &mut Arguments<'_>,
        index: usize,
        convert: impl Fn(&str) -> Result<C, ParseError>,
    ) -> Option<Self> {
        arguments.one(index, true, convert).flatten()
    }
}

impl<C> Converted<C, Optional> for Option<C> {
    const OPTIONAL: bool = true;
    const REPEATED: bool = false;

    fn take(
        arguments: &mut Arguments<'_>,
        index: usize,
        convert: impl Fn(&str) -> Result<C, ParseError>,
    ) -> Option<Self> {
        arguments.one(index, false, convert)
    }
}

impl<C> Converted<C, Repeated> for Vec<C> {
    const OPTIONAL: bool = false;
    const REPEATED: bool = true;

    fn take(
        arguments: &mut Arguments<'_>,
        index: usize,
        convert: impl Fn(&str) -> Result<C, ParseError>,
    ) -> Option<Self> {
        arguments.all(index, convert)
    }
}
