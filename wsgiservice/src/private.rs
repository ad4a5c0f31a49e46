//! The names that generated code uses. Not part of the public API: anything here can change in any release.

#[cfg(feature = "command-line")]
pub use crate::parameters::{OtherSettingType, SettingType};
#[cfg(feature = "command-line")]
pub use crate::settings::{
    DefaultOf, Field, FieldReader, Key, Leaf, Literal as SettingLiteral, OtherDefault, Primitive,
    Settings, ValueKind, Values, leaf, leaf_from, table,
};
pub use std::{
    any::{Any, TypeId},
    boxed::Box,
    option::Option::{self, None, Some},
    result::Result::{self, Err, Ok},
    string::String,
    time::{Duration, SystemTime},
    vec::Vec,
};

/// The same type. A type with this name around it has the span of the name, in an error of the compiler.
pub type Same<T> = T;

pub use bytes::Bytes;
pub use http::StatusCode;
pub use wsgiservice_grammar::rule::{Rule, new as rule};

pub use crate::{
    __content as content, __holds as holds, __package as package, __resolved as resolved,
    __returns as returns,
    answer::{
        MethodReturn,
        media_type::MediaType,
        method_return::WholeReturn,
        outcome::{Outcome, Parts},
        return_type::{
            ArgumentType, ArgumentTypeExt, DescribedReturn, DescribedReturnExt, PassedError,
            PassedErrorExt, ReturnType, ReturnTypeExt,
        },
    },
    declaration::{
        Argument as ArgumentKind, Bound, BrokenRule, Constant, Constraint, ContentType,
        Deprecation, Failing, Failure, Failures, Freshness, From, Hook, Kind, KnownFailures,
        Limits, Literal, MemberRules, Mount, Operation, Operations, OwnArgument, Package,
        Parameter as ParameterDescriptor, PrincipalType, ProblemType, Representation, RequiredRole,
        Returns, Role, SchemaOf, Step, TypeConstraint, check,
    },
    http::{
        entity_tag::EntityTag,
        path::{rest, segment},
    },
    lint,
    parameters::{
        Argument, Arguments, Converted, Converter, InPath, Never, Optional, Parameter,
        ParameterFacts, ParameterKind, ParseError, PathValue, Pending, Repeated, Single, Whole,
        converter,
    },
    problem::{
        IntoProblem, Problem, ProblemCause,
        derived::{ProblemMember, header_value, own_failures, problem},
    },
    representation::{OwnRepresentation, Represent, Writer},
    resource::{
        AdmitReturn, AuthorizeReturn, Call, CallOutput, EtagReturn, ExistsReturn,
        LastModifiedReturn, Mounted, Resource,
        erased::{Erased, Erasure, ErasureExt, Shared},
        principal::{PrincipalOf, TakenPrincipal, TakenPrincipalExt},
        return_value::{FieldsAround, ReturnValue, ReturnValueExt},
        table::{NoTable, TableOf},
    },
    site::resource_paths::path,
    statistics::Label,
};
