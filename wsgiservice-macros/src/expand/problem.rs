//! The expansion of `#[derive(Problem)]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{DeriveInput, Fields, Ident, LitStr, Type, TypeGenerics, Variant};

use super::{
    assertion::{self, Assertion},
    option,
    place::Place,
    unnamed_items,
};
use crate::input::{
    Errors,
    condition::Conditions,
    derive, documentation,
    problem::{self, Failing, Item, Outcome, Problem, Sent},
};

pub(crate) fn problem(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(input) = errors.take(syn::parse2::<DeriveInput>(tokens)) else {
        return errors.into_tokens();
    };
    let item = problem::item(&input, &mut errors);
    let Some(data) = derive::variants(&input) else {
        errors.at(
            input.ident.span(),
            "`Problem` can only be derived for an enum, with `#[problem(404)]` on each variant",
        );
        return errors.into_tokens();
    };
    let mut own = Vec::new();
    let mut passed = Vec::new();
    for variant in &data.variants {
        match errors.take(problem::outcome(variant)) {
            Some(Outcome::Own(problem)) => own.push((variant, problem)),
            Some(Outcome::Passed(ty)) => passed.push((variant, ty)),
            None => {}
        }
    }
    let ident = &input.ident;
    let (generics, arguments, where_clause) = input.generics.split_for_impl();
    let convert = convert(ident, &arguments, &own, &passed);
    // Errors are reported alone: what they leave out would be missing below.
    let convert = if errors.is_empty() { convert } else { quote!(::core::unreachable!()) };
    let failures = own.iter().map(|(variant, problem)| describe(&item, variant, problem));
    let assertions = own.iter().flat_map(|(_, problem)| problem.only.iter().filter_map(exists));
    let (checked, checks) = assertion::place(&input.generics, &assertions.collect::<Vec<_>>());
    let of_passed = passed.iter().map(|(_, ty)| {
        quote! {
            || {
                use __w::PassedErrorExt as _;
                __w::PassedError::<#ty>::new().failures()
            }
        }
    });
    let errors = errors.into_tokens();
    let items = unnamed_items(
        &item.krate,
        &quote! {
            #[automatically_derived]
            impl #generics ::core::convert::From<#ident #arguments> for __w::Problem #where_clause {
                fn from(error: #ident #arguments) -> Self {
                    #convert
                }
            }
            #[automatically_derived]
            impl #generics __w::Failures for #ident #arguments #where_clause {
                const FAILURES: __w::KnownFailures = {
                    let () = <Self as __w::Failures>::CHECKED;
                    __w::KnownFailures { own: &[#(#failures),*], passed: &[#(#of_passed),*] }
                };
                #checked
            }
            #checks
        },
    );
    quote!(#items #errors)
}

/// Converts `error`, of the enum of this name, into a problem.
fn convert(
    item: &Ident,
    arguments: &TypeGenerics<'_>,
    own: &[(&Variant, Box<Problem>)],
    passed: &[(&Variant, Box<Type>)],
) -> TokenStream {
    let passing = passed.iter().map(|(variant, ty)| {
        let ident = &variant.ident;
        let pattern = match variant.fields.iter().next().and_then(|field| field.ident.as_ref()) {
            Some(name) => quote!(#item::#ident { #name: passed }),
            None => quote!(#item::#ident(passed)),
        };
        let passed = Place::of(&**ty).path("Same", &ty.to_token_stream());
        quote!(#pattern => return <#passed as __w::IntoProblem>::into_problem(passed),)
    });
    if own.is_empty() {
        return quote!(match error { #(#passing)* });
    }
    let passing = (!passed.is_empty())
        .then(|| quote!(let error = match error { #(#passing)* error => error };));
    let arms = own.iter().enumerate().map(|(position, (variant, problem))| {
        let pattern = pattern(item, variant, problem);
        let ty = |sent: &Sent| {
            let ty = variant.fields.iter().nth(sent.position).map(|field| &field.ty);
            ty.map(|ty| Place::of(ty).path("Same", &ty.to_token_stream()))
        };
        let members = problem.extensions.iter().map(|sent| {
            let (name, value, ty) = (&sent.name, member(sent.position), ty(sent));
            quote!((#name, <#ty as __w::ProblemMember>::value(#value)))
        });
        let headers = problem.headers.iter().map(|sent| {
            let (name, value, ty) = (&sent.name, member(sent.position), ty(sent));
            quote!((#name, __w::header_value(<#ty as ::std::string::ToString>::to_string(#value))))
        });
        quote! {
            #pattern => (#position, __w::Vec::from([#(#members),*]), __w::Vec::from([#(#headers),*])),
        }
    });
    // They were returned above.
    let passed = (!passed.is_empty())
        .then(|| quote!(_ => (::core::primitive::usize::MAX, __w::Vec::new(), __w::Vec::new()),));
    quote! {
        #passing
        let (position, extensions, headers) = match &error { #(#arms)* #passed };
        let failures = __w::own_failures(&error);
        let cause = <#item #arguments as __w::ProblemCause>::into_cause(error);
        __w::problem(failures, position, extensions, headers, cause)
    }
}

/// A pattern that binds the fields which are sent.
fn pattern(item: &Ident, variant: &Variant, problem: &Problem) -> TokenStream {
    let ident = &variant.ident;
    let bound =
        problem.extensions.iter().chain(&problem.headers).map(|&Sent { position, .. }| {
            let member = member(position);
            match variant.fields.iter().nth(position).and_then(|it| it.ident.as_ref()) {
                Some(name) => quote!(#name: #member),
                None => {
                    let position = syn::Index::from(position);
                    quote!(#position: #member)
                }
            }
        });
    match variant.fields {
        Fields::Unit => quote!(#item::#ident),
        _ => quote!(#item::#ident { #(#bound,)* .. }),
    }
}

/// The variable of the field at this position.
fn member(position: usize) -> Ident {
    format_ident!("member_{position}")
}

/// The facts about a variant that is a problem of its own.
fn describe(item: &Item, variant: &Variant, problem: &Problem) -> TokenStream {
    let Problem { status, challenge, retry_after, only, .. } = problem;
    let challenge = option(challenge.as_ref());
    let only = only.iter().map(failing);
    let retry_after = option(retry_after.as_ref());
    let documentation = documentation(&variant.attrs);
    let kind = option(problem.kind.as_ref().map(|name| {
        let base = option(item.base.as_ref());
        let title = problem.title.as_ref().map_or_else(|| sentence(&name.value()), LitStr::value);
        let extensions = problem.extensions.iter().map(|extension| &extension.name);
        quote! {
            __w::ProblemType {
                base: #base,
                name: #name,
                title: #title,
                extensions: &[#(#extensions),*],
            }
        }
    }));
    quote! {
        __w::Failure {
            status: #status,
            kind: #kind,
            challenge: #challenge,
            retry_after: #retry_after,
            only: &[#(#only),*],
            documentation: #documentation,
        }
    }
}

fn failing(failing: &Failing) -> TokenStream {
    let (resource, method) = match failing {
        Failing::Method(method) => (None, Some(method)),
        Failing::Resource(resource) => (Some(resource), None),
        Failing::MethodOf(resource, _, method) => (Some(resource), Some(method)),
    };
    let resource = option(resource.map(|resource| quote!(|| __w::TypeId::of::<#resource>())));
    let method = option(method);
    quote!(__w::Failing { resource: #resource, method: #method })
}

/// What `only` names exists.
fn exists(failing: &Failing) -> Option<Assertion> {
    let (resource, place, condition) = match failing {
        Failing::Method(_) => return None,
        Failing::Resource(resource) => (resource, Place::of(resource), quote!(true)),
        Failing::MethodOf(resource, function, method) => {
            let operations = quote!(&<#resource as __w::Resource>::OPERATIONS);
            (resource, Place::of(function), quote!(__w::check::has_method(#operations, #method)))
        }
    };
    let name = resource.segments.last().map(|it| crate::model::name(&it.ident)).unwrap_or_default();
    let function = match failing {
        Failing::MethodOf(_, function, _) => crate::model::name(function),
        _ => String::new(),
    };
    Some(Assertion {
        place,
        condition: quote!({ let _ = <#resource as __w::Resource>::OPERATIONS; #condition }),
        fact: format!("`{name}` has no method `{function}`"),
        help: "write the name of one of its methods".to_owned(),
        conditions: Conditions::default(),
    })
}

/// The words of a name: `already-paid` is "Already paid".
fn sentence(name: &str) -> String {
    let words = name.replace(['-', '_', '.'], " ");
    let mut characters = words.chars();
    characters.next().map(char::to_uppercase).into_iter().flatten().chain(characters).collect()
}
