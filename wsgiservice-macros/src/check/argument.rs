//! Arguments: their patterns and types, and where they come from.

use proc_macro2::TokenStream;
use syn::{GenericArgument, PathArguments, Type, TypeReference};
use wsgiservice_grammar::token::is_token;

use super::{attribute::field_name, is_impl_trait, text};
use crate::{
    input::{Errors, extract, function::Argument, types::type_arguments},
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
    } else if !is_converted && let Some(help) = instead(&argument.ty) {
        let ty = text(&argument.ty);
        let message = format!("`{ty}` cannot be used as a method argument: {help}");
        errors.push(syn::Error::new_spanned(&argument.ty, message));
    }
}

/// What to write instead of a type of the standard library or of `http` that no argument can have. Since neither they nor the
/// trait are of the service, it cannot make them arguments.
fn instead(ty: &Type) -> Option<String> {
    let arguments = type_arguments(ty);
    let inner = arguments.first().map(|inner| (name(inner), type_arguments(inner)));
    match (name(ty)?.as_str(), inner) {
        ("Option", Some((Some(inner), items))) if inner == "Vec" && items.len() == 1 => Some(format!(
            "take a `Vec<{}>`, which is empty if a request has none",
            text(items[0])
        )),
        ("Vec", Some((Some(inner), items))) if inner == "Option" && items.len() == 1 => {
            Some(format!("take a `Vec<{}>`, which has what a request has", text(items[0])))
        }
        ("HashMap" | "BTreeMap", Some(_)) => Some(format!(
            "take each parameter of the query by its name, as in `count: u32`, or a JSON object as `Content<{}>`",
            text(ty)
        )),
        ("HeaderMap", _) => Some(
            "take `request: &Request`, which has `fields()`, or one field by its name, as in `#[from(header = \"Accept-Language\")] language: Option<String>`".to_owned(),
        ),
        _ => None,
    }
}

/// The name of a type without its path.
fn name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        _ => None,
    }
}

/// Reports the attributes by which other frameworks read an argument, and removes them, so that the compiler does not report them
/// again.
pub(crate) fn foreign_sources(argument: &mut Argument, errors: &mut Errors) {
    let sources = ["path", "query", "header", "cookie", "param", "serde"];
    for foreign in sources {
        for attribute in extract(&mut argument.attributes, foreign) {
            let source = if ["param", "serde"].contains(&foreign) { "query" } else { foreign };
            let name = &argument.ident;
            let message = format!(
                "`#[{foreign}]` is not an attribute of an argument: write `#[from({source} = \"{name}\")]`, with the name that a request has"
            );
            errors.push(syn::Error::new_spanned(&attribute, message));
        }
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
