//! Arguments that a function of the service's own converts, by `#[validate(convert = …)]`.

use super::{
    Arguments, ParseError,
    argument::{Optional, Repeated, Single},
};
use crate::declaration::{self, Kind};

/// How an argument is made of what a function converts: the value, an `Option` or a `Vec` of it.
#[diagnostic::on_unimplemented(
    message = "the function of `convert` gives a `{C}`, and the argument is a `{Self}`",
    label = "this is neither a `{C}`, nor an `Option` or a `Vec` of it"
)]
pub trait Converted<C, Marker>: Sized {
    /// What kind of argument it is.
    const ARGUMENT: declaration::Argument;

    /// Takes it; nothing where it breaks a rule.
    fn take(
        arguments: &mut Arguments<'_>,
        index: usize,
        convert: impl Fn(&str) -> Result<C, ParseError>,
    ) -> Option<Self>;
}

/// What kind of argument a type is, given the function that converts it.
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
