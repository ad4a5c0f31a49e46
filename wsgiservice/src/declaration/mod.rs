//! The facts about a resource, as `'static` data.
//!
//! The macros write these tables, and everything else reads them: routing, validation, documentation. One
//! declaration, so they cannot drift apart. `#[mount]` sees the struct and `#[resource]` the impl; what neither sees
//! alone is compared in [`check`], which the compiler evaluates.

use std::any::TypeId;

use wsgiservice_grammar::rule::Rule;
pub use wsgiservice_grammar::{
    bound::Bound,
    value::{Kind, Literal},
};

pub mod check;

/// The package that defines a resource.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// Its name, as in `Cargo.toml`.
    pub name: &'static str,
    /// Its version, as in `Cargo.toml`.
    pub version: &'static str,
    /// Its description, as in `Cargo.toml`; empty where there is none.
    pub description: &'static str,
    /// Its authors, as in `Cargo.toml`, with a colon between them.
    pub authors: &'static str,
    /// Its license, as in `Cargo.toml`.
    pub license: &'static str,
    /// Where its code is, as in `Cargo.toml`.
    pub repository: &'static str,
}

/// The package that the macro's author compiles.
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

/// What `#[mount]` knows: the struct.
#[derive(Clone, Copy, Debug)]
pub struct Mount {
    /// The name of the struct.
    pub name: &'static str,
    /// Its documentation comment.
    pub documentation: &'static str,
    /// The path template, as it was written.
    pub path: &'static str,
    /// The names of the path's variables, in order.
    pub variables: &'static [&'static str],
    /// The constraints of the struct, which hold for all its methods.
    pub constraints: &'static [Constraint],
    /// The names of the built-in representations, the default one first.
    pub representations: &'static [&'static str],
    /// The root element of XML.
    pub xml_root: &'static str,
    /// Whether the entity tag is computed from the content.
    pub automatic_etag: bool,
    /// The limits that the resource sets itself.
    pub limits: Limits,
    /// The paths of which a `GET` does not reach the resource, where it says so.
    pub ignored_paths: Option<&'static [&'static str]>,
    /// Where the resource was defined.
    pub package: Package,
    /// False where the macro reported an error: nothing more is to be said about it.
    pub valid: bool,
}

/// What `#[resource]` knows: the impl.
#[derive(Clone, Copy, Debug)]
pub struct Operations {
    /// The methods and hooks, in the order in which they were written.
    pub operations: &'static [Operation],
    /// The representations that the resource adds.
    pub representations: &'static [Representation],
    /// False where the macro reported an error: nothing more is to be said about it.
    pub valid: bool,
}

/// A method of a resource, or one of its hooks.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// What the framework calls it for.
    pub role: Role,
    /// Its documentation comment.
    pub documentation: &'static str,
    /// Its arguments, in order.
    pub parameters: &'static [Parameter],
    /// For how long its answer stays fresh, where it says so.
    pub freshness: Option<Freshness>,
    /// The limits that the method sets itself.
    pub limits: Limits,
    /// Whether it is to go.
    pub deprecation: Option<Deprecation>,
    /// What it returns.
    pub returns: fn() -> Returns,
}

/// How much a method may take, from `#[limit]`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The maximum size of the content, in bytes.
    pub content: Option<usize>,
}

/// A method that is to go.
#[derive(Clone, Copy, Debug)]
pub struct Deprecation {
    /// Since when: a day, or a version.
    pub since: Option<&'static str>,
    /// What to use in its place.
    pub note: Option<&'static str>,
    /// The day on which it will be gone.
    pub sunset: Option<&'static str>,
}

/// Asks a type for its schema.
pub type SchemaOf = fn(&mut schemars::SchemaGenerator) -> schemars::Schema;

/// A problem that an error can be.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    /// Its status.
    pub status: u16,
    /// How to log in, where it is a 401.
    pub challenge: Option<&'static str>,
    /// Its documentation comment.
    pub documentation: &'static str,
}

/// An error that knows what problems it can be, as `#[derive(Problem)]` makes it.
pub trait Failures {
    /// The problems.
    const FAILURES: &'static [Failure];
}

