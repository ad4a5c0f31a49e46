//! Attributes of functions: where they are allowed, and what they say.

use syn::{Attribute, LitStr, spanned::Spanned};
use wsgiservice_grammar::{
    date::Day,
    media_type::{is_extension, is_media_type},
    token::is_token,
};

use super::text;
use crate::{
    input::{Errors, condition::hidden_attributes as hidden_attributes_of},
    model::{Freshness, Operation, Role, Sunset},
};

/// Reports attributes that appear only after the macro has run.
pub(crate) fn hidden_attributes(attributes: &[Attribute], subject: &str, errors: &mut Errors) {
    for (predicate, path) in attributes.iter().flat_map(hidden_attributes_of) {
        let predicate = text(&predicate);
        let message = format!(
            "`#[cfg_attr]` around `{}` is not read: write the {subject} twice, under `#[cfg({predicate})]` and \
             `#[cfg(not({predicate}))]`",
            text(&path)
        );
        errors.push(syn::Error::new_spanned(&path, message));
    }
}

/// Checks that a function has only attributes that apply to it.
pub(crate) fn attributes(operation: &Operation, errors: &mut Errors) {
    if operation.role.is_hook() && operation.freshness.is_some() {
        errors.at(operation.ident.span(), "`#[expires]` is not allowed on a hook");
    }
    // Caches store a response to another method only under conditions that a method cannot ensure, or not at all (RFC
    // 9110, section 9.3, and RFC 9111, section 4).
    if let Role::Method(method @ ("DELETE" | "PATCH" | "POST" | "PUT")) = operation.role
        && operation.freshness.is_some()
    {
        let message = format!(
            "`#[expires]` is not allowed on `{}`: caches do not store a response to `{method}`; move it to `get`, or remove it",
            operation.ident
        );
        errors.at(operation.ident.span(), message);
    }
    if operation.role.is_hook() && operation.limits.are_set() {
        errors.at(operation.ident.span(), "`#[limit]` is not allowed on a hook");
    }
}

/// Checks the days of a deprecated method.
pub(crate) fn sunset(is_deprecated: bool, sunset: &Sunset, errors: &mut Errors) {
    let days = || [&sunset.since, &sunset.on].into_iter().flatten();
    if let (false, Some(day)) = (is_deprecated, days().next()) {
        let message = "`#[sunset]` requires `#[deprecated]`: add `#[deprecated(note = \"…\")]`";
        errors.at(day.span(), message);
    }
    for day in days().filter(|day| Day::parse(&day.value()).is_none()) {
        let message = format!("`{}` is not a valid date: write a day as `2027-06-30`", day.value());
        errors.at(day.span(), message);
    }
}

/// The first of several attributes; a second one is an error.
pub(crate) fn once<'a>(
    attributes: &'a [Attribute],
    name: &str,
    errors: &mut Errors,
) -> Option<&'a Attribute> {
    if let Some(second) = attributes.get(1) {
        errors.at(second.span(), format!("`#[{name}]` appears twice"));
    }
    attributes.first()
}

/// Checks an `#[expires]`.
pub(crate) fn freshness(freshness: &Freshness, attribute: &Attribute, errors: &mut Errors) {
    let has = |name: &str| freshness.directives.iter().any(|directive| directive == name);
    if has("private") && has("public") {
        errors.at(attribute.span(), "`private` and `public` cannot be combined");
    }
    for name in &freshness.vary {
        field_name(name, errors);
    }
}

/// Checks the name of a header field (RFC 9110, section 5.1).
pub(super) fn field_name(name: &LitStr, errors: &mut Errors) {
    let text = name.value();
    if !is_token(&text) {
        errors.at(name.span(), format!("`{text}` is not a valid header field name"));
    }
}

/// Checks the extension and the media type of a `#[representation]`.
pub(crate) fn own_representation(extension: &LitStr, media_type: &LitStr, errors: &mut Errors) {
    let text = extension.value();
    if !is_extension(&text) {
        let message = format!(
            "`{text}` is not a valid extension: write a dot and then letters and digits, as in `\".html\"`"
        );
        errors.at(extension.span(), message);
    }
    self::media_type(media_type, errors);
}

/// Checks the name of a media type.
pub(crate) fn media_type(name: &LitStr, errors: &mut Errors) {
    let text = name.value();
    if !is_media_type(&text) {
        let message = format!(
            "`{text}` is not a valid media type: write a type and a subtype, as in `\"text/html\"`"
        );
        errors.at(name.span(), message);
    }
}
