//! The only names that generated code may use. Nothing here is for anybody else, and all of it may change.

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

pub use crate::{
    __package as package,
    descriptor::{
        Argument as ArgumentKind, Bound, Constraint, Default, Freshness, Kind, Mount, Operation,
        Operations, Package, Parameter as ParameterDescriptor, Representation, Returns, Role,
        check,
    },
    fields::entity_tag::EntityTag,
    outcome::{Outcome, Parts},
    parameters::{
        Argument, Arguments, Converted, Invalid, Optional, Parameter, Repeated, Single, Whole,
        converted,
    },
    problem::Problem,
    representation::{Represent, Selected, Writer},
    resource::{Call, Finding, Mounted, Resource},
    returned::{IntoProblem, Peeled, Probe, ProbeSteps, Steps},
};

/// A value of a path variable, as it stands in a path.
pub fn segment(value: impl std::fmt::Display) -> String {
    percent_encoding::utf8_percent_encode(&value.to_string(), SEGMENT).to_string()
}

/// The remaining segments of a path.
pub fn rest(value: impl std::fmt::Display) -> String {
    percent_encoding::utf8_percent_encode(&value.to_string(), REST).to_string()
}

/// All but what RFC 3986 calls unreserved.
const SEGMENT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const REST: &percent_encoding::AsciiSet = &SEGMENT.remove(b'/');

/// What a hook returns: nothing that is answered.
#[must_use]
pub fn nothing() -> Returns {
    <Returns as std::default::Default>::default()
}

/// What `authorize` found.
#[must_use]
pub fn authorized((): ()) -> Finding {
    Finding::Authorized
}

/// The problem that an error is, by the status of its variant.
pub fn problem(status: u16, error: impl std::error::Error + Send + Sync + 'static) -> Problem {
    Problem::caused(
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        error,
    )
}

/// What stands in for a struct whose `#[mount]` has errors.
pub const INVALID_MOUNT: Mount = Mount {
    name: "",
    documentation: "",
    path: "/",
    variables: &[],
    constraints: &[],
    representations: &[],
    xml_root: "response",
    automatic_etag: false,
    content_limit: None,
    ignored_paths: None,
    package: Package { name: "", version: "", description: "" },
    valid: false,
};
