//! The expansion of `#[derive(Settings)]`: the table of its fields, and a line for each that takes its value.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{DeriveInput, Field, Ident};

use super::{
    assertion::{self, Assertion},
    assertions,
    constraint::rule,
    option,
    place::Place,
    unnamed_items,
};
use crate::{
    check,
    input::{
        Errors,
        condition::Conditions,
        derive, documentation,
        setting::{self, Setting},
    },
};

pub(crate) fn settings(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(input) = errors.take(syn::parse2::<DeriveInput>(tokens)) else {
        return errors.into_tokens();
    };
    let krate = derive::krate(&input, "setting", &mut errors);
    let fields: Vec<_> = setting::fields(&input, &mut errors)
        .into_iter()
        .filter_map(|field| Some((field, errors.take(setting::setting(field))?)))
        .collect();
    fields.iter().for_each(|(_, setting)| check::setting(setting, &mut errors));
    if !errors.is_empty() {
        return fallback(&krate, &input, errors);
    }
    let readers = fields.iter().enumerate().map(|(index, (field, setting))| {
        let (name, ty, reader) = (reader_name(index), &field.ty, reader(index, field, setting));
        let (rules_name, rules) = (rules_name(index), setting.rules.iter().map(rule));
        quote! {
            const #rules_name: &[__w::Rule<'static>] = &[#(#rules),*];
            const #name: __w::FieldReader<#ty> = #reader;
        }
    });
    let assertions = fields.iter().enumerate().flat_map(|(index, (field, setting))| {
        let ty = setting.from.as_ref().unwrap_or(&field.ty);
        assertions::of_setting(&setting::name(field), ty, &rules_name(index), &setting.rules)
    });
    let defaults = fields.iter().filter_map(|(field, setting)| default_fits(field, setting));
    let (_, checks) =
        assertion::place(&input.generics, &assertions.chain(defaults).collect::<Vec<_>>());
    let keys = fields.iter().enumerate().map(|(index, (field, _))| key(index, field));
    let taken: Vec<_> = (0..fields.len()).map(|index| format_ident!("field_{index}")).collect();
    let names: Vec<_> = fields.iter().map(|(field, _)| setting::name(field)).collect();
    let idents: Vec<_> = fields.iter().filter_map(|(field, _)| field.ident.as_ref()).collect();
    let consts: Vec<_> = (0..fields.len()).map(reader_name).collect();
    let ident = &input.ident;
    unnamed_items(
        &krate,
        &quote! {
            use __w::OtherDefault as _;
            #(#readers)*
            #checks
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl __w::Settings for #ident {
                const KEYS: &'static [__w::Key] = &[#(#keys),*];
                fn package() -> __w::Option<__w::Package> { __w::Some(__w::package!()) }
                fn take(values: &mut __w::Values) -> __w::Option<Self> {
                    #(let #taken = (#consts.take)(values, #names);)*
                    __w::Some(Self { #(#idents: #taken?),* })
                }
                fn update(&mut self, values: &mut __w::Values) {
                    #((#consts.update)(values, #names, &mut self.#idents);)*
                }
            }
        },
    )
}

/// An implementation without fields, so that the only errors are those of the struct.
fn fallback(krate: &syn::Path, input: &DeriveInput, errors: Errors) -> TokenStream {
    let ident = &input.ident;
    let (generics, arguments, where_clause) = input.generics.split_for_impl();
    let errors = errors.into_tokens();
    let items = unnamed_items(
        krate,
        &quote! {
            #[diagnostic::do_not_recommend]
            impl #generics __w::Settings for #ident #arguments #where_clause {
                const KEYS: &'static [__w::Key] = &[];
                fn take(_: &mut __w::Values) -> __w::Option<Self> { __w::None }
                fn update(&mut self, _: &mut __w::Values) {}
            }
        },
    );
    quote!(#items #errors)
}

fn reader_name(index: usize) -> Ident {
    format_ident!("FIELD_{index}")
}

fn rules_name(index: usize) -> Ident {
    format_ident!("RULES_{index}")
}

/// How a field is read, with the author's own tokens for its type.
fn reader(index: usize, field: &Field, setting: &Setting) -> TokenStream {
    let (ty, rules) = (&field.ty, rules_name(index));
    let default = option(setting.default.as_ref().map(|default| &default.tokens));
    let value_name = option(setting.value_name.as_ref());
    match (setting.is_table, &setting.from) {
        (true, _) => quote!(__w::table::<#ty>()),
        (false, Some(from)) => quote!(__w::leaf_from::<#ty, #from>(#default, #value_name, #rules)),
        (false, None) => quote!(__w::leaf::<#ty>(#default, #value_name, #rules)),
    }
}

/// A default is a value of the type of its field, as far as the compiler knows the type.
fn default_fits(field: &Field, setting: &Setting) -> Option<Assertion> {
    let default = &setting.default.as_ref()?.tokens;
    let ty = setting.from.as_ref().unwrap_or(&field.ty);
    let written = match default.clone().into_iter().last() {
        Some(TokenTree::Group(group)) => group.stream(),
        _ => default.clone(),
    };
    let name = setting::name(field);
    Some(Assertion {
        place: Place::of(written),
        condition: quote!(__w::DefaultOf::<#ty>::PRIMITIVE.fits(&#default)),
        fact: format!("the default does not fit the type of `{name}`"),
        help: format!("write a value of the type `{}`", ty.to_token_stream()),
        conditions: Conditions::default(),
    })
}

fn key(index: usize, field: &Field) -> TokenStream {
    let (name, documentation) = (setting::name(field), documentation(&field.attrs));
    let reader = reader_name(index);
    quote!(__w::Key { name: #name, documentation: #documentation, field: #reader.field })
}
