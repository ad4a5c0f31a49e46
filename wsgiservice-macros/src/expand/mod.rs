//! The model to tokens: a table of facts, one `match`, and assertions that compare the two.

mod assertions;
mod constraint;
mod derive;
mod mount;
mod resource;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Attribute;

use crate::{
    check,
    input::{Errors, attribute, extract, imp::Impl, is_named, item::Attributed, item::Struct},
    model::Limits,
};

pub(crate) use self::derive::{parameter, problem};

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
    let expanded = match (model, errors.is_empty()) {
        (Some(model), true) => resource::expand(&model),
        _ => resource::fallback(&krate, &item),
    };
    let (lints, errors) = (signature_lints(), errors.into_tokens());
    quote!(#lints #item #expanded #errors)
}

/// The limits that an item sets itself.
fn limits(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Limits {
    let attributes = extract(attributes, "limit");
    let attribute = check::once(&attributes, "limit", errors);
    let limits = attribute.and_then(|it| errors.take(it.parse_args_with(attribute::limits)));
    limits.unwrap_or_default()
}

fn describe_limits(limits: &Limits) -> TokenStream {
    let content = option(limits.content.as_ref());
    quote!(__w::Limits { content: #content })
}

/// An option, as it is written in a table.
fn option(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(|| quote!(__w::None), |value| quote!(__w::Some(#value)))
}

/// An attribute that is expanded by itself: before `#[mount]`, which then has its turn first, or where nobody reads it.
pub(crate) fn stray(name: &str, arguments: &TokenStream, tokens: &TokenStream) -> TokenStream {
    let Ok(Attributed { mut attributes, rest }) = syn::parse2(tokens.clone()) else {
        return tokens.clone();
    };
    let name = syn::Ident::new(name, proc_macro2::Span::call_site());
    let mount = attributes.iter().position(|attribute| is_named(attribute, "mount"));
    if let (Some(mount), true) = (mount, name != "expires") {
        let mount = attributes.remove(mount);
        return quote!(#mount #[#name(#arguments)] #(#attributes)* #rest);
    }
    let place = match name.to_string().as_str() {
        "validate" => {
            "on a struct with `#[mount]`, or on a method or an argument in an impl with `#[resource]`"
        }
        "limit" => "on a struct with `#[mount]`, or on a method in an impl with `#[resource]`",
        _ => "on a method in an impl with `#[resource]`",
    };
    let message = format!("nobody reads this: `#[{name}]` belongs {place}");
    let error = syn::Error::new(proc_macro2::Span::call_site(), message).into_compile_error();
    quote!(#error #(#attributes)* #rest)
}

/// The lints of a function's shape, which is the framework's wish: arguments by value, as many as there are
/// parameters, and a reference to just what a method returns.
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

/// The lints that a table may trip, which an author may deny.
fn lints() -> TokenStream {
    quote!(#[allow(unused, unused_qualifications, deprecated, clippy::all, clippy::pedantic, clippy::nursery)])
}
