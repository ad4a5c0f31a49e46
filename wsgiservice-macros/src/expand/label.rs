//! The expansion of `#[derive(Label)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields};

use super::unnamed_items;
use crate::input::{Errors, derive};

pub(crate) fn label(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(input) = errors.take(syn::parse2::<DeriveInput>(tokens)) else {
        return errors.into_tokens();
    };
    let expanded = expand(&input, &mut errors);
    let errors = errors.into_tokens();
    quote!(#expanded #errors)
}

fn expand(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    let krate = derive::krate(input, "label", errors);
    let ident = &input.ident;
    let variants = derive::variants(input).map(|data| data.variants.iter().collect::<Vec<_>>());
    if variants.is_none() {
        let message = match input.data {
            Data::Enum(_) => "a label of a metric needs a variant for each of its values",
            _ => {
                "a label of a metric must be an enum, so that it has few values: the names of its variants"
            }
        };
        errors.at(ident.span(), message);
    }
    let variants = variants.unwrap_or_default();
    for variant in variants.iter().filter(|variant| !matches!(variant.fields, Fields::Unit)) {
        errors.at(variant.ident.span(), "variants of a label cannot have fields");
    }
    let name = derive::snake_case(ident);
    let values = variants.iter().map(|variant| derive::snake_case(&variant.ident));
    let arms = variants.iter().enumerate().map(|(position, variant)| {
        let variant = &variant.ident;
        quote!(Self::#variant { .. } => #position,)
    });
    // An enum without variants has an error of its own.
    let arms = if variants.is_empty() { quote!(_ => 0,) } else { quote!(#(#arms)*) };
    let (generics, arguments, where_clause) = input.generics.split_for_impl();
    unnamed_items(
        &krate,
        &quote! {
            #[automatically_derived]
            impl #generics __w::Label for #ident #arguments #where_clause {
                const NAME: &'static ::core::primitive::str = #name;
                const VALUES: &'static [&'static ::core::primitive::str] = &[#(#values),*];
                fn position(self) -> ::core::primitive::usize {
                    match self { #arms }
                }
            }
        },
    )
}
