//! The expansion of `#[derive(MediaType)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, LitStr, Path, Token, parse::ParseStream};

use super::unnamed_items;
use crate::{
    check,
    input::{Errors, attribute, expect, is_named},
};

pub(crate) fn media_type(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let expanded = expand(tokens, &mut errors);
    let errors = errors.into_tokens();
    quote!(#expanded #errors)
}

fn expand(tokens: TokenStream, errors: &mut Errors) -> Option<TokenStream> {
    let input: DeriveInput = errors.take(syn::parse2(tokens))?;
    let attribute = input.attrs.iter().find(|attribute| is_named(attribute, "media_type"));
    let Some(attribute) = attribute else {
        let message = "a media type needs a name: add `#[media_type(\"type/subtype\")]`";
        errors.at(input.ident.span(), message);
        return None;
    };
    let (name, krate) = errors.take(attribute.parse_args_with(arguments))?;
    check::media_type(&name, errors);
    let ident = &input.ident;
    let (generics, arguments, where_clause) = input.generics.split_for_impl();
    Some(unnamed_items(
        &krate,
        &quote! {
            #[automatically_derived]
            impl #generics __w::MediaType for #ident #arguments #where_clause {
                const NAME: &'static ::core::primitive::str = #name;
            }
        },
    ))
}

/// The name, and the path of `wsgiservice` after it.
fn arguments(input: ParseStream<'_>) -> syn::Result<(LitStr, Path)> {
    let name = expect(input, "a media type, as in `#[media_type(\"type/subtype\")]`")?;
    input.parse::<Option<Token![,]>>()?;
    let krate = attribute::crate_argument(input.parse()?)?;
    Ok((name, krate))
}
