//! The declaration as the author wrote it, with spans: between the input and the output tokens.

mod constraint;

use proc_macro2::TokenStream;
use syn::{Expr, Ident, LitStr, Path, Type};
use wsgiservice_grammar::{hook::Hook, method, path};

use crate::input::condition::Conditions;

pub(crate) use self::constraint::{Constraint, Literal, Operand, Range, Rule, Value};

/// A struct with `#[mount]`.
pub(crate) struct Mount {
    pub(crate) krate: Path,
    pub(crate) ident: Ident,
    pub(crate) visibility: TokenStream,
    pub(crate) generics: syn::Generics,
    pub(crate) fields: Vec<Field>,
    /// Its documentation comment, as an expression.
    pub(crate) documentation: TokenStream,
    pub(crate) path: LitStr,
    pub(crate) template: path::Path,
    /// The variables of the path, as arguments.
    pub(crate) variables: Vec<Ident>,
    pub(crate) constraints: Vec<Constraint>,
    pub(crate) representations: Vec<Ident>,
    pub(crate) xml_root: String,
    pub(crate) automatic_etag: bool,
    pub(crate) ignored_paths: Option<Vec<LitStr>>,
    pub(crate) denies_unknown: bool,
    pub(crate) limits: Limits,
}

/// A field of a struct: a part of the state of the resource.
#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) conditions: Conditions,
    pub(crate) ty: Type,
}

/// An impl with `#[resource]`.
pub(crate) struct Resource {
    pub(crate) krate: Path,
    pub(crate) generics: syn::Generics,
    pub(crate) self_type: Type,
    pub(crate) operations: Vec<Operation>,
    pub(crate) representations: Vec<Representation>,
}

/// A method or a hook.
pub(crate) struct Operation {
    pub(crate) ident: Ident,
    pub(crate) conditions: Conditions,
    pub(crate) role: Role,
    pub(crate) is_async: bool,
    /// Its documentation comment, as an expression.
    pub(crate) documentation: TokenStream,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) freshness: Option<Freshness>,
    pub(crate) limits: Limits,
    pub(crate) deprecation: Option<Deprecation>,
    pub(crate) returns: Option<Type>,
}

/// Why the framework calls a function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The HTTP method of this name.
    Method(&'static str),
    Hook(Hook),
}

/// An argument of a method or a hook.
pub(crate) struct Parameter {
    pub(crate) ident: Ident,
    pub(crate) conditions: Conditions,
    /// Its type, with `'static` for the lifetimes of the function.
    pub(crate) ty: Type,
    /// Its type, with `'_` for the lifetimes of the function.
    pub(crate) taken: Type,
    pub(crate) from: From,
    pub(crate) constraint: Option<Constraint>,
    /// Its documentation comment, as an expression.
    pub(crate) documentation: Option<TokenStream>,
}

/// Where an argument comes from, by `#[from]`.
pub(crate) enum From {
    /// By its name, from the path, the query or the content.
    Name,
    /// From this source alone, by the name that a client sends.
    Source(Source, LitStr),
}

/// A source of `#[from]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Path,
    Query,
    Content,
    Header,
    Cookie,
}

/// An `#[expires]`.
pub(crate) struct Freshness {
    pub(crate) max_age: u64,
    pub(crate) directives: Vec<String>,
    pub(crate) vary: Vec<LitStr>,
}

/// A `#[limit]`.
#[derive(Default)]
pub(crate) struct Limits {
    /// The maximum size of the content, in bytes.
    pub(crate) content: Option<Expr>,
    /// The maximum number of entries of a list or members of an object.
    pub(crate) elements: Option<Expr>,
    /// How long a method may take, in seconds.
    pub(crate) time: Option<Expr>,
    /// The maximum number of requests in progress.
    pub(crate) concurrency: Option<Expr>,
}

/// A `#[deprecated]`, with its `#[sunset]`.
pub(crate) struct Deprecation {
    /// The version since which the method is deprecated.
    pub(crate) since: Option<LitStr>,
    pub(crate) note: Option<LitStr>,
    pub(crate) sunset: Sunset,
}

/// A `#[sunset]`.
#[derive(Default)]
pub(crate) struct Sunset {
    /// The day since which the method is deprecated.
    pub(crate) since: Option<LitStr>,
    /// The day on which the method will be removed.
    pub(crate) on: Option<LitStr>,
}

/// A function with `#[representation]`.
pub(crate) struct Representation {
    pub(crate) ident: Ident,
    pub(crate) conditions: Conditions,
    pub(crate) extension: LitStr,
    pub(crate) media_type: LitStr,
    pub(crate) value: Type,
    pub(crate) returns: Option<Type>,
}

impl Source {
    pub(crate) const ALL: [Self; 5] =
        [Self::Path, Self::Query, Self::Content, Self::Header, Self::Cookie];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Content => "content",
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }
}

impl Role {
    /// The role of a function of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let hook = Hook::named(name).map(Self::Hook);
        hook.or_else(|| method::of_function(name).map(Self::Method))
    }

    pub(crate) fn is_hook(&self) -> bool {
        matches!(self, Self::Hook(_))
    }
}

impl Limits {
    /// Whether there is a limit.
    pub(crate) fn are_set(&self) -> bool {
        let Self { content, elements, time, concurrency } = self;
        [content, elements, time, concurrency].into_iter().any(Option::is_some)
    }
}

impl Parameter {
    /// The name of the parameter.
    pub(crate) fn name(&self) -> String {
        name(&self.ident)
    }

    pub(crate) fn convert(&self) -> Option<&Path> {
        self.constraint.as_ref()?.convert.as_ref()
    }
}

/// A name without `r#`.
pub(crate) fn name(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").unwrap_or(&text).to_owned()
}
