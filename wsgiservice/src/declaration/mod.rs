//! The facts about a resource, as `'static` data.
//!
//! The macros write these tables, and routing, validation and documentation read them, so that they cannot drift apart.
//! `#[mount]` sees only the struct and `#[resource]` only the impl, so the compiler compares the two, with [`check`].

use std::{any::TypeId, borrow::Cow, fmt, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator};
pub use wsgiservice_grammar::{
    bound::Bound,
    hook::Hook,
    value::{Kind, Literal},
};
use wsgiservice_grammar::{rule::Rule, text::same};

use crate::http::challenge::Challenge;

pub mod check;
mod constant;
mod failure;
mod member_rules;
mod principal;
mod type_constraint;

pub use self::{
    constant::Constant,
    failure::{Failing, Failure, Failures, KnownFailures, ProblemType},
    member_rules::{BrokenRule, MemberRules, Step},
    principal::{PrincipalType, RequiredRole},
    type_constraint::TypeConstraint,
};

/// The name by which serde knows a `Secret`.
pub(crate) const SECRET: &str = "wsgiservice::Secret";

/// The package that defines a resource or settings.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// Its name, as in `Cargo.toml`.
    pub name: &'static str,
    /// Its version, as in `Cargo.toml`.
    pub version: &'static str,
    /// Its description, as in `Cargo.toml`; may be empty.
    pub description: &'static str,
    /// Its authors, as in `Cargo.toml`, with a colon between them.
    pub authors: &'static str,
    /// Its license, as in `Cargo.toml`.
    pub license: &'static str,
    /// Where its code is, as in `Cargo.toml`.
    pub repository: &'static str,
}

/// The package that is being compiled.
#[doc(hidden)]
#[macro_export]
macro_rules! __package {
    () => {
        $crate::__private::Package {
            name: ::core::env!("CARGO_PKG_NAME"),
            version: ::core::env!("CARGO_PKG_VERSION"),
            description: ::core::env!("CARGO_PKG_DESCRIPTION"),
            authors: ::core::env!("CARGO_PKG_AUTHORS"),
            license: ::core::env!("CARGO_PKG_LICENSE"),
            repository: ::core::env!("CARGO_PKG_REPOSITORY"),
        }
    };
}

/// The struct with `#[mount]`.
#[derive(Clone, Copy, Debug)]
pub struct Mount {
    /// The name of the struct.
    pub name: &'static str,
    /// Its documentation comment.
    pub documentation: &'static str,
    /// The path, as it was written.
    pub path: &'static str,
    /// The names of the path variables, in order.
    pub variables: &'static [&'static str],
    /// The constraints of the struct, which apply to all its methods.
    pub constraints: &'static [Constraint],
    /// The names of the built-in representations, the default one first.
    pub representations: &'static [&'static str],
    /// The name of the root element in XML.
    pub xml_root: &'static str,
    /// Whether the entity tag is computed from the content.
    pub automatic_etag: bool,
    /// The limits of the struct, which apply to all its methods.
    pub limits: Limits,
    /// The paths whose `GET` does not reach the resource, in place of those of the application.
    pub ignored_paths: Option<&'static [&'static str]>,
    /// Whether what a client sends in the query or the content, and no parameter takes, is a violation.
    pub denies_unknown: bool,
    /// The package that defines the resource.
    pub package: Package,
    /// False if the macro reported an error, so that the compiler does not report more.
    pub valid: bool,
}

impl Mount {
    /// The declaration of a struct whose `#[mount]` has errors, so that the compiler reports only those errors.
    pub const INVALID: Self = Self {
        name: "",
        documentation: "",
        path: "/",
        variables: &[],
        constraints: &[],
        representations: &[],
        xml_root: "response",
        automatic_etag: false,
        limits: Limits::NONE,
        ignored_paths: None,
        denies_unknown: false,
        package: Package {
            name: "",
            version: "",
            description: "",
            authors: "",
            license: "",
            repository: "",
        },
        valid: false,
    };
}

/// The impl with `#[resource]`.
#[derive(Clone, Copy, Debug)]
pub struct Operations {
    /// The methods and hooks, in the order in which they were written.
    pub operations: &'static [Operation],
    /// The representations that the resource defines.
    pub representations: &'static [Representation],
    /// False if the macro reported an error, so that the compiler does not report more.
    pub valid: bool,
}

impl Operations {
    /// The declaration of an impl that is missing, or whose `#[resource]` has errors, so that the compiler reports only those.
    pub const INVALID: Self = Self { operations: &[], representations: &[], valid: false };
}

