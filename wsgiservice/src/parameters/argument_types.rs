//! The types of arguments of methods, which are distinguished by trait, never by name.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::{
    Arguments, Parameter,
    authorized::Authorized,
    credentials::own,
    from_request::{FromRequest, ParameterFacts, Pending},
    role::{self, Role},
};
use crate::{
    content::{Content, ContentStream, File},
    declaration::{self, PrincipalType},
    formats::form::multipart::FormStream,
    http::incoming::Request,
    preconditions::Preconditions,
};

/// A type that a method argument can have.
///
/// `Marker` distinguishes the implementations, and is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used as a method argument",
    label = "not extractable from a request",
    note = "for the content of the request, write `Content<T>`, and add `#[derive(serde::Deserialize)]` to the `T`",
    note = "for a parameter, add `#[derive(wsgiservice::Parameter)]` to an enum of words, or to a struct around one parameter",
    note = "to convert the text yourself, add `#[validate(convert = path::to::function)]` to the argument",
    note = "for who the request comes from, as the hook `authorize` returns it, write `Authorized<T>`",
    note = "for what the service makes from the request itself, add `impl wsgiservice::FromRequest` to the type",
    note = "for an `Authorized<T, R>`, add `impl wsgiservice::Role<T> for R`",
    note = "for the state of the service, such as a database, add a field to the struct, and read it from `self`",
    note = "method arguments are parameters, an `Option` or a `Vec` of one, `Content<T>`, `Bytes`, `ContentStream`, `File`, `FormStream`, `Preconditions`, `Authorized<T>` and `&Request`; all but the request are taken by value"
)]
pub trait Argument<'a, Marker>: Sized {
    /// The kind of argument.
    #[doc(hidden)]
    const ARGUMENT: declaration::Argument;

    /// Takes the argument, or reports a violation and returns `None`.
    #[doc(hidden)]
    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Pending<'a, Self>>;
}

/// One value.
#[derive(Debug)]
pub struct Single;

/// One value or none.
#[derive(Debug)]
pub struct Optional;

/// Any number of values.
#[derive(Debug)]
pub struct Repeated;

/// No type has it. Beside it, the compiler does not say which of the markers would do, which are not for authors.
#[derive(Debug)]
pub struct Never;

/// No type implements it.
mod never {
    #[expect(unnameable_types, reason = "no other crate may implement it")]
    pub trait Never {}
}

#[diagnostic::do_not_recommend]
impl<'a, T: never::Never> Argument<'a, Never> for T {
    const ARGUMENT: declaration::Argument = declaration::Argument::Request;

