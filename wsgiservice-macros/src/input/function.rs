//! A function of an impl: the signature is parsed, and the body stays tokens.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Generics, Ident, ReturnType, Token, Type, Visibility, parenthesized,
    parse::{Parse, ParseStream},
    spanned::Spanned,
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
    /// A pattern in place of the name, which `check` reports.
    pub(crate) pattern: Option<TokenStream>,
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
        let is_name = input.peek(Ident) && input.peek2(Token![:]) && !input.peek2(Token![::]);
        let (ident, pattern) = if is_name {
            (input.parse()?, None)
        } else {
            let pattern = pattern(input)?;
            (Ident::new("pattern", pattern.span()), Some(pattern))
        };
        input.parse::<Token![:]>()?;
        Ok(Self { attributes, mutability, ident, pattern, ty: input.parse()? })
    }
}

/// The tokens before the colon that separates a pattern from its type.
fn pattern(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.peek(Token![:]) || input.peek(Token![::]) {
        if input.is_empty() || input.peek(Token![,]) {
            return Err(input.error("expected an argument, as in `name: String`"));
        }
        if input.peek(Token![::]) {
            tokens.extend(input.parse::<Token![::]>()?.into_token_stream());
        } else {
            tokens.extend([input.parse::<TokenTree>()?]);
        }
    }
    Ok(tokens)
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
        let Self { attributes, mutability, ident, pattern, ty } = self;
        let name = pattern.clone().unwrap_or_else(|| ident.to_token_stream());
        tokens.extend(quote!(#(#attributes)* #mutability #name: #ty));
    }
}
