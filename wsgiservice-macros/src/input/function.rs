//! A function of an impl: the signature is parsed, and the body stays tokens.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Generics, Ident, ReturnType, Token, Type, Visibility, parenthesized,
    parse::{Parse, ParseStream},
    token,
};

/// A function.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) qualifiers: TokenStream,
    pub(crate) asyncness: Option<Token![async]>,
    fn_token: Token![fn],
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    paren: token::Paren,
    pub(crate) receiver: Option<TokenStream>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) output: ReturnType,
    pub(crate) body: Group,
}

/// An argument other than `self`.
pub(crate) struct Argument {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) mutability: Option<Token![mut]>,
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let mut qualifiers = TokenStream::new();
        let mut asyncness = None;
        while !input.peek(Token![fn]) {
            if input.peek(Token![async]) {
                asyncness = input.parse()?;
            } else {
                qualifiers.extend([input.parse::<TokenTree>()?]);
            }
        }
        let fn_token = input.parse()?;
        let ident = input.parse()?;
        let mut generics: Generics = input.parse()?;
        let content;
        let paren = parenthesized!(content in input);
        let receiver = receiver(&content)?;
        let mut arguments = Vec::new();
        while !content.is_empty() {
            arguments.push(content.parse()?);
            content.parse::<Option<Token![,]>>()?;
        }
        let output = input.parse()?;
        generics.where_clause = input.parse()?;
        if !input.peek(token::Brace) {
            return Err(input.error("resource methods must have a body"));
        }
        let body = input.parse()?;
        Ok(Self {
            attributes,
            visibility,
            qualifiers,
            asyncness,
            fn_token,
            ident,
            generics,
            paren,
            receiver,
            arguments,
            output,
            body,
        })
    }
}

/// `&self`, or anything else with `self`, which `check` reports.
fn receiver(input: ParseStream<'_>) -> syn::Result<Option<TokenStream>> {
    let is_receiver = {
        let ahead = input.fork();
        let mut found = false;
        while !ahead.is_empty() && !ahead.peek(Token![,]) && !ahead.peek(Token![:]) {
            found |= ahead.parse::<TokenTree>()?.to_string() == "self";
        }
        found
    };
    if !is_receiver {
        return Ok(None);
    }
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    input.parse::<Option<Token![,]>>()?;
    Ok(Some(tokens))
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let mutability = input.parse()?;
        if !input.peek(Ident) || !input.peek2(Token![:]) {
            return Err(input.error("expected a name: arguments cannot be patterns"));
        }
        let ident = input.parse()?;
        input.parse::<Token![:]>()?;
        Ok(Self { attributes, mutability, ident, ty: input.parse()? })
    }
}

/// As it was written: each token keeps its span, so that the lints of the compiler are at the author's tokens.
impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attributes, visibility, qualifiers, asyncness, fn_token, ident, .. } = self;
        let (generics, _, where_clause) = self.generics.split_for_impl();
        tokens.extend(quote! {
            #(#attributes)* #visibility #qualifiers #asyncness #fn_token #ident #generics
        });
        self.paren.surround(tokens, |tokens| {
            let receiver = self.receiver.as_ref().map(|receiver| quote!(#receiver,));
            let arguments = &self.arguments;
            tokens.extend(quote!(#receiver #(#arguments),*));
        });
        let (output, body) = (&self.output, &self.body);
        tokens.extend(quote!(#output #where_clause #body));
    }
}

impl ToTokens for Argument {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attributes, mutability, ident, ty } = self;
        tokens.extend(quote!(#(#attributes)* #mutability #ident: #ty));
    }
}
