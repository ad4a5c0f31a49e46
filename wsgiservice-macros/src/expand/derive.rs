//! The expansion of `#[derive(Parameter)]`: how the type is read from text, its constraint, and how it is written in paths.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Ident, Type};

use super::{assertion, assertions, constraint::constraint, unnamed_items};
use crate::{
    check,
    input::{Errors, constraint::constraint_of, derive, extract, take_documentation},
    model::Constraint,
};

/// The text of a parameter.
enum Text<'a> {
    /// That of the one field.
    Of(&'a Type),
    /// A word for each variant.
    Words(Vec<(&'a Ident, String)>),
}

pub(crate) fn parameter(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(mut input) = errors.take(syn::parse2::<DeriveInput>(tokens)) else {
        return errors.into_tokens();
    };
    let krate = derive::krate(&input, "parameter", &mut errors);
    let constraint = type_constraint(&mut input, &mut errors);
    let text = text(&input, &mut errors);
    let (ident, (generics, arguments, _)) = (&input.ident, input.generics.split_for_impl());
    let items = match text.filter(|_| errors.is_empty()) {
        Some(text) => {
            let this = quote!(#ident #arguments);
            let assertions = assertions::of_type(ident, &this, &constraint);
            let (checked, checks) = assertion::place(&input.generics, &assertions);
            let (parameter, value) =
                (parameter_impl(&input, &text, &constraint, &checked), path_value(&input, &text));
            quote!(#parameter #value #checks)
        }
        // So that the compiler reports only the errors.
        None => {
            let where_clause = &input.generics.where_clause;
            quote! {
                impl #generics __w::Parameter for #ident #arguments #where_clause {
                    const KIND: __w::ParameterKind = __w::ParameterKind::any();
                    fn parse(_: &::core::primitive::str) -> __w::Result<Self, __w::ParseError> {
                        __w::Err(__w::ParseError::new(""))
                    }
                }
            }
        }
    };
    let (items, errors) = (unnamed_items(&krate, &items), errors.into_tokens());
    quote!(#items #errors)
}

/// The constraint of a type, with its documentation comment.
fn type_constraint(input: &mut DeriveInput, errors: &mut Errors) -> Constraint {
    check::inner_constraints(&input.data, errors);
    let mut constraint = Constraint::new(input.ident.clone());
    for attribute in extract(&mut input.attrs, "validate") {
        let own = attribute.parse_args_with(constraint_of(input.ident.clone()));
        if let Some(own) = errors.take(own) {
            check::type_constraint(&own, errors);
            if take_documentation(&mut input.attrs.clone()).is_some() {
                check::documented_once(&own, errors);
            }
            constraint = constraint.or(&own);
        }
    }
    constraint
}

fn text<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Option<Text<'a>> {
    if let Some(field) = derive::newtype(input) {
        return Some(Text::Of(&field.ty));
    }
    if let Some(data) = derive::variants(input) {
        let words = data
            .variants
            .iter()
            .filter_map(|variant| Some((&variant.ident, errors.take(derive::word(variant))?)));
        return Some(Text::Words(words.collect()));
    }
    let message = "`Parameter` can only be derived for an enum, or for a struct around one other parameter, such as `struct Id(Uuid);`";
    errors.at(input.ident.span(), message);
    None
}

fn parameter_impl(
    input: &DeriveInput,
    text: &Text<'_>,
    constraint: &Constraint,
    checked: &TokenStream,
) -> TokenStream {
    let comment = take_documentation(&mut input.attrs.clone());
    let own = self::constraint(constraint, comment.as_ref());
    let (facts, inner, parse) = match text {
        Text::Of(ty) => (
            quote! {
                const KIND: __w::ParameterKind = <#ty as __w::Parameter>::KIND;
                const IS_SECRET: ::core::primitive::bool = <#ty as __w::Parameter>::IS_SECRET;
            },
            quote!(__w::Some(&<#ty as __w::Parameter>::CONSTRAINT)),
            quote!(<#ty as __w::Parameter>::parse(text).map(Self)),
        ),
        Text::Words(variants) => {
            let idents = variants.iter().map(|(ident, _)| ident);
            let words: Vec<_> = variants.iter().map(|(_, word)| word.as_str()).collect();
            let reason = format!("It must be one of {}.", words.join(", "));
            (
                quote!(const KIND: __w::ParameterKind = __w::ParameterKind::choice(&[#(#words),*]);),
                quote!(__w::None),
                quote! {
                    match text {
                        #(#words => __w::Ok(Self::#idents),)*
                        _ => __w::Err(__w::ParseError::new(#reason)),
                    }
                },
            )
        }
    };
    let (ident, (generics, arguments, where_clause)) =
        (&input.ident, input.generics.split_for_impl());
    quote! {
        #[automatically_derived]
        impl #generics __w::Parameter for #ident #arguments #where_clause {
            #facts
            const CONSTRAINT: __w::TypeConstraint =
                __w::TypeConstraint { own: #own, inner: #inner };
            #checked
            fn parse(text: &::core::primitive::str) -> __w::Result<Self, __w::ParseError> { #parse }
        }
    }
}

/// How the type is written in a path. What is in a newtype may be no such value, for example a `Secret`; then the newtype is none,
/// either. The compiler accepts a condition that is false only if it has a lifetime of its own.
fn path_value(input: &DeriveInput, text: &Text<'_>) -> TokenStream {
    let mut generics = input.generics.clone();
    let write = match text {
        Text::Of(ty) => {
            let condition = syn::parse_quote!(for<'value> &'value #ty: __w::PathValue);
            generics.make_where_clause().predicates.push(condition);
            quote!(__w::PathValue::write(&&self.0, formatter))
        }
        Text::Words(variants) => {
            let arms = variants.iter().map(|(ident, word)| quote!(Self::#ident => #word));
            quote!(formatter.write_str(match self { #(#arms),* }))
        }
    };
    let (ident, (generics, arguments, where_clause)) = (&input.ident, generics.split_for_impl());
    quote! {
        #[automatically_derived]
        impl #generics __w::PathValue for #ident #arguments #where_clause {
            fn write(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #write
            }
        }
    }
}
