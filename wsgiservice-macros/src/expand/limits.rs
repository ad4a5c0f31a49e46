//! The limits of a struct or a method, from `#[limit]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Attribute;

use super::option;
use crate::{
    check,
    input::{Errors, attribute, extract},
    model::Limits,
};

pub(super) fn limits(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Limits {
    let attributes = extract(attributes, "limit");
    let attribute = check::once(&attributes, "limit", errors);
    let limits = attribute.and_then(|it| errors.take(it.parse_args_with(attribute::limits)));
    limits.unwrap_or_default()
}

/// The limits as a constant.
pub(super) fn describe(limits: &Limits) -> TokenStream {
    if !limits.are_set() {
        return quote!(__w::Limits::NONE);
    }
    let Limits { content, time, concurrency } = limits;
    let content = content
        .as_ref()
        .map(|content| quote!({ let bytes: ::core::primitive::usize = #content; bytes }));
    let time = time.as_ref().map(|time| {
        quote!({ let seconds: ::core::primitive::u64 = #time; __w::Duration::from_secs(seconds) })
    });
    let concurrency = concurrency
        .as_ref()
        .map(|requests| quote!({ let requests: ::core::primitive::usize = #requests; requests }));
    let (content, time, concurrency) = (option(content), option(time), option(concurrency));
    quote!(__w::Limits { content: #content, time: #time, concurrency: #concurrency })
}
