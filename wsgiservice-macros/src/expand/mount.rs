//! The expansion of `#[mount]`: the struct's part of the declaration, and the function `path`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Path, parse_quote};
use wsgiservice_grammar::{
    path::{self, Part},
    representation::BUILT_IN,
};

use super::{
    assertion, assertions, constraint::constraint, limits, option, outlive, place::Place,
    unnamed_items, without_lifetimes,
};
use crate::{
    check,
    input::{
        Errors, attribute::MountArguments, constraint::named_constraint, documentation, extract,
        item::Struct,
    },
    model::{Field, Mount},
};

pub(super) fn model(
    arguments: TokenStream,
    item: &mut Struct,
    errors: &mut Errors,
) -> Option<Mount> {
    let mut constraints = Vec::new();
    for attribute in extract(&mut item.attributes, "validate") {
        if let Some(constraint) = errors.take(attribute.parse_args_with(named_constraint)) {
            check::struct_constraint(&constraint, errors);
            constraints.push(constraint);
        }
    }
    for attribute in extract(&mut item.attributes, "expires") {
        let message = "`#[expires]` is only allowed on methods in a `#[resource]` impl";
        errors.push(syn::Error::new_spanned(&attribute, message));
    }
    for attribute in extract(&mut item.attributes, "mount") {
        let message = "`#[mount]` appears twice: a resource has one path; mount a second resource, whose fields share the state";
        errors.push(syn::Error::new_spanned(&attribute, message));
    }
    check::owns_state(&item.generics, errors);
    let limits = limits::limits(&mut item.attributes, errors);
    let arguments: MountArguments = errors.take(syn::parse2(arguments))?;
    let template = path::Path::parse(&arguments.path.value()).map_err(|malformed| {
        syn::Error::new(arguments.path.span(), format!("invalid path: {malformed}"))
    });
    let template = errors.take(template)?;
    let mut representations = arguments.representations;
    if representations.is_empty() {
        let names = BUILT_IN.iter().map(|name| Ident::new(name, Span::call_site()));
        representations.extend(names);
    }
    Some(Mount {
        krate: arguments.krate,
        ident: item.ident.clone(),
        visibility: item.visibility.to_token_stream(),
        generics: item.generics.clone(),
        fields: item.fields.clone(),
        documentation: documentation(&item.attributes),
        variables: check::variables(&template, arguments.path.span(), errors),
        template,
        path: arguments.path,
        constraints,
        representations,
        xml_root: check::xml_root(arguments.xml_root.as_ref(), errors),
        automatic_etag: arguments.automatic_etag,
        ignored_paths: arguments.ignored_paths,
        denies_unknown: arguments.denies_unknown,
        limits,
    })
}

pub(super) fn expand(mount: &Mount) -> TokenStream {
    let Mount {
        krate,
        ident,
        documentation,
        path,
        representations,
        xml_root,
        automatic_etag,
        denies_unknown,
        ..
    } = mount;
    let name = crate::model::name(ident);
    let representations = representations.iter().map(crate::model::name);
    let variables: Vec<_> = mount.template.variables().collect();
    let constraints = mount.constraints.iter().map(|it| constraint(it, None));
    let limits = limits::describe(&mount.limits);
    let ignored_paths = option(mount.ignored_paths.as_ref().map(|paths| quote!(&[#(#paths),*])));
    let (generics, arguments, where_clause) = mount.generics.split_for_impl();
    let (checked, checks) = assertion::place(&mount.generics, &assertions::of_mount(mount));
    let path_function = path_function(mount);
    let fields = fields_are_shared(mount);
    unnamed_items(
        krate,
        &quote! {
            use __w::NoTable as _;
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl #generics __w::Mounted for #ident #arguments #where_clause {
                const MOUNT: __w::Mount = __w::Mount {
                    name: #name,
                    documentation: #documentation,
                    path: #path,
                    variables: &[#(#variables),*],
                    constraints: &[#(#constraints),*],
                    representations: &[#(#representations),*],
                    xml_root: #xml_root,
                    automatic_etag: #automatic_etag,
                    limits: #limits,
                    ignored_paths: #ignored_paths,
                    denies_unknown: #denies_unknown,
                    package: __w::package!(),
                    valid: true,
                };
                #checked
                fn path_is_used() { let _ = || Self::path(#(#variables),*); }
            }
            impl #generics #ident #arguments #where_clause { #path_function }
            #checks
            #fields
        },
    )
}

/// Asks the compiler whether threads can share each field.
fn fields_are_shared(mount: &Mount) -> Option<TokenStream> {
    let questions = mount.fields.iter().map(|Field { conditions, ty }| {
        let place = Place::of(ty).path("Same", &quote!(_T));
        quote!(#conditions <#place as __w::Shared<#ty>>::OK;)
    });
    let mut generics = mount.generics.clone();
    generics.params.push(parse_quote!(_T));
    let (generics, _, where_clause) = generics.split_for_impl();
    (!mount.fields.is_empty())
        .then(|| quote!(fn _fields #generics () #where_clause { #(#questions)* }))
}

/// The function that takes a value for each variable, and returns the path.
fn path_function(mount: &Mount) -> TokenStream {
    let mut format = String::new();
    let mut encoders = Vec::new();
    for part in &mount.template.parts {
        let encoder = match part {
            Part::Literal(text) => {
                format.push_str(text);
                continue;
            }
            Part::Variable(_) => quote!(segment),
            Part::Rest(_) => quote!(rest),
        };
        format.push_str("{}");
        encoders.push(encoder);
    }
    let names = &mount.variables;
    let visibility = &mount.visibility;
    let documentation = format!(
        "The path of this resource, `{}`, with the prefix at which the client of the current request sees it.",
        mount.path.value()
    );
    quote! {
        #[doc = #documentation]
        #[must_use]
        #visibility fn path(#(#names: impl __w::PathValue),*) -> __w::String {
            __w::path::<Self>(::std::format!(#format, #(__w::#encoders(__w::InPath(#names))),*))
        }
    }
}

/// An implementation for a struct with errors, so that the compiler reports only those.
pub(super) fn fallback(krate: &Path, item: &Struct) -> TokenStream {
    let ident = &item.ident;
    let (_, arguments, _) = item.generics.split_for_impl();
    let arguments = outlive(arguments.to_token_stream());
    let generics = without_lifetimes(&item.generics);
    let (generics, _, where_clause) = generics.split_for_impl();
    unnamed_items(
        krate,
        &quote! {
            impl #generics __w::Mounted for #ident #arguments #where_clause {
                const MOUNT: __w::Mount = __w::Mount::INVALID;
            }
        },
    )
}
