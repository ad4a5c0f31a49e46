//! Arguments that a function of the service converts, by `#[validate(convert = …)]`.

use super::{
    Arguments, ParseError,
    argument_types::{Optional, Repeated, Single},
};
use crate::declaration::{self, Kind};

/// An argument that a function converts: the value, or an `Option` or a `Vec` of it.
#[diagnostic::on_unimplemented(
    message = "mismatched types: `convert` returns `{C}`, but the argument is a `{Self}`",
    label = "expected `{C}`, or an `Option` or a `Vec` of it"
)]
pub trait Converted<C, Marker>: Sized {
    /// The kind of argument.
    const ARGUMENT: declaration::Argument;

    /// Takes the argument, or reports a violation and returns `None`.
    fn take(
        arguments: &mut Arguments<'_>,
        index: usize,
        convert: impl Fn(&str) -> Result<C, ParseError>,
    ) -> Option<Self>;
}

/// The kind of an argument, by its type and the function that converts it.
pub const fn converted<T, M, C, E>(_: fn(&str) -> Result<C, E>) -> declaration::Argument
where
    T: Converted<C, M>,
{
    T::ARGUMENT
}

const fn value(optional: bool, repeated: bool) -> declaration::Argument {
    declaration::Argument::Value { kind: Kind::Any, optional, repeated, secret: false }
}

impl<C> Converted<C, Single> for C {
    const ARGUMENT: declaration::Argument = value(false, false);

    fn take(
        arguments: &mut Arguments<'_>,
        index: usize,
        convert: impl Fn(&str) -> Result<C, ParseError>,
    ) -> Option<Self> {
        arguments.one(index, true, convert).flatten()
    }
}

impl<C> Converted<C, Optional> for Option<C> {
    const ARGUMENT: declaration::Argument = value(true, false);

    fn take(
        arguments: &mut Arguments<'_>,
        index: usize,
        convert: impl Fn(&str) -> Result<C, ParseError>,
    ) -> Option<Self> {
        arguments.one(index, false, convert)
    }
}

impl<C> Converted<C, Repeated> for Vec<C> {
    const ARGUMENT: declaration::Argument = value(false, true);

    fn take(
        arguments: &mut Arguments<'_>,
        index: usize,
        convert: impl Fn(&str) -> Result<C, ParseError>,
    ) -> Option<Self> {
        arguments.all(index, convert)
    }
}
