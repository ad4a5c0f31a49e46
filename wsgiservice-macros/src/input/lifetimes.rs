//! The lifetimes of a function in its types.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Generics, Type};

/// A type with another lifetime in place of those that the function declares, which do not exist elsewhere.
pub(crate) fn replaced(ty: &Type, generics: &Generics, by: &str) -> Type {
    let declared: Vec<_> = generics.lifetimes().map(|it| it.lifetime.ident.to_string()).collect();
    if declared.is_empty() {
        return ty.clone();
    }
    let tokens = replaced_in(ty.to_token_stream(), &declared, by);
    syn::parse2(tokens).unwrap_or_else(|_| ty.clone())
}

fn replaced_in(tokens: TokenStream, declared: &[String], by: &str) -> TokenStream {
    let mut is_lifetime = false;
    let replace = |token| match token {
        TokenTree::Group(group) => {
            let stream = replaced_in(group.stream(), declared, by);
            let mut replaced = Group::new(group.delimiter(), stream);
            replaced.set_span(group.span());
            TokenTree::Group(replaced)
        }
        TokenTree::Ident(ident) if is_lifetime && declared.contains(&ident.to_string()) => {
            is_lifetime = false;
            TokenTree::Ident(Ident::new(by, ident.span()))
        }
        token => {
            is_lifetime = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
            token
        }
    };
    tokens.into_iter().map(replace).collect()
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn declared_lifetimes_are_replaced() {
        let function: syn::Signature = parse_quote!(fn f<'a, 'b: 'a>());
        let ty: Type = parse_quote!(Option<(&'a Cow<'b, str>, for<'c> fn(&'c u8), &'static u8)>);
        let expected: Type =
            parse_quote!(Option<(&'_ Cow<'_, str>, for<'c> fn(&'c u8), &'static u8)>);
        let replaced = replaced(&ty, &function.generics, "_");
        assert_eq!(replaced.to_token_stream().to_string(), expected.to_token_stream().to_string());
    }
}
