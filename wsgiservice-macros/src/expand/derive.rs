//! The expansion of `#[derive(Parameter)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Path};

use super::unnamed_items;
use crate::input::{Errors, derive};

pub(crate) fn parameter(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(input) = errors.take(syn::parse2::<DeriveInput>(tokens)) else {
        return errors.into_tokens();
    };
    let krate = derive::krate(&input, "parameter", &mut errors);
    let (kind, is_secret, parse) = match (derive::newtype(&input), derive::variants(&input)) {
        (Some(field), _) => {
            let ty = &field.ty;
            let parse = quote!(<#ty as __w::Parameter>::parse(text).map(Self));
            (
                quote!(<#ty as __w::Parameter>::KIND),
                quote!(<#ty as __w::Parameter>::IS_SECRET),
                parse,
            )
        }
        (None, Some(data)) => {
            let words: Vec<_> = data
                .variants
                .iter()
                .filter_map(|variant| errors.take(derive::word(variant)))
                .collect();
            let idents = data.variants.iter().map(|variant| &variant.ident);
            let reason = format!("It must be one of {}.", words.join(", "));
            let kind = quote!(__w::ParameterKind::choice(&[#(#words),*]));
            let parse = quote! {
                match text {
                    #(#words => __w::Ok(Self::#idents),)*
                    _ => __w::Err(__w::ParseError::new(#reason)),
                }
            };
            (kind, quote!(false), parse)
        }
        (None, None) => {
            let message = "`Parameter` can only be derived for an enum, or for a struct around one other parameter, such as `struct Id(Uuid);`";
            errors.at(input.ident.span(), message);
            (
                quote!(__w::ParameterKind::text()),
                quote!(false),
                quote!(__w::Err(__w::ParseError::new(""))),
            )
        }
    };
    let parse = if errors.is_empty() { parse } else { quote!(__w::Err(__w::ParseError::new(""))) };
    let body = quote! {
        const KIND: __w::ParameterKind = #kind;
        const IS_SECRET: ::core::primitive::bool = #is_secret;
        fn parse(text: &::core::primitive::str) -> __w::Result<Self, __w::ParseError> { #parse }
    };
    implement(&krate, &quote!(__w::Parameter), &input, &body, errors)
}

fn implement(
    krate: &Path,
    name: &TokenStream,
    input: &DeriveInput,
    body: &TokenStream,
    errors: Errors,
) -> TokenStream {
    let ident = &input.ident;
    let (generics, arguments, where_clause) = input.generics.split_for_impl();
    let errors = errors.into_tokens();
    let items = unnamed_items(
        krate,
        &quote! {
            #[automatically_derived]
            impl #generics #name for #ident #arguments #where_clause { #body }
        },
    );
    quote!(#items #errors)
}
