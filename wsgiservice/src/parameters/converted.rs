//! Arguments that a function of the service converts, by `#[validate(convert = …)]`.

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

/// The kind of an argument, by its type and the function that converts it; `converts` calls that function, which a
/// constant cannot capture.
pub const fn converted<T, M, C, E>(
    _: fn(&str) -> Result<C, E>,
    converts: fn(&str) -> bool,
) -> declaration::Argument
where
    T: Converted<C, M>,
{
    declaration::Argument::Value {
        kind: Kind::Any,
        converts,
        constraint: &TypeConstraint::NONE,
        optional: T::OPTIONAL,
        repeated: T::REPEATED,
        secret: false,
    }
}

/// Whether a function of the service converts a text.
pub fn converts<C, E>(convert: fn(&str) -> Result<C, E>, text: &str) -> bool {
    convert(text).is_ok()
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
