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
pub use wsgiservice_grammar::rule::new as rule;

pub use crate::{
    __package as package, __returns as returns, __schema as schema,
    answer::{
        outcome::{Outcome, Parts},
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
    http::{
        entity_tag::EntityTag,
        path::{rest, segment},
    },
    lint,
    parameters::{
        Argument, Arguments, Converted, Optional, Parameter, ParameterKind, ParseError, Repeated,
        Single, Whole, converted, converts,
    },
    problem::{Problem, derived::problem},
    representation::{Represent, Writer},
    resource::{
        Call, CallOutput, HookReturn, Mounted, Resource, hook,
        return_value::{IntoProblem, ReturnValue, ReturnValueExt},
    },
    site::resource_paths::path,
};
