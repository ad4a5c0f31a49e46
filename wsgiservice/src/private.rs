//! The names that generated code uses. Not part of the public API: anything here can change in any release.

pub use std::{
    any::{Any, TypeId},
    boxed::Box,
    option::Option::{self, None, Some},
    result::Result::{self, Err, Ok},
    string::String,
    time::SystemTime,
};

pub use bytes::Bytes;
pub use http::StatusCode;
use http::{HeaderValue, header};
pub use wsgiservice_grammar::rule::new as rule;

pub use crate::{
    __package as package, __returns as returns, __schema as schema,
    answer::{
        Outcome, Parts,
        return_type::{
            ArgumentType, ArgumentTypeExt, DescribedReturn, DescribedReturnExt, ReturnType,
            ReturnTypeExt,
        },
    },
    declaration::{
        Argument as ArgumentKind, Bound, Constraint, Deprecation, Failure, Failures, Freshness,
        From, Hook, Kind, Limits, Literal, Mount, Operation, Operations, Package,
        Parameter as ParameterDescriptor, Representation, Returns, Role, SchemaOf, check,
    },
    http::entity_tag::EntityTag,
    parameters::{
        Argument, Arguments, Converted, Optional, Parameter, ParseError, Repeated, Single, Whole,
        converted,
    },
    problem::Problem,
    representation::{Represent, Writer},
    resource::{
        Call, CallOutput, HookReturn, Mounted, Resource, hook,
        return_value::{IntoProblem, ReturnValue, ReturnValueExt},
    },
};

/// Encodes the value of a path variable.
pub fn segment(value: impl std::fmt::Display) -> String {
    percent_encoding::utf8_percent_encode(&value.to_string(), SEGMENT).to_string()
}

/// Encodes the value of a `{*variable}`, except for its slashes.
pub fn rest(value: impl std::fmt::Display) -> String {
    percent_encoding::utf8_percent_encode(&value.to_string(), REST).to_string()
}

/// All characters except the unreserved ones (RFC 3986, section 2.3).
const SEGMENT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const REST: &percent_encoding::AsciiSet = &SEGMENT.remove(b'/');

/// Converts an error with `#[derive(Problem)]` into a problem, by the position of its variant.
pub fn problem(
    failures: &[Failure],
    position: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Problem {
    let failure = failures.get(position);
    let status = failure.and_then(|failure| StatusCode::from_u16(failure.status).ok());
    let problem = Problem::caused(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), error);
    match failure.and_then(|failure| HeaderValue::from_str(failure.challenge?).ok()) {
        Some(challenge) => problem.field(header::WWW_AUTHENTICATE, challenge),
        None => problem,
    }
}
