//! A struct with attributes: the head is parsed, and the fields stay tokens.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Attribute, Generics, Ident, Token, Visibility,
    parse::{Parse, ParseStream},
};

/// A struct.
pub(crate) struct Struct {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    struct_token: Token![struct],
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    tail: TokenStream,
    head: TokenStream,
}

impl Parse for Struct {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if input.peek(Token![impl]) {
            let message = "`#[mount]` is only allowed on a struct: the attribute of the impl is `#[resource]`";
            return Err(syn::Error::new(input.span(), message));
        }
        if !input.peek(Token![struct]) {
            return Err(input.error("`#[mount]` is only allowed on a struct"));
        }
        let struct_token = input.parse()?;
        let ident = input.parse()?;
        let before = input.fork();
        let generics: Generics = input.parse()?;
        let tail: TokenStream = input.parse()?;
        let mut head: TokenStream = before.parse()?;
        // The tokens between the name and the fields are emitted as they were written.
        let count = head.clone().into_iter().count() - tail.clone().into_iter().count();
        head = head.into_iter().take(count).collect();
        Ok(Self { attributes, visibility, struct_token, ident, generics, tail, head })
    }
}

impl ToTokens for Struct {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attributes, visibility, struct_token, ident, head, tail, .. } = self;
        tokens.extend(quote!(#(#attributes)* #visibility #struct_token #ident #head #tail));
    }
}

/// Any item; of a misplaced attribute only the position matters.
pub(crate) struct Attributed {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) rest: TokenStream,
}

impl Parse for Attributed {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self { attributes: input.call(Attribute::parse_outer)?, rest: input.parse()? })
    }
}