/// A method of a resource, or one of its hooks.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// Why the framework calls it.
    pub role: Role,
    /// Whether it is an `async fn`.
    pub is_async: bool,
    /// Its documentation comment.
    pub documentation: &'static str,
    /// Its arguments, in order.
    pub parameters: &'static [Parameter],
    /// How long its response stays fresh.
    pub freshness: Option<Freshness>,
    /// Its own limits.
    pub limits: Limits,
    /// Whether it is deprecated.
    pub deprecation: Option<Deprecation>,
    /// What it returns.
    pub returns: fn() -> Returns,
    /// Who a request comes from, if it is `authorize`.
    pub principal: Option<PrincipalType>,
}

/// Limits, from `#[limit]`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The maximum size of the content, in bytes.
    pub content: Option<usize>,
    /// The maximum number of entries of a list, and of members of an object, a form or a query.
    pub elements: Option<usize>,
    /// How long a method may take.
    pub time: Option<Duration>,
    /// The maximum number of requests in progress.
    pub concurrency: Option<usize>,
}

impl Limits {
    /// No limits.
    pub const NONE: Self = Self { content: None, elements: None, time: None, concurrency: None };

    /// Returns these limits, completed by those of something further away.
    #[must_use]
    pub fn or(self, further: Self) -> Self {
        Self {
            content: self.content.or(further.content),
            elements: self.elements.or(further.elements),
            time: self.time.or(further.time),
            concurrency: self.concurrency.or(further.concurrency),
        }
    }
}

/// A deprecation, from `#[deprecated]` and `#[sunset]`.
#[derive(Clone, Copy, Debug)]
pub struct Deprecation {
    /// The day or the version since which the method is deprecated.
    pub since: Option<&'static str>,
    /// What to use instead.
    pub note: Option<&'static str>,
    /// The day on which the method will be removed.
    pub sunset: Option<&'static str>,
}

/// The schema of a type.
#[derive(Clone, Copy, Debug)]
pub struct SchemaOf {
    id: fn() -> Cow<'static, str>,
    schema: fn(&mut SchemaGenerator) -> Schema,
}

impl SchemaOf {
    /// The schema of this type.
    #[must_use]
    pub const fn of<T: JsonSchema>() -> Self {
        Self { id: T::schema_id, schema: SchemaGenerator::subschema_for::<T> }
    }

    /// What tells the schema from that of any other type: the path of the type, with its arguments.
    pub(crate) fn id(self) -> Cow<'static, str> {
        (self.id)()
    }

    /// The schema, whose named parts become definitions of the generator.
    pub(crate) fn generate(self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }
}

/// What a type says of the content that is read into it.
#[derive(Clone, Copy, Debug, Default)]
pub struct ContentType {
    /// Its schema, if it has one.
    pub schema: Option<SchemaOf>,
    /// The rules on its members, if it has some.
    pub rules: Option<MemberRules>,
}

/// When the framework calls an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// To respond to the HTTP method of this name.
    Method(&'static str),
    /// As this hook.
    Hook(Hook),
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method(name) => write!(formatter, "`{name}`"),
            Self::Hook(hook) => write!(formatter, "hook `{}`", hook.name()),
        }
    }
}

impl Role {
    /// Whether parameters may be in the content: a `GET` has none, and a hook is called before it is read.
    #[must_use]
    pub fn reads_content(self) -> bool {
        matches!(self, Self::Method(name) if name != "GET")
    }
}

/// The responses of an operation, by its return type.
#[derive(Clone, Copy, Debug, Default)]
pub struct Returns {
    /// The status codes of success, and 404 for an `Option`.
    pub statuses: &'static [u16],
    /// Whether the value can be absent.
    pub optional: bool,
    /// Whether it can be an error.
    pub fails: bool,
    /// The problems that the error can become, if they are known.
    pub failures: Option<KnownFailures>,
    /// The type of the value that is represented; `None` if the response has no content.
    pub value: Option<TypeId>,
    /// Whether the method returns a whole response.
    pub verbatim: bool,
    /// The media type that the response always has, if it is not represented.
    pub media_type: Option<&'static str>,
    /// Whether the value is a page of a list.
    pub is_page: bool,
    /// The schema of the value that is represented, if it has one.
    pub schema: Option<SchemaOf>,
}

/// One argument of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// The kind of argument, by its type.
    pub argument: Argument,
    /// What its type says of the content, if it is content.
    pub content: fn() -> ContentType,
    /// Where it comes from.
    pub from: From,
    /// The constraint on the method or the argument.
    pub constraint: Constraint,
}

