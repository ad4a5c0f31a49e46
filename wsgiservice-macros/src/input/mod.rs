//! From tokens to syntax, which is not checked yet. Bodies of functions stay tokens.

pub(crate) mod attribute;
pub(crate) mod condition;
pub(crate) mod constraint;
pub(crate) mod derive;
mod documentation;
pub(crate) mod function;
pub(crate) mod imp;
pub(crate) mod item;
pub(crate) mod lifetimes;
pub(crate) mod problem;
pub(crate) mod setting;
pub(crate) mod types;

use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute,
    parse::{Parse, ParseStream},
};

pub(crate) use self::documentation::{documentation, take_documentation};

/// All errors in an item, so that the author sees them in one compile.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.push(syn::Error::new(span, message));
    }

    /// The value; an error is added to the others.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.into_iter().map(|error| error.into_compile_error()).collect()
    }
}

/// Parses a value; what the author should write replaces the error of the parser, which knows only tokens.
pub(crate) fn expect<T: Parse>(input: ParseStream<'_>, expected: &str) -> syn::Result<T> {
    expect_with(input, T::parse, expected)
}

/// [`expect`] with this parser.
pub(crate) fn expect_with<T>(
    input: ParseStream<'_>,
    parse: fn(ParseStream<'_>) -> syn::Result<T>,
    expected: &str,
) -> syn::Result<T> {
    let start = input.fork();
    parse(input).map_err(|_| start.error(format!("expected {expected}")))
}

/// Names in an error message.
pub(crate) fn in_backticks<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Whether the attribute has this name, with any path before it.
pub(crate) fn is_named(attribute: &Attribute, name: &str) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == name)
}

/// Removes the attributes of this name, and returns them.
pub(crate) fn extract(attributes: &mut Vec<Attribute>, name: &str) -> Vec<Attribute> {
    attributes.extract_if(.., |attribute| is_named(attribute, name)).collect()
}
