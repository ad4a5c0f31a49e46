//! Conditional compilation: `#[cfg]` on a function or an argument.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Attribute, Meta, Token,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
};

/// The predicates of `#[cfg]`, all of which must be true. As tokens, it is the attributes.
#[derive(Clone, Default)]
pub(crate) struct Conditions(Vec<TokenStream>);

impl Conditions {
    pub(crate) fn of(attributes: &[Attribute]) -> Self {
        let predicates = attributes.iter().filter_map(|attribute| match &attribute.meta {
            Meta::List(list) if list.path.is_ident("cfg") => Some(list.tokens.clone()),
            _ => None,
        });
        Self(predicates.collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These and others.
    pub(crate) fn and(&self, others: &Self) -> Self {
        Self(self.0.iter().chain(&others.0).cloned().collect())
    }

    /// An expression that is true if all are.
    pub(crate) fn as_expression(&self) -> TokenStream {
        let Self(predicates) = self;
        quote!(::core::cfg!(all(#(#predicates),*)))
    }
}

impl ToTokens for Conditions {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self(predicates) = self;
        tokens.extend(quote!(#(#[cfg(#predicates)])*));
    }
}

/// The attributes that the framework reads in a `#[cfg_attr]`, with its predicate. They are there only after the macro has run.
pub(crate) fn hidden_attributes(attribute: &Attribute) -> Vec<(TokenStream, syn::Path)> {
    let Meta::List(list) = &attribute.meta else { return Vec::new() };
    if !list.path.is_ident("cfg_attr") {
        return Vec::new();
    }
    let parse = |input: ParseStream<'_>| {
        let predicate: Meta = input.parse()?;
        input.parse::<Token![,]>()?;
        let hidden = Punctuated::<Meta, Token![,]>::parse_terminated(input)?;
        Ok((predicate.to_token_stream(), hidden))
    };
    // The compiler reports errors in it.
    let Ok((predicate, hidden)) = parse.parse2(list.tokens.clone()) else { return Vec::new() };
    let read = hidden.into_iter().filter(|meta| match meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => true,
        meta => READ.iter().any(|name| is_last(meta.path(), name)),
    });
    read.map(|meta| (predicate.clone(), meta.path().clone())).collect()
}

/// The attributes that the framework reads.
const READ: [&str; 8] =
    ["cfg", "deprecated", "expires", "from", "limit", "representation", "sunset", "validate"];

fn is_last(path: &syn::Path, name: &str) -> bool {
    path.segments.last().is_some_and(|segment| segment.ident == name)
}
