//! From the model to tokens: a table of facts, a `match` that binds calls, and assertions for the compiler.

mod assertion;
mod assertions;
mod constraint;
mod derive;
mod label;
mod limits;
mod lint;
mod media_type;
mod mount;
mod place;
mod position;
mod problem;
mod resource;
mod settings;

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics};

use crate::input::{Errors, attribute, imp::Impl, is_named, item::Attributed, item::Struct};

pub(crate) use self::{
    derive::parameter, label::label, media_type::media_type, problem::problem, settings::settings,
};

pub(crate) fn mount(arguments: TokenStream, tokens: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(mut item) = errors.take(syn::parse2::<Struct>(tokens.clone())) else {
        let errors = errors.into_tokens();
        return quote!(#tokens #errors);
    };
    let krate = attribute::find_crate(&arguments);
    let model = mount::model(arguments, &mut item, &mut errors);
    let expanded = match (model, errors.is_empty()) {
        (Some(model), true) => mount::expand(&model),
        _ => mount::fallback(&krate, &item),
    };
    let errors = errors.into_tokens();
    quote!(#item #expanded #errors)
}

pub(crate) fn resource(arguments: TokenStream, tokens: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(mut item) = errors.take(syn::parse2::<Impl>(tokens.clone())) else {
        let errors = errors.into_tokens();
        return quote!(#tokens #errors);
    };
    let krate = attribute::find_crate(&arguments);
    let model = resource::model(arguments, &mut item, &mut errors);
    // A lifetime of the struct is an error of `#[mount]`.
    let borrows = item.generics.lifetimes().next().is_some() || resource::elides(&item.self_type);
    let expanded = match (model, errors.is_empty() && !borrows) {
        (Some(model), true) => resource::expand(&model),
        _ => resource::fallback(&krate, &item),
    };
    let (lints, errors) = (signature_lints(), errors.into_tokens());
    quote!(#lints #item #expanded #errors)
}

/// A type with `'static` in place of every lifetime, for a resource that borrows, which is an error.
fn outlive(tokens: TokenStream) -> TokenStream {
    let mut is_lifetime = false;
    let outlive = |token| match token {
        TokenTree::Group(group) => {
            let stream = outlive(group.stream());
            TokenTree::Group(Group::new(group.delimiter(), stream))
        }
        TokenTree::Ident(ident) if is_lifetime => {
            is_lifetime = false;
            TokenTree::Ident(Ident::new("static", ident.span()))
        }
        token => {
            is_lifetime = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
            token
        }
    };
    tokens.into_iter().map(outlive).collect()
}

fn without_lifetimes(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    let params = std::mem::take(&mut generics.params);
    generics.params =
        params.into_iter().filter(|it| !matches!(it, GenericParam::Lifetime(_))).collect();
    generics
}

/// An `Option` in a table.
fn option(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(|| quote!(__w::None), |value| quote!(__w::Some(#value)))
}

/// Expands an attribute that neither `#[mount]` nor `#[resource]` consumed: if `#[mount]` follows, that is moved in
/// front; otherwise it is misplaced.
pub(crate) fn unconsumed_attribute(
    name: &str,
    arguments: &TokenStream,
    tokens: &TokenStream,
) -> TokenStream {
    let Ok(Attributed { mut attributes, rest }) = syn::parse2(tokens.clone()) else {
        return tokens.clone();
    };
    let name = Ident::new(name, proc_macro2::Span::call_site());
    let mount = attributes.iter().position(|attribute| is_named(attribute, "mount"));
    if let (Some(mount), true) = (mount, name != "expires") {
        let mount = attributes.remove(mount);
        return quote!(#mount #[#name(#arguments)] #(#attributes)* #rest);
    }
    let place = match name.to_string().as_str() {
        "validate" => {
            "on structs with `#[mount]`, on methods and arguments in a `#[resource]` impl, and on types with `#[derive(Parameter)]`, after the derive"
        }
        "limit" => "on structs with `#[mount]`, and on methods in a `#[resource]` impl",
        _ => "on methods in a `#[resource]` impl",
    };
    let message = format!("`#[{name}]` is only allowed {place}");
    let error = syn::Error::new(proc_macro2::Span::call_site(), message).into_compile_error();
    quote!(#error #(#attributes)* #rest)
}

/// Allows the signatures that the framework requires: arguments by value, as many as there are parameters, and a
/// reference to exactly what a method returns.
fn signature_lints() -> TokenStream {
    quote! {
        #[allow(
            clippy::needless_pass_by_value,
            clippy::ptr_arg,
            clippy::too_many_arguments,
            clippy::trivially_copy_pass_by_ref,
            clippy::unnecessary_wraps,
            clippy::unused_async,
            clippy::unused_self,
        )]
    }
}

/// Items without a name of their own, in which `__w` has the names for generated code.
fn unnamed_items(krate: &syn::Path, items: &TokenStream) -> TokenStream {
    let lints = lints();
    quote! {
        #lints
        const _: () = {
            use #krate::__private as __w;
            #items
        };
    }
}

/// Allows, in generated code, the lints that an author may deny.
///
/// `dead_code` is not among them: what it is allowed for counts as used, and so would the struct, which the compiler reports if
/// it is never constructed.
fn lints() -> TokenStream {
    quote!(#[allow(deprecated, unused_imports, unused_qualifications, unused_variables, clippy::all, clippy::pedantic, clippy::nursery)])
}