impl Parameter {
    /// The name that a client sends.
    pub(crate) const fn key(&self) -> &'static str {
        match (&self.argument, self.from) {
            (Argument::IdempotencyKey { .. }, _) => "Idempotency-Key",
            (_, From::Name) => self.name,
            (
                _,
                From::Path(name)
                | From::Query(name)
                | From::Content(name)
                | From::Header(name)
                | From::Cookie(name),
            ) => name,
        }
    }

    /// Whether a constraint of the struct for this name applies to it: the name is that of the argument, or of the path
    /// variable.
    pub(crate) const fn is_called(&self, name: &str) -> bool {
        same(self.name, name) || matches!(self.from, From::Path(variable) if same(variable, name))
    }
}

/// Where an argument comes from, by `#[from]`.
#[derive(Clone, Copy, Debug)]
pub enum From {
    /// By its name, from the path, the query or the content.
    Name,
    /// The path variable of this name.
    Path(&'static str),
    /// From the query, by this name.
    Query(&'static str),
    /// The member of the content of this name.
    Content(&'static str),
    /// From the header field of this name.
    Header(&'static str),
    /// The cookie of this name.
    Cookie(&'static str),
}

/// The kind of an argument, by its type.
#[derive(Clone, Copy, Debug)]
pub enum Argument {
    /// A value that a client sends by name.
    Value {
        /// What its text can be.
        kind: Kind,
        /// Whether a text converts to its type.
        converts: fn(&str) -> bool,
        /// The constraint of its type.
        constraint: &'static TypeConstraint,
        /// Whether it may be absent.
        optional: bool,
        /// Whether there may be more than one.
        repeated: bool,
        /// Whether it comes only from the content, and is never shown.
        secret: bool,
    },
    /// The content of the request, deserialised.
    Content {
        /// Whether it may be absent.
        optional: bool,
    },
    /// The content of the request, as bytes.
    Bytes,
    /// The content of the request, as a stream.
    Stream,
    /// The parts of a form in the content of the request, as a stream.
    Form,
    /// A file of a form in the content of the request.
    File {
        /// Whether it may be absent.
        optional: bool,
        /// Whether there may be more than one.
        repeated: bool,
    },
    /// The request itself.
    Request,
    /// The preconditions of the request.
    Preconditions,
    /// The key by which the service knows a request that is sent again.
    IdempotencyKey {
        /// Whether it may be absent.
        optional: bool,
    },
    /// What `authorize` returned.
    Authorized {
        /// Its type.
        principal: PrincipalType,
        /// The role that is required of it.
        role: Option<RequiredRole>,
    },
    /// The key of a client.
    ApiKey {
        /// Whether it may be absent.
        optional: bool,
    },
    /// What the service makes from the request itself.
    Own(OwnArgument),
}

/// What a service makes from the request itself, perhaps of its credentials.
#[derive(Clone, Copy, Debug)]
pub struct OwnArgument {
    /// The challenge of the 401 with which it asks for credentials.
    pub challenge: Option<Challenge>,
    /// The header fields that it reads.
    pub fields: &'static [&'static str],
    /// Whether it may be absent.
    pub optional: bool,
}

impl Argument {
    /// What it means, if its type says that.
    pub(crate) fn documentation(self) -> Option<&'static str> {
        matches!(self, Self::IdempotencyKey { .. })
            .then_some("A key that a client chooses, and sends again with the same request, so that it has its effect once.")
    }
}

/// A representation that a resource defines, from `#[representation]`.
#[derive(Clone, Copy, Debug)]
pub struct Representation {
    /// Its extension, with the dot.
    pub extension: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// The type of the value that it represents.
    pub value: fn() -> TypeId,
    /// What the function returns.
    pub returns: fn() -> Returns,
}

/// How long a response stays fresh (RFC 9111, section 4.2), from `#[expires]`.
#[derive(Clone, Copy, Debug)]
pub struct Freshness {
    /// `max-age`, in seconds.
    pub max_age: u64,
    /// The value of `Cache-Control`.
    pub cache_control: &'static str,
    /// The header fields of the request on which the response depends.
    pub vary: &'static [&'static str],
}

/// The constraint of a parameter, from `#[validate]`.
#[derive(Clone, Copy, Debug)]
pub struct Constraint {
    /// The name of the parameter.
    pub name: &'static str,
    /// The rules.
    pub rules: &'static [Rule<'static>],
    /// The value if a client sends none.
    pub default: Option<Literal<'static>>,
    /// A value for the documentation.
    pub example: Option<Literal<'static>>,
    /// What the parameter means.
    pub documentation: Option<&'static str>,
}

impl Constraint {
    /// The constraint of a parameter without `#[validate]`.
    #[must_use]
    pub const fn none(name: &'static str) -> Self {
        Self { name, rules: &[], default: None, example: None, documentation: None }
    }
}
