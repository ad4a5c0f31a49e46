//! Expansions of the macros in a hostile environment: a renamed dependency, shadowed names, every lint denied, and no
//! unsafe code.
//!
//! With `#![no_implicit_prelude]` there would be no `#[diagnostic]`, which assertions need, and which has no other path.

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
#![expect(clippy::must_use_candidate, reason = "the author of a service decides")]

#[expect(dead_code, reason = "they only shadow other names")]
/// Names that an unqualified `Some(…)` or `Option<…>` in an expansion would resolve to.
mod shadow {
    pub(crate) struct Option;
    pub(crate) struct Result;
    pub(crate) struct Box;
    pub(crate) struct String;
    pub(crate) struct Some;
    pub(crate) struct None;
    pub(crate) struct Vec;
    pub(crate) struct Ok;
    pub(crate) struct Err;
    pub(crate) struct Send;
    pub(crate) struct Sync;
    pub(crate) struct From;
    pub(crate) struct Into;
    pub(crate) struct Default;
    pub(crate) struct Clone;
}

#[expect(unused_imports, reason = "they only shadow other names")]
use self::shadow::{
    Box, Clone, Default, Err, From, Into, None, Ok, Option, Result, Send, Some, String, Sync, Vec,
};

/// A resource with rules before and after its path.
#[::renamed::validate(kind, len = 1..=9, doc = "A kind.")]
#[::renamed::mount("/{type}/{kind}", crate = ::renamed)]
#[::renamed::validate(r#type, one_of = ["a", "b"])]
pub struct Document {
    text: &'static str,
}

const THEMES: &[&str] = &["dark", "light"];

impl Document {
    const MOST: u32 = 9;

    /// Creates a document with this text.
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

    /// Return the count.
    ///
    /// # Errors
    /// If the document is missing.
    #[expires(hours = 1, private)]
    #[cfg(not(any()))]
    pub async fn get(
        &self,
        r#type: ::std::string::String,
        #[cfg(not(any()))] kind: Kind,
        #[cfg(any())] missing: Missing,
        /// How many.
        #[validate(default = 3, range = 0..=Self::MOST)]
        count: Count,
        #[from(cookie = "theme")]
        #[validate(one_of = THEMES)]
        theme: ::core::option::Option<::std::string::String>,
    ) -> ::core::result::Result<::core::option::Option<u32>, Failure> {
        let _ = (r#type, kind, theme);
        match count.0 {
            0 => ::core::result::Result::Err(Failure::Missing),
            Self::LIMIT.. => ::core::result::Result::Ok(::core::option::Option::None),
            count => ::core::result::Result::Ok(::core::option::Option::Some(count)),
        }
    }

    fn authorize(
        &self,
        #[from(header = "X-Api-Key")] key: ::core::option::Option<::renamed::ApiKey>,
    ) -> ::core::result::Result<(), Failure> {
        ::core::mem::drop(key);
        ::core::result::Result::Ok(())
    }

    fn delete(&self, preconditions: ::renamed::Preconditions) -> ::renamed::NoContent {
        ::core::mem::drop(preconditions);
        ::renamed::NoContent
    }
}

/// The kind of a document.
#[derive(::renamed::Parameter)]
#[parameter(crate = ::renamed)]
pub enum Kind {
    /// The first kind.
    First,
    /// The second kind.
    Second,
}

/// A count.
#[derive(::renamed::Parameter)]
#[parameter(crate = ::renamed)]
#[validate(range = 0..=Self::MOST, example = 3)]
pub struct Count(u32);

impl Count {
    const MOST: u32 = 1000;
}

/// A generic parameter.
#[derive(::renamed::Parameter)]
#[parameter(crate = ::renamed)]
#[validate(re = "[a-z]+", one_of = ["a", "b"])]
pub struct Wrapped<T: ::renamed::Parameter>(pub T);

/// An error of the document.
#[derive(::core::fmt::Debug, ::renamed::Problem)]
#[problem(crate = ::renamed)]
pub enum Failure {
    /// The document is missing.
    #[problem(410, only = [put, Document, Document::delete])]
    Missing,
}

impl ::core::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        formatter.write_str("the document is missing")
    }
}

impl ::core::error::Error for Failure {}

/// The store of a generic resource.
pub trait Store: ::core::marker::Send + ::core::marker::Sync + 'static {
    /// The text with this ID.
    fn text(&self, id: u32) -> ::core::option::Option<&str>;
}

/// A generic resource.
#[::renamed::mount("/generic/{id}", crate = ::renamed)]
pub struct Generic<S: Store> {
    /// The store of the texts.
    pub store: S,
}

#[::renamed::resource(crate = ::renamed)]
impl<S: Store> Generic<S> {
    /// Return the text.
    pub async fn get(&self, id: u32) -> ::core::option::Option<&str> {
        self.store.text(id)
    }
}

/// A generic resource with unnamed fields, whose bounds come last.
#[::renamed::mount("/unnamed/{id}", crate = ::renamed)]
pub struct Unnamed<S, const N: usize>(pub [S; N])
where
    S: Store;

#[::renamed::resource(crate = ::renamed)]
impl<S, const N: usize> Unnamed<S, N>
where
    S: Store,
{
    /// Return the text of the first store that has one.
    pub async fn get(&self, id: u32) -> ::core::option::Option<&str> {
        self.0.iter().find_map(|store| store.text(id))
    }
}

const LONGEST: usize = 3;

/// Settings.
#[derive(::renamed::Settings)]
#[setting(crate = ::renamed)]
pub struct Options {
    /// A text.
    #[setting(default = "a", value_name = "TEXT", re = "[a-z]*", len = ..=LONGEST)]
    pub r#type: ::std::string::String,
    /// A time.
    #[setting(default = 1.5, from = ::renamed::server::Seconds)]
    pub time: ::core::time::Duration,
    /// A table.
    #[setting(table)]
    pub inner: ::core::option::Option<Inner>,
}

/// More settings.
#[derive(::renamed::Settings)]
#[setting(crate = ::renamed)]
pub struct Inner {}
