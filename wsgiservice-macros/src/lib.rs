//! The macros of `wsgiservice`, which re-exports them. Depend on `wsgiservice`, not on this crate.
//!
//! What each attribute means is in `reference/`.

mod check;
mod expand;
mod expression;
mod input;
mod model;

use proc_macro::TokenStream;

#[doc = include_str!("reference/mount.md")]
#[proc_macro_attribute]
pub fn mount(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::mount(arguments.into(), &item.into()).into()
}

#[doc = include_str!("reference/resource.md")]
#[proc_macro_attribute]
pub fn resource(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::resource(arguments.into(), &item.into()).into()
}

#[doc = include_str!("reference/validate.md")]
#[proc_macro_attribute]
pub fn validate(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::unconsumed_attribute("validate", &arguments.into(), &item.into()).into()
}

#[doc = include_str!("reference/expires.md")]
#[proc_macro_attribute]
pub fn expires(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::unconsumed_attribute("expires", &arguments.into(), &item.into()).into()
}

#[doc = include_str!("reference/limit.md")]
#[proc_macro_attribute]
pub fn limit(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::unconsumed_attribute("limit", &arguments.into(), &item.into()).into()
}

#[doc = include_str!("reference/parameter.md")]
#[proc_macro_derive(Parameter, attributes(parameter, validate))]
pub fn derive_parameter(item: TokenStream) -> TokenStream {
    expand::parameter(item.into()).into()
}

#[doc = include_str!("reference/label.md")]
#[proc_macro_derive(Label, attributes(label))]
pub fn derive_label(item: TokenStream) -> TokenStream {
    expand::label(item.into()).into()
}

#[doc = include_str!("reference/media_type.md")]
#[proc_macro_derive(MediaType, attributes(media_type))]
pub fn derive_media_type(item: TokenStream) -> TokenStream {
    expand::media_type(item.into()).into()
}

#[doc = include_str!("reference/problem.md")]
#[proc_macro_derive(Problem, attributes(problem))]
pub fn derive_problem(item: TokenStream) -> TokenStream {
    expand::problem(item.into()).into()
}

#[doc = include_str!("reference/settings.md")]
#[proc_macro_derive(Settings, attributes(setting))]
pub fn derive_settings(item: TokenStream) -> TokenStream {
    expand::settings(item.into()).into()
}
