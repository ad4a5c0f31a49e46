//! The expansion of the derives.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Fields, Path};

use super::{option, unnamed_items};
use crate::input::{Errors, derive, documentation};

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

pub(crate) fn problem(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(input) = errors.take(syn::parse2::<DeriveInput>(tokens)) else {
        return errors.into_tokens();
    };
    let krate = derive::krate(&input, "problem", &mut errors);
    let Some(data) = derive::variants(&input) else {
        errors.at(
            input.ident.span(),
            "`Problem` can only be derived for an enum, with `#[problem(404)]` on each variant",
        );
        return errors.into_tokens();
    };
    let failures: Vec<_> = data
        .variants
        .iter()
        .filter_map(|variant| errors.take(derive::variant_problem(variant)).map(|it| (variant, it)))
        .map(|(variant, problem)| {
            let derive::Problem { status, challenge, retry_after } = &problem;
            let challenge = option(challenge.as_ref());
            let retry_after = option(retry_after.as_ref());
            let documentation = documentation(&variant.attrs);
            quote!(__w::Failure {
                status: #status,
                challenge: #challenge,
                retry_after: #retry_after,
                documentation: #documentation,
            })
        })
        .collect();
    let arms: Vec<_> = data
        .variants
        .iter()
        .enumerate()
        .map(|(position, variant)| {
            let ident = &variant.ident;
            let pattern = match variant.fields {
                Fields::Unit => quote!(#ident),
                Fields::Unnamed(_) => quote!(#ident(..)),
                Fields::Named(_) => quote!(#ident { .. }),
            };
            quote!(#pattern => #position,)
        })
        .collect();
    let ident = &input.ident;
    let (generics, arguments, where_clause) = input.generics.split_for_impl();
    let errors = errors.into_tokens();
    let items = unnamed_items(
        &krate,
        &quote! {
            #[automatically_derived]
            impl #generics ::core::convert::From<#ident #arguments> for __w::Problem #where_clause {
                fn from(error: #ident #arguments) -> Self {
                    let position = match &error { #(#ident::#arms)* };
                    let cause = <#ident #arguments as __w::ProblemCause>::into_cause(error);
                    __w::problem(<#ident #arguments as __w::Failures>::FAILURES, position, cause)
                }
            }
            #[automatically_derived]
            impl #generics __w::Failures for #ident #arguments #where_clause {
                const FAILURES: &'static [__w::Failure] = &[#(#failures),*];
            }
        },
    );
    quote!(#items #errors)
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
