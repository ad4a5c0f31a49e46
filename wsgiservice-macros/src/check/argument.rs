//! Arguments: their patterns and types, and where they come from.

use proc_macro2::TokenStream;
use syn::{GenericArgument, PathArguments, Type, TypeReference};
use wsgiservice_grammar::token::is_token;

use super::{attribute::field_name, is_impl_trait, text};
use crate::{
    input::{Errors, function::Argument},
    model::{From, Source},
};

/// Checks that an argument has a name, and is not borrowed text.
pub(crate) fn argument(argument: &Argument, is_converted: bool, errors: &mut Errors) {
    if is_impl_trait(&argument.ty) {
        let message =
            "an argument cannot be an `impl Trait`: a request has no types, so name the type";
        errors.push(syn::Error::new_spanned(&argument.ty, message));
    } else if let Some(pattern) = &argument.pattern {
        errors.push(syn::Error::new_spanned(pattern, not_a_name(pattern, &argument.ty)));
    } else if !is_converted && let Some(reference) = borrowed(&argument.ty) {
        let owned = match &*reference.elem {
            Type::Slice(slice) => format!("Vec<{}>", text(&slice.elem)),
            _ => "String".to_owned(),
        };
        let message =
            format!("`{}` cannot be used as a method argument: take a `{owned}`", text(reference));
        errors.push(syn::Error::new_spanned(reference, message));
    }
}

/// Why a pattern is not an argument, with what services of other frameworks mean by it.
fn not_a_name(pattern: &TokenStream, ty: &Type) -> String {
    let ty = text(ty);
    let extractor = pattern.clone().into_iter().next().map(|token| token.to_string());
    let help = match extractor.as_deref() {
        Some("Path") => "take each variable of the path by its name, as in `id: u32`".to_owned(),
        Some("Query") => {
            "take each parameter of the query by its name, as in `count: u32`".to_owned()
        }
        Some("Json" | "Form") => "take `content: Content<T>`".to_owned(),
        Some("State" | "Extension") => {
            "the fields of the struct are the state, as in `self.store`".to_owned()
        }
        Some("Content") => {
            format!("take `content: {ty}`, and write `let value = content.into_inner();`")
        }
        _ => format!("take `name: {ty}`, and write `let {pattern} = name;`"),
    };
    format!("arguments cannot be patterns: {help}")
}

/// A reference to text or a slice in the type.
fn borrowed(ty: &Type) -> Option<&TypeReference> {
    match ty {
        Type::Reference(reference) => match &*reference.elem {
            Type::Slice(_) => Some(reference),
            Type::Path(path) if path.path.is_ident("str") => Some(reference),
            _ => None,
        },
        Type::Path(path) => match &path.path.segments.last()?.arguments {
            PathArguments::AngleBracketed(arguments) => {
                arguments.args.iter().find_map(|it| match it {
                    GenericArgument::Type(ty) => borrowed(ty),
                    _ => None,
                })
            }
            _ => None,
        },
        _ => None,
    }
}

/// Checks where an argument comes from.
pub(crate) fn from(from: &From, errors: &mut Errors) {
    let From::Source(source, name) = from else { return };
    let text = name.value();
    match source {
        Source::Header => field_name(name, errors),
        // RFC 6265, section 4.1.1.
        Source::Cookie if !is_token(&text) => {
            errors.at(name.span(), format!("`{text}` is not a valid cookie name"));
        }
        _ if text.is_empty() => errors.at(name.span(), "the name must not be empty"),
        _ => {}
    }
}
