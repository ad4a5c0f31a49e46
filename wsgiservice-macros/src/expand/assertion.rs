//! A condition that the compiler evaluates, with what it reports if the condition is false.

use proc_macro2::TokenStream;
use quote::quote;

use super::place::Place;
use crate::input::condition::Conditions;

/// An assertion: a fact about the declaration, and what the author should write.
pub(super) struct Assertion {
    pub(super) place: Place,
    /// An expression that is true if all is well.
    pub(super) condition: TokenStream,
    /// The fact if it is not.
    pub(super) fact: String,
    /// What to write instead.
    pub(super) help: String,
    /// When what it is about exists.
    pub(super) conditions: Conditions,
}

/// The assertions, in the implementation of a trait and beside it. A constant beside it cannot use type parameters.
pub(super) fn place(
    generics: &syn::Generics,
    assertions: &[Assertion],
) -> (TokenStream, TokenStream) {
    if generics.params.is_empty() {
        (TokenStream::new(), assertions.iter().map(Assertion::constant).collect())
    } else {
        let assertions = assertions.iter().map(Assertion::panic);
        (quote!(const CHECKED: () = { #(#assertions;)* };), TokenStream::new())
    }
}

impl Assertion {
    /// A constant that requires a trait, which is implemented only if the condition is true.
    fn constant(&self) -> TokenStream {
        let Self { place, condition, fact, help, conditions } = self;
        let (fact, help) = (escape(fact), escape(help));
        let place = place.path("Same", &quote!(T));
        quote!(#conditions __w::holds!(#place, { #condition }, #fact, #help);)
    }

    /// An expression that panics. A resource with type parameters is checked where it is mounted, when they are known, and
    /// traits cannot depend on a constant that has type parameters.
    fn panic(&self) -> TokenStream {
        let Self { place, condition, fact, help, conditions } = self;
        let message = escape(&format!("{fact}: {help}"));
        let assertion = quote!(::core::assert!(#condition, #message));
        let assertion = place.spanned(assertion);
        quote!(#conditions #assertion)
    }
}

fn escape(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}