    fn take(_: &mut Arguments<'a>, _: usize) -> Option<Pending<'a, Self>> {
        None
    }
}

/// The request, or its content as a whole.
#[derive(Debug)]
pub struct Whole;

/// A parameter, or a type that the service makes itself.
const fn value<T: FromRequest>(optional: bool, repeated: bool) -> declaration::Argument {
    match &T::PARAMETER {
        Some(ParameterFacts { kind, is_secret, converts, constraint }) => {
            declaration::Argument::Value {
                kind: *kind,
                converts: *converts,
                constraint,
                optional,
                repeated,
                secret: *is_secret,
            }
        }
        None => declaration::Argument::Own(own::<T>(optional)),
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T: FromRequest + 'a> Argument<'a, Single> for T {
    const ARGUMENT: declaration::Argument = value::<T>(false, false);

    #[inline]
    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Pending<'a, Self>> {
        match T::PARAMETER {
            Some(_) => arguments.one(index, true, T::parse_parameter).flatten().map(Pending::Ready),
            None => Some(Pending::future(T::from_request(arguments.request()))),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T: FromRequest + 'a> Argument<'a, Optional> for Option<T> {
    const ARGUMENT: declaration::Argument = value::<T>(true, false);

    #[inline]
    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Pending<'a, Self>> {
        match T::PARAMETER {
            Some(_) => arguments.one(index, false, T::parse_parameter).map(Pending::Ready),
            None => Some(Pending::future(T::from_request_or_none(arguments.request()))),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T: Parameter> Argument<'a, Repeated> for Vec<T> {
    const ARGUMENT: declaration::Argument = value::<T>(false, true);

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Pending<'a, Self>> {
        arguments.all(index, T::parse).map(Pending::Ready)
    }
}

#[diagnostic::do_not_recommend]
impl<'a> Argument<'a, Whole> for &'a Request {
    const ARGUMENT: declaration::Argument = declaration::Argument::Request;

    fn take(arguments: &mut Arguments<'a>, _: usize) -> Option<Pending<'a, Self>> {
        Some(Pending::Ready(arguments.request()))
    }
}

#[diagnostic::do_not_recommend]
impl<'a> Argument<'a, Whole> for Preconditions {
    const ARGUMENT: declaration::Argument = declaration::Argument::Preconditions;

    fn take(arguments: &mut Arguments<'a>, _: usize) -> Option<Pending<'a, Self>> {
        Some(Pending::Ready(arguments.preconditions().clone()))
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T: DeserializeOwned + 'static> Argument<'a, Whole> for Content<T> {
    const ARGUMENT: declaration::Argument = declaration::Argument::Content { optional: false };

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Pending<'a, Self>> {
        arguments.whole(index).map(|value| Pending::Ready(Self::new(value)))
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T: DeserializeOwned + 'static> Argument<'a, Whole> for Option<Content<T>> {
    const ARGUMENT: declaration::Argument = declaration::Argument::Content { optional: true };

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Pending<'a, Self>> {
        match arguments.content().is_empty() {
            true => Some(Pending::Ready(None)),
            false => arguments.whole(index).map(|value| Pending::Ready(Some(Content::new(value)))),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<'a> Argument<'a, Whole> for Bytes {
    const ARGUMENT: declaration::Argument = declaration::Argument::Bytes;

    fn take(arguments: &mut Arguments<'a>, _: usize) -> Option<Pending<'a, Self>> {
        Some(Pending::Ready(arguments.content().bytes()))
    }
}

#[diagnostic::do_not_recommend]
impl<'a> Argument<'a, Whole> for ContentStream {
    const ARGUMENT: declaration::Argument = declaration::Argument::Stream;

    fn take(arguments: &mut Arguments<'a>, _: usize) -> Option<Pending<'a, Self>> {
        arguments.content().stream().map(Pending::Ready)
    }
}

#[diagnostic::do_not_recommend]
impl<'a> Argument<'a, Whole> for FormStream {
    const ARGUMENT: declaration::Argument = declaration::Argument::Form;

    fn take(arguments: &mut Arguments<'a>, _: usize) -> Option<Pending<'a, Self>> {
        arguments.content().form().map(Pending::Ready)
    }
}

const fn file(optional: bool, repeated: bool) -> declaration::Argument {
    declaration::Argument::File { optional, repeated }
}

#[diagnostic::do_not_recommend]
impl<'a> Argument<'a, Whole> for File {
    const ARGUMENT: declaration::Argument = file(false, false);

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Pending<'a, Self>> {
        arguments.file(index, true).flatten().map(Pending::Ready)
    }
}

#[diagnostic::do_not_recommend]
impl<'a> Argument<'a, Whole> for Option<File> {
    const ARGUMENT: declaration::Argument = file(true, false);

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Pending<'a, Self>> {
        arguments.file(index, false).map(Pending::Ready)
    }
}

#[diagnostic::do_not_recommend]
impl<'a> Argument<'a, Whole> for Vec<File> {
    const ARGUMENT: declaration::Argument = file(false, true);

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Pending<'a, Self>> {
        arguments.files(index).map(Pending::Ready)
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T: Send + Sync + 'static, R: Role<T>> Argument<'a, Whole> for Authorized<T, R> {
    const ARGUMENT: declaration::Argument = declaration::Argument::Authorized {
        principal: PrincipalType::of::<T>(),
        role: role::required::<T, R>(),
    };

    fn take(arguments: &mut Arguments<'a>, _: usize) -> Option<Pending<'a, Self>> {
        Some(Pending::Ready(Self::of(arguments.principal())?))
    }
}
