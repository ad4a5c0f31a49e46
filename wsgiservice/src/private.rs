//! The names that generated code uses. Not part of the public API: anything here can change in any release.

pub use std::{
    any::{Any, TypeId},
    boxed::Box,
    option::Option::{self, None, Some},
    result::Result::{self, Err, Ok},
    string::String,
    time::{Duration, SystemTime},
};

/// The same type. A type with this name around it has the span of the name, in an error of the compiler.
pub type Same<T> = T;

pub use bytes::Bytes;
pub use http::StatusCode;
pub use wsgiservice_grammar::rule::new as rule;

pub use crate::{
    __content as content, __holds as holds, __made as made, __package as package,
    __returns as returns,
    answer::{
        MethodReturn,
        method_return::WholeReturn,
        outcome::{Outcome, Parts},
        return_type::{
            ArgumentType, ArgumentTypeExt, DescribedReturn, DescribedReturnExt, ReturnType,
            ReturnTypeExt,
        },
    },
    declaration::{
        Argument as ArgumentKind, Bound, BrokenRule, Constant, Constraint, ContentType,
        Deprecation, Failure, Failures, Freshness, From, Hook, Kind, Limits, Literal, MemberRules,
        Mount, Operation, Operations, Package, Parameter as ParameterDescriptor, PrincipalType,
        Representation, Returns, Role, SchemaOf, Step, check,
    },
    http::{
        entity_tag::EntityTag,
        path::{rest, segment},
    },
    lint::{self, Check},
    parameters::{
        Argument, Arguments, Conversion, Converted, Never, Optional, Parameter, ParameterKind,
        ParseError, Pending, Repeated, Single, Whole, converted, converts,
    },
    problem::{IntoProblem, Problem, ProblemCause, derived::problem},
    representation::{OwnRepresentation, Represent, Writer},
    resource::{
        AuthorizeReturn, Call, CallOutput, EtagReturn, ExistsReturn, LastModifiedReturn, Mounted,
        Resource,
        principal::{PrincipalOf, PrincipalProbe, PrincipalProbeExt},
        return_value::{ReturnValue, ReturnValueExt},
    },
    site::resource_paths::path,
};
