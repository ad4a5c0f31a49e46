//! What the macros write, where everything around it is against them: no prelude, a renamed dependency, names that
//! shadow, every lint denied, no unsafe code.

#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_docs,
    unused,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::pedantic
)]
#![allow(clippy::must_use_candidate, reason = "that is the author's own")]

#[allow(dead_code, reason = "they are here to be in the way")]
/// Names that a generated `Some(…)` or `Option<…>` would find.
mod shadow {
    pub(crate) struct Option;
    pub(crate) struct Result;
    pub(crate) struct Box;
    pub(crate) struct String;
    pub(crate) struct Some;
    pub(crate) struct None;
}

#[allow(unused_imports, reason = "they are here to be in the way")]
use self::shadow::{Box, None, Option, Result, Some, String};

/// A resource, whose rules stand before its path.
#[::renamed::validate(kind, len = 1..=9, doc = "A kind.")]
#[::renamed::mount("/{type}/{kind}", crate = ::renamed)]
#[::renamed::validate(r#type, one_of = ["a", "b"])]
pub struct Document {
    text: &'static str,
}

impl Document {
    /// A document with this text.
    pub const fn new(text: &'static str) -> Self {
        Self { text }
    }
}

#[::renamed::resource(crate = ::renamed)]
impl Document {
    const LIMIT: u32 = 7;

    fn etag(&self) -> ::core::option::Option<::renamed::EntityTag> {
        ::core::option::Option::Some(::renamed::EntityTag::strong(self.text.len()))
    }

    /// Read it.
    ///
    /// # Errors
    /// Where it is not there.
    #[expires(hours = 1, private)]
    #[cfg(not(any()))]
    pub async fn get(
        &self,
        r#type: ::std::string::String,
        kind: Kind,
        #[validate(default = 3)] count: Count,
    ) -> ::core::result::Result<::core::option::Option<u32>, Failure> {
        let _ = (r#type, kind);
        match count.0 {
            0 => ::core::result::Result::Err(Failure::Missing),
            Self::LIMIT.. => ::core::result::Result::Ok(::core::option::Option::None),
            count => ::core::result::Result::Ok(::core::option::Option::Some(count)),
        }
    }

    fn delete(&self, preconditions: ::renamed::Preconditions) -> ::renamed::NoContent {
        ::core::mem::drop(preconditions);
        ::renamed::NoContent
    }
}

/// A kind.
#[derive(::renamed::Parameter)]
#[parameter(crate = ::renamed)]
pub enum Kind {
    /// One.
    First,
    /// Another.
    Second,
}

/// A count.
#[derive(::renamed::Parameter)]
#[parameter(crate = ::renamed)]
pub struct Count(u32);

/// What goes wrong.
#[derive(::core::fmt::Debug, ::renamed::Problem)]
#[problem(crate = ::renamed)]
pub enum Failure {
    /// It is not there.
    #[problem(410)]
    Missing,
}

impl ::core::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        formatter.write_str("it is not there")
    }
}

impl ::core::error::Error for Failure {}

/// What a generic resource asks for its text.
pub trait Store: ::core::marker::Send + ::core::marker::Sync + 'static {
    /// The text.
    fn text(&self, id: u32) -> ::core::option::Option<&str>;
}

/// A resource with generics.
#[::renamed::mount("/generic/{id}", crate = ::renamed)]
pub struct Generic<S: Store> {
    /// Its state.
    pub store: S,
}

#[::renamed::resource(crate = ::renamed)]
impl<S: Store> Generic<S> {
    /// Read it.
    pub async fn get(&self, id: u32) -> ::core::option::Option<&str> {
        self.store.text(id)
    }
}
