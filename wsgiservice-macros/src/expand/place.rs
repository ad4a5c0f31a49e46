//! Where the compiler reports an error in generated code: at what the author wrote.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;

use crate::input::types::type_arguments;

/// The first and the last token of what the author wrote.
///
/// An error of the compiler underlines a path from its first to its last token. So a path with these spans is reported
/// there. On stable Rust, no single span covers several tokens.
#[derive(Clone, Copy)]
pub(super) struct Place {
    first: Span,
    last: Span,
}

impl Place {
    pub(super) fn of(syntax: impl ToTokens) -> Self {
        let tokens: Vec<_> = syntax.into_token_stream().into_iter().collect();
        let first = tokens.first().map_or_else(Span::call_site, start);
        let last = tokens.last().map_or_else(Span::call_site, end);
        Self { first, last }
    }

    /// The type of the value in a return type or an argument: `T` in `Result<Option<T>, E>`. It decides only where an error
    /// is underlined, so that names of types do not matter.
    pub(super) fn of_value(ty: &Type) -> Self {
        Self::of(innermost(ty))
    }

    /// The type of a successful return value: `Option<T>` in `Result<Option<T>, E>`.
    pub(super) fn of_success(ty: &Type) -> Self {
        match type_arguments(ty).as_slice() {
            [value, ..] if is_result(ty) => Self::of(value),
            _ => Self::of(ty),
        }
    }

    /// The type of the error in a return type: `E` in `Result<T, E>`.
    pub(super) fn of_error(ty: &Type) -> Self {
        Self::of(find_error(ty).unwrap_or(ty))
    }

    pub(super) fn at(span: Span) -> Self {
        Self { first: span, last: span }
    }

    /// Tokens with the span of the first token.
    pub(super) fn spanned(self, tokens: TokenStream) -> TokenStream {
        let respan = |mut token: TokenTree| {
            token.set_span(token.span().located_at(self.first));
            token
        };
        tokens.into_iter().map(respan).collect()
    }

    /// `#name::<#arguments>::#function` of the private names, with the span of this place.
    pub(super) fn function(
        self,
        name: &str,
        arguments: &TokenStream,
        function: &str,
    ) -> TokenStream {
        let root = Ident::new("__w", self.first);
        let name = Ident::new(name, Span::call_site());
        let function = Ident::new(function, self.last);
        quote!(#root::#name::<#arguments>::#function)
    }

    /// `#name<#arguments>` of the private names, with the span of this place.
    pub(super) fn path(self, name: &str, arguments: &TokenStream) -> TokenStream {
        let root = Ident::new("__w", self.first);
        let name = Ident::new(name, Span::call_site());
        let end = quote_spanned!(self.last=> >);
        quote!(#root::#name<#arguments #end)
    }
}

fn start(token: &TokenTree) -> Span {
    match token {
        TokenTree::Group(group) => group.span_open(),
        token => token.span(),
    }
}

fn end(token: &TokenTree) -> Span {
    match token {
        TokenTree::Group(group) => last_of(group),
        token => token.span(),
    }
}

/// A group without delimiters comes from a macro of the author, and has no tokens of its own.
fn last_of(group: &Group) -> Span {
    match group.delimiter() {
        proc_macro2::Delimiter::None => {
            group.stream().into_iter().last().map_or(group.span(), |token| end(&token))
        }
        _ => group.span_close(),
    }
}

pub(super) fn innermost(ty: &Type) -> &Type {
    let arguments = type_arguments(ty);
    match arguments.as_slice() {
        [only] => innermost(only),
        [value, ..] if is_result(ty) => innermost(value),
        _ => ty,
    }
}

/// The type in a return type that is represented: `Created<T>` in `Result<Option<Created<T>>, E>`.
pub(super) fn represented(ty: &Type) -> &Type {
    match type_arguments(ty).as_slice() {
        [value, ..] if has_name(ty, &["Result", "Option", "WithFields"]) => represented(value),
        _ => ty,
    }
}

/// The type of the error in a return type.
pub(super) fn find_error(ty: &Type) -> Option<&Type> {
    match type_arguments(ty).as_slice() {
        [_, error] if is_result(ty) => Some(error),
        [only] => find_error(only),
        _ => None,
    }
}

fn is_result(ty: &Type) -> bool {
    has_name(ty, &["Result"])
}

pub(super) fn has_name(ty: &Type, names: &[&str]) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|segment| names.iter().any(|name| segment.ident == name))
}
