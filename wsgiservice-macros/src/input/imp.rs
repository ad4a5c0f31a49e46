//! An impl: the functions are parsed, and everything else stays tokens.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Generics, Token, Type, braced,
    parse::{Parse, ParseStream},
    token,
};

use super::function::Function;

/// An inherent impl.
pub(crate) struct Impl {
    pub(crate) attributes: Vec<Attribute>,
    impl_token: Token![impl],
    pub(crate) generics: Generics,
    pub(crate) self_type: Type,
    brace: token::Brace,
    pub(crate) functions: Vec<Function>,
    others: TokenStream,
}

impl Parse for Impl {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        if !input.peek(Token![impl]) {
            return Err(syn::Error::new(
                input.span(),
                "`#[resource]` is only allowed on an impl: the attribute of the struct is `#[mount(\"/path\")]`",
            ));
        }
        let impl_token = input.parse()?;
        let mut generics: Generics = input.parse()?;
        let self_type: Type = input.parse()?;
        if input.peek(Token![for]) {
            let name = self_type.to_token_stream();
            let message = format!(
                "`#[resource]` is not allowed on the impl of a trait such as `{name}`: write the methods in `impl Type {{ … }}`"
            );
            return Err(syn::Error::new_spanned(self_type, message));
        }
        generics.where_clause = input.parse()?;
        let content;
        let brace = braced!(content in input);
        let mut functions = Vec::new();
        let mut others = TokenStream::new();
        while !content.is_empty() {
            if is_function(&content) {
                functions.push(content.parse()?);
            } else {
                others.extend(other(&content)?);
            }
        }
        Ok(Self { attributes, impl_token, generics, self_type, brace, functions, others })
    }
}

/// Whether the next item is a function: `fn` comes before a token that only other items have.
fn is_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    if ahead.call(Attribute::parse_outer).is_err() {
        return false;
    }
    while !ahead.is_empty() {
        if ahead.peek(Token![fn]) {
            return true;
        }
        if ahead.peek(Token![=]) || ahead.peek(Token![;]) || ahead.peek(Token![:]) {
            return false;
        }
        if ahead.parse::<TokenTree>().is_err() {
            return false;
        }
    }
    false
}

fn other(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() {
        let token = input.parse::<TokenTree>()?;
        let ends = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ';');
        tokens.extend([token]);
        if ends {
            break;
        }
    }
    Ok(tokens)
}

impl ToTokens for Impl {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attributes, impl_token, self_type, functions, others, .. } = self;
        let (generics, _, where_clause) = self.generics.split_for_impl();
        tokens.extend(quote!(#(#attributes)* #impl_token #generics #self_type #where_clause));
        self.brace.surround(tokens, |tokens| tokens.extend(quote!(#others #(#functions)*)));
    }
}
