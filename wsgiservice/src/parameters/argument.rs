//! The types that an argument of a method can have, told apart by trait and never by name.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::{Arguments, Parameter};
use crate::{
    content::{Content, ContentStream, File},
    declaration,
    formats::form::multipart::FormStream,
    http::request::Request,
    preconditions::Preconditions,
};

/// A type that an argument of a method can have.
///
/// `Marker` tells the implementations apart, and is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no argument of a method",
    label = "a request does not give this",
    note = "derive it: `#[derive(wsgiservice::Parameter)]` on an enum of words or on a struct around one parameter",
    note = "of a `Content<T>`, derive what reads the `T`: `#[derive(serde::Deserialize)]`",
    note = "or say how to convert: `#[validate(convert = path::to::function)]` on the argument",
    note = "an argument is a parameter, an `Option` or a `Vec` of one, a `Content<T>`, `Bytes`, a `ContentStream`, a `File`, a `FormStream`, `Preconditions` or `&Request`"
)]
pub trait Argument<'a, Marker>: Sized {
    /// What kind of argument it is.
    const ARGUMENT: declaration::Argument;

    /// Takes it; nothing where it breaks a rule.
    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Self>;
}

/// One value.
#[derive(Debug)]
pub struct Single;

/// One value, or none.
#[derive(Debug)]
pub struct Optional;

/// Any number of values.
#[derive(Debug)]
pub struct Repeated;

/// No value, but a part of the request as a whole.
#[derive(Debug)]
pub struct Whole;

const fn value<T: Parameter>(optional: bool, repeated: bool) -> declaration::Argument {
    declaration::Argument::Value { kind: T::KIND, optional, repeated, secret: T::IS_SECRET }
}

#[diagnostic::do_not_recommend]
impl<'a, T: Parameter> Argument<'a, Single> for T {
    const ARGUMENT: declaration::Argument = value::<T>(false, false);

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Self> {
        arguments.one(index, true, T::parse).flatten()
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T: Parameter> Argument<'a, Optional> for Option<T> {
    const ARGUMENT: declaration::Argument = value::<T>(true, false);

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Self> {
        arguments.one(index, false, T::parse)
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T: Parameter> Argument<'a, Repeated> for Vec<T> {
    const ARGUMENT: declaration::Argument = value::<T>(false, true);

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Self> {
        arguments.all(index, T::parse)
    }
}

impl<'a> Argument<'a, Whole> for &'a Request {
    const ARGUMENT: declaration::Argument = declaration::Argument::Request;

    fn take(arguments: &mut Arguments<'a>, _: usize) -> Option<Self> {
        Some(arguments.request())
    }
}

impl<'a> Argument<'a, Whole> for Preconditions {
    const ARGUMENT: declaration::Argument = declaration::Argument::Preconditions;

    fn take(arguments: &mut Arguments<'a>, _: usize) -> Option<Self> {
        Some(arguments.preconditions().clone())
    }
}

impl<'a, T: DeserializeOwned> Argument<'a, Whole> for Content<T> {
    const ARGUMENT: declaration::Argument = declaration::Argument::Content { optional: false };

    fn take(arguments: &mut Arguments<'a>, _: usize) -> Option<Self> {
        arguments.whole().map(Self::new)
    }
}

impl<'a, T: DeserializeOwned> Argument<'a, Whole> for Option<Content<T>> {
    const ARGUMENT: declaration::Argument = declaration::Argument::Content { optional: true };

    fn take(arguments: &mut Arguments<'a>, _: usize) -> Option<Self> {
        match arguments.content().is_empty() {
            true => Some(None),
            false => arguments.whole().map(|value| Some(Content::new(value))),
        }
    }
}

impl<'a> Argument<'a, Whole> for Bytes {
    const ARGUMENT: declaration::Argument = declaration::Argument::Bytes;

    fn take(arguments: &mut Arguments<'a>, _: usize) -> Option<Self> {
        Some(arguments.content().bytes())
    }
}

impl<'a> Argument<'a, Whole> for ContentStream {
    const ARGUMENT: declaration::Argument = declaration::Argument::Stream;

    fn take(arguments: &mut Arguments<'a>, _: usize) -> Option<Self> {
        arguments.content().stream()
    }
}

impl<'a> Argument<'a, Whole> for FormStream {
    const ARGUMENT: declaration::Argument = declaration::Argument::Form;

    fn take(arguments: &mut Arguments<'a>, _: usize) -> Option<Self> {
        arguments.content().form()
    }
}

const fn file(optional: bool, repeated: bool) -> declaration::Argument {
    declaration::Argument::File { optional, repeated }
}

impl<'a> Argument<'a, Whole> for File {
    const ARGUMENT: declaration::Argument = file(false, false);

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Self> {
        arguments.file(index, true).flatten()
    }
}

impl<'a> Argument<'a, Whole> for Option<File> {
    const ARGUMENT: declaration::Argument = file(true, false);

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Self> {
        arguments.file(index, false)
    }
}

impl<'a> Argument<'a, Whole> for Vec<File> {
    const ARGUMENT: declaration::Argument = file(false, true);

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Self> {
        arguments.files(index)
    }
}
