//! Positions in the tables, some of whose entries can be absent by `#[cfg]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::input::condition::Conditions;

/// The position after these entries, as an expression that the compiler evaluates.
pub(super) struct Position {
    known: usize,
    conditional: Vec<TokenStream>,
}

impl Position {
    pub(super) fn after<'a>(entries: impl Iterator<Item = &'a Conditions>) -> Self {
        let (known, conditional): (Vec<_>, Vec<_>) = entries.partition(|it| it.is_empty());
        Self {
            known: known.len(),
            conditional: conditional.into_iter().map(Conditions::as_expression).collect(),
        }
    }

    /// As a pattern. Entries of one position have conditions that exclude each other.
    pub(super) fn into_pattern(self) -> TokenStream {
        if self.conditional.is_empty() {
            return self.known.to_token_stream();
        }
        quote!(position if position == #self)
    }
}

impl ToTokens for Position {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { known, conditional } = self;
        tokens.extend(match conditional.as_slice() {
            [] => quote!(#known),
            conditional => quote! {
                (#known #(+ #conditional as ::core::primitive::usize)*)
            },
        });
    }
}
