//! The facts about an operation, as a constant.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use wsgiservice_grammar::hook::Hook;

use super::{argument_type, whole_return};
use crate::{
    expand::{constraint::constraint, limits, option, place::Place},
    model::{Constraint, Deprecation, Freshness, From, Operation, Parameter, Resource, Role},
};

/// The facts about an operation, as a constant.
pub(super) fn describe(resource: &Resource, operation: &Operation) -> TokenStream {
    let Operation { conditions, documentation, is_async, .. } = operation;
    let role = match operation.role {
        Role::Method(name) => quote!(Method(#name)),
        Role::Hook(hook) => {
            let hook = format_ident!("{hook:?}");
            quote!(Hook(__w::Hook::#hook))
        }
    };
    let parameters = operation.parameters.iter().map(|it| describe_parameter(resource, it));
    let freshness = option(operation.freshness.as_ref().map(describe_freshness));
    let limits = limits::describe(&operation.limits);
    let returns = operation.returns.as_ref().map_or_else(|| quote!(()), ToTokens::to_token_stream);
    let deprecation = option(operation.deprecation.as_ref().map(describe_deprecation));
    let is_authorize = operation.role == Role::Hook(Hook::Authorize);
    let principal = option(is_authorize.then(|| {
        let whole = whole_return(operation).path("Same", &returns);
        quote!(<#whole as __w::AuthorizeReturn<_>>::PRINCIPAL)
    }));
    quote! {
        #conditions
        __w::Operation {
            role: __w::Role::#role,
            is_async: #is_async,
            documentation: #documentation,
            parameters: &[#(#parameters),*],
            freshness: #freshness,
            limits: #limits,
            deprecation: #deprecation,
            returns: __w::returns!(#returns),
            principal: #principal,
        }
    }
}

fn describe_parameter(resource: &Resource, parameter: &Parameter) -> TokenStream {
    let (name, ty) = (parameter.name(), &parameter.ty);
    let argument = match parameter.convert() {
        Some(convert) => quote! {
            __w::converter::<#ty, _, _, _>(#convert)
                .argument(|text| __w::converter::<#ty, _, _, _>(#convert).converts(text))
        },
        None => {
            let ty = argument_type(resource, ty);
            quote!(<#ty as __w::Argument<'_, _>>::ARGUMENT)
        }
    };
    let from = match &parameter.from {
        From::Name => quote!(Name),
        From::Source(source, name) => {
            let source = format_ident!("{source:?}");
            quote!(#source(#name))
        }
    };
    let documentation = parameter.documentation.as_ref();
    let constraint = match (&parameter.constraint, documentation) {
        (Some(it), _) => constraint(it, documentation),
        (None, Some(_)) => constraint(&Constraint::new(parameter.ident.clone()), documentation),
        (None, None) => quote!(__w::Constraint::none(#name)),
    };
    let conditions = &parameter.conditions;
    let rules = Place::of_value(ty).spanned(quote!(rules));
    quote! {
        #conditions
        __w::ParameterDescriptor {
            name: #name,
            argument: #argument,
            content: __w::content!(#ty, #rules),
            from: __w::From::#from,
            constraint: #constraint,
        }
    }
}

fn describe_deprecation(deprecation: &Deprecation) -> TokenStream {
    let sunset = &deprecation.sunset;
    let since = option(sunset.since.as_ref().or(deprecation.since.as_ref()));
    let note = option(deprecation.note.as_ref());
    let sunset = option(sunset.on.as_ref());
    quote!(__w::Deprecation { since: #since, note: #note, sunset: #sunset })
}

fn describe_freshness(freshness: &Freshness) -> TokenStream {
    let Freshness { max_age, directives, vary } = freshness;
    let mut all: Vec<_> =
        directives.iter().filter(|it| *it == "private" || *it == "public").cloned().collect();
    all.push(format!("max-age={max_age}"));
    all.extend(directives.iter().filter(|it| *it != "private" && *it != "public").cloned());
    let cache_control = all.join(", ");
    quote!(__w::Freshness { max_age: #max_age, cache_control: #cache_control, vary: &[#(#vary),*] })
}