/// What the framework calls an operation for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The HTTP method of this name.
    Method(&'static str),
    /// May this request be answered at all?
    Authorize,
    /// Is there a representation?
    Exists,
    /// What is the entity tag?
    Etag,
    /// When was it modified last?
    LastModified,
}

impl Role {
    /// Whether parameters may be in the content: a `GET` has none, and a hook is asked before it is read.
    #[must_use]
    pub fn reads_content(self) -> bool {
        matches!(self, Self::Method(name) if name != "GET")
    }
}

/// What an operation can answer, read off its return type.
#[derive(Clone, Copy, Debug, Default)]
pub struct Returns {
    /// The status codes of success, and 404 for an `Option`.
    pub statuses: &'static [u16],
    /// Whether the value can be absent.
    pub optional: bool,
    /// Whether there can be an error in place of it.
    pub fails: bool,
    /// The problems that the error can be, where it knows them.
    pub failures: Option<&'static [Failure]>,
    /// The type that is represented; nothing where the answer has no content.
    pub value: Option<TypeId>,
    /// Whether the method answers with a response of its own making.
    pub verbatim: bool,
    /// The schema of the type that is represented, where it has one.
    pub schema: Option<SchemaOf>,
}

/// One argument of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What kind of argument it is, which its type decides.
    pub argument: Argument,
    /// The schema of the content that it takes, where there is one.
    pub schema: fn() -> Option<SchemaOf>,
    /// Where it comes from.
    pub from: From,
    /// The constraint on the method or the argument.
    pub constraint: Constraint,
}

/// Where an argument comes from, by `#[from]`.
#[derive(Clone, Copy, Debug)]
pub enum From {
    /// By its name, from the path, the query or the content.
    Name,
    /// From the header field of this name.
    Header(&'static str),
}

/// What kind of argument a type is.
#[derive(Clone, Copy, Debug)]
pub enum Argument {
    /// A value that a client gives by name.
    Value {
        /// What its text may look like.
        kind: Kind,
        /// Whether it may be absent.
        optional: bool,
        /// Whether it may be given more than once.
        repeated: bool,
        /// Whether it is taken from the content alone, and never shown.
        secret: bool,
    },
    /// The content of the request, deserialised.
    Content {
        /// Whether it may be absent.
        optional: bool,
    },
    /// The content of the request, as it is.
    Bytes,
    /// The content of the request, as it comes.
    Stream,
    /// The parts of a form in the content of the request, as they come.
    Form,
    /// A file of a form in the content of the request.
    File {
        /// Whether it may be absent.
        optional: bool,
        /// Whether there may be more of them.
        repeated: bool,
    },
    /// The request itself.
    Request,
    /// The request's preconditions.
    Preconditions,
}

/// A representation that a resource writes itself.
#[derive(Clone, Copy, Debug)]
pub struct Representation {
    /// Its extension, with the dot.
    pub extension: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// The type of value it represents.
    pub value: fn() -> TypeId,
}

/// For how long an answer stays fresh (RFC 9111, section 4.2), from `#[expires]`.
#[derive(Clone, Copy, Debug)]
pub struct Freshness {
    /// `max-age`, in seconds.
    pub max_age: u64,
    /// The value of `Cache-Control`.
    pub cache_control: &'static str,
    /// The request header fields that the answer depends on.
    pub vary: &'static [&'static str],
}

/// What `#[validate]` says of a parameter.
#[derive(Clone, Copy, Debug)]
pub struct Constraint {
    /// The name of the parameter.
    pub name: &'static str,
    /// Whether there is a `#[validate]`: a parameter that is validated must not be empty.
    pub is_declared: bool,
    /// The rules.
    pub rules: &'static [Rule<'static>],
    /// The value if a client sends none.
    pub default: Option<Literal<'static>>,
    /// A value for the documentation.
    pub example: Option<&'static str>,
    /// What the parameter means.
    pub documentation: Option<&'static str>,
}

impl Constraint {
    /// What is said of a parameter without `#[validate]`: nothing.
    #[must_use]
    pub const fn none(name: &'static str) -> Self {
        Self {
            name,
            is_declared: false,
            rules: &[],
            default: None,
            example: None,
            documentation: None,
        }
    }
}
