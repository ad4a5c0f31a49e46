//! A struct with attributes: it is emitted as it was written.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Attribute, FieldsNamed, FieldsUnnamed, Generics, Ident, Token, Visibility, WhereClause,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    token,
};

use super::condition::Conditions;
use crate::model::Field;

/// A struct.
pub(crate) struct Struct {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    struct_token: Token![struct],
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) fields: Vec<Field>,
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
            let message = "`#[mount]` is only allowed on a struct: methods are functions in its impl with `#[resource]`";
            return Err(input.error(message));
        }
        let struct_token = input.parse()?;
        let ident = input.parse()?;
        let before = input.fork();
        let mut generics: Generics = input.parse()?;
        // The compiler reports what does not parse.
        let (where_clause, fields) = body(&input.fork()).unwrap_or_default();
        generics.where_clause = where_clause;
        let tail: TokenStream = input.parse()?;
        let mut head: TokenStream = before.parse()?;
        // The tokens between the name and the fields are emitted as they were written.
        let count = head.clone().into_iter().count() - tail.clone().into_iter().count();
        head = head.into_iter().take(count).collect();
        Ok(Self { attributes, visibility, struct_token, ident, generics, fields, tail, head })
    }
}

/// The bounds and the fields of a struct; the bounds of a struct with unnamed fields come after them.
fn body(input: ParseStream<'_>) -> syn::Result<(Option<WhereClause>, Vec<Field>)> {
    let before: Option<WhereClause> = input.parse()?;
    let fields = if input.peek(token::Paren) {
        input.parse::<FieldsUnnamed>()?.unnamed
    } else if input.peek(token::Brace) {
        input.parse::<FieldsNamed>()?.named
    } else {
        Punctuated::new()
    };
    let field =
        |field: syn::Field| Field { conditions: Conditions::of(&field.attrs), ty: field.ty };
    Ok((before.or(input.parse()?), fields.into_iter().map(field).collect()))
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
