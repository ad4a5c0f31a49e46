//! Warnings: uses of deprecated functions of `lint` in `wsgiservice`, with the span of the author's token.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::Ident;
use wsgiservice_grammar::hook::Hook;

use crate::model::{Operation, Resource, Role};

/// A resource with the hook `etag` whose methods change it without taking `Preconditions`.
pub(super) fn lost_updates(resource: &Resource) -> Option<TokenStream> {
    let mut hooks = resource.operations.iter();
    let etag = hooks.find(|it| it.role == Role::Hook(Hook::Etag))?;
    let calls: Vec<_> = resource.operations.iter().filter_map(lost_update).collect();
    let (generics, _, where_clause) = resource.generics.split_for_impl();
    let items = quote! {
        fn lost_updates #generics () #where_clause {
            #(#calls)*
        }
    };
    // A function outside of the impl cannot name `Self`.
    if calls.is_empty() || names_self(items.clone()) {
        return None;
    }
    let krate = &resource.krate;
    let conditions = &etag.conditions;
    // `deprecated` is not allowed here: it is the warning.
    Some(quote! {
        #conditions
        #[allow(unused, unused_qualifications, clippy::all, clippy::pedantic, clippy::nursery)]
        const _: () = {
            use #krate::__private as __w;
            use __w::lint::OtherArgument as _;
            #items
        };
    })
}

fn lost_update(operation: &Operation) -> Option<TokenStream> {
    let name = Ident::new("without_preconditions", operation.ident.span());
    let method = match operation.role {
        Role::Method("PUT") => quote!(__w::lint::Put),
        Role::Method("PATCH") => quote!(__w::lint::Patch),
        Role::Method("DELETE") => quote!(__w::lint::Delete),
        _ => return None,
    };
    let conditions = &operation.conditions;
    let arguments = operation.parameters.iter().map(|parameter| {
        let (ty, conditions) = (&parameter.ty, &parameter.conditions);
        quote!(#conditions let method = __w::lint::Argument::<#ty>::new().of(method);)
    });
    Some(quote! {
        #conditions
        {
            let method = #method;
            #(#arguments)*
            method.#name();
        }
    })
}

/// Whether a token is `Self`, which only an impl can name.
pub(super) fn names_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) => names_self(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
