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
    let Limits { content, elements, time, concurrency } = limits;
    let number = |limit: &Option<syn::Expr>| {
        let limit = limit.as_ref();
        option(limit.map(|limit| quote!({ let number: ::core::primitive::usize = #limit; number })))
    };
    let time = option(time.as_ref().map(|time| {
        quote!({ let seconds: ::core::primitive::u64 = #time; __w::Duration::from_secs(seconds) })
    }));
    let (content, elements, concurrency) = (number(content), number(elements), number(concurrency));
    quote!(__w::Limits {
        content: #content,
        elements: #elements,
        time: #time,
        concurrency: #concurrency,
    })
}
