//! The attributes of the derives.

use syn::{
    Attribute, Data, DataEnum, DeriveInput, Field, Fields, Ident, LitStr, Path, Token, Variant,
    parse::{ParseStream, Parser},
};

use super::{Errors, attribute, expect, is_named};

/// The path of `wsgiservice`, by `#[NAME(crate = path)]` on the item.
pub(crate) fn krate(input: &DeriveInput, name: &str, errors: &mut Errors) -> Path {
    let attribute = input.attrs.iter().find(|attribute| is_named(attribute, name));
    let path = attribute.and_then(|attribute| {
        let tokens = attribute.meta.require_list().map(|list| list.tokens.clone());
        errors.take(tokens.and_then(attribute::crate_argument))
    });
    path.unwrap_or_else(attribute::default_crate)
}

/// The word for a variant: its name in snake case, or the one in `#[parameter(name = "…")]`.
pub(crate) fn word(variant: &Variant) -> syn::Result<String> {
    if !matches!(variant.fields, Fields::Unit) {
        let message = "variants of a parameter cannot have fields";
        return Err(syn::Error::new(variant.ident.span(), message));
    }
    match named(&variant.attrs)? {
        Some(name) => Ok(name.value()),
        None => Ok(snake_case(&variant.ident)),
    }
}

fn named(attributes: &[Attribute]) -> syn::Result<Option<LitStr>> {
    let attribute = attributes.iter().find(|attribute| is_named(attribute, "parameter"));
    let Some(attribute) = attribute else { return Ok(None) };
    let parse = |input: ParseStream<'_>| {
        let expected = "a name, as in `#[parameter(name = \"…\")]`";
        let key: Ident = expect(input, expected)?;
        if key != "name" {
            return Err(syn::Error::new(
                key.span(),
                format!("unknown argument `{key}`, expected `#[parameter(name = \"…\")]`"),
            ));
        }
        expect::<Token![=]>(input, expected)?;
        expect(input, expected)
    };
    parse.parse2(attribute.meta.require_list()?.tokens.clone()).map(Some)
}

/// A name in snake case.
pub(crate) fn snake_case(ident: &Ident) -> String {
    let mut word = String::new();
    for (index, character) in crate::model::name(ident).chars().enumerate() {
        if character.is_uppercase() && index > 0 {
            word.push('_');
        }
        word.extend(character.to_lowercase());
    }
    word
}

/// The one field of a newtype.
pub(crate) fn newtype(input: &DeriveInput) -> Option<&Field> {
    match &input.data {
        Data::Struct(data)
            if matches!(data.fields, Fields::Unnamed(_)) && data.fields.len() == 1 =>
        {
            data.fields.iter().next()
        }
        _ => None,
    }
}

/// The variants of an enum that has some.
pub(crate) fn variants(input: &DeriveInput) -> Option<&DataEnum> {
    match &input.data {
        Data::Enum(data) if !data.variants.is_empty() => Some(data),
        _ => None,
    }
}
