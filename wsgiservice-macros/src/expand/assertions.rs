//! Errors for which both `#[mount]` and `#[resource]` are needed, as constants that the compiler evaluates.
//!
//! Each constant calls a function of `declaration::check` in `wsgiservice`, with the span of the author's token.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use wsgiservice_grammar::representation::BUILT_IN;

use crate::{
    input::in_backticks,
    model::{Constraint, From, Mount, Operation, Parameter, Resource, Role, Rule, name},
};

/// The assertions, in the implementation of a trait and beside it. A constant beside it cannot use type parameters.
pub(super) fn place(
    generics: &syn::Generics,
    assertions: Vec<TokenStream>,
) -> (TokenStream, TokenStream) {
    if generics.params.is_empty() {
        let constants = assertions.into_iter().map(|assertion| quote!(const _: () = #assertion;));
        (TokenStream::new(), constants.collect())
    } else {
        (quote!(const CHECKED: () = { #(#assertions;)* };), TokenStream::new())
    }
}

/// Each path variable and each constraint has an argument, and each representation a function.
pub(super) fn of_mount(mount: &Mount) -> Vec<TokenStream> {
    let (_, arguments, _) = mount.generics.split_for_impl();
    let ident = &mount.ident;
    let operations = quote!(&<#ident #arguments as __w::Resource>::OPERATIONS);
    let mut assertions = Vec::new();
    for variable in mount.template.variables() {
        let message = format!(
            "path variable `{variable}` is not an argument of any method or hook of `{ident}`: add an argument, or remove it from the path"
        );
        assertions.push(quote_spanned! {mount.path.span()=>
            ::core::assert!(__w::check::takes(#operations, #variable), #message)
        });
    }
    for representation in &mount.representations {
        let name = name(representation);
        if BUILT_IN.contains(&name.as_str()) {
            continue;
        }
        let message = format!(
            "unknown representation `{name}`, expected {} or one that `{ident}` defines: add a function with `#[representation(\".{name}\", …)]`",
            in_backticks(BUILT_IN.iter().copied())
        );
        assertions.push(quote_spanned! {representation.span()=>
            ::core::assert!(__w::check::is_represented(#operations, #name), #message)
        });
    }
    for (index, constraint) in mount.constraints.iter().enumerate() {
        assertions.extend(of_constraint(mount, &operations, index, constraint));
    }
    assertions
}

/// A constraint of a struct has an argument, and its rules and its default fit the type of each argument of its name.
fn of_constraint(
    mount: &Mount,
    operations: &TokenStream,
    index: usize,
    constraint: &Constraint,
) -> Vec<TokenStream> {
    let (_, arguments, _) = mount.generics.split_for_impl();
    let ident = &mount.ident;
    let parameter = name(&constraint.name);
    let table = quote!(<#ident #arguments as __w::Mounted>::MOUNT.constraints[#index]);
    let mut assertions = Vec::new();
    // A path variable without an argument has an error of its own.
    if mount.template.variables().all(|variable| variable != parameter) {
        let message =
            format!("`{parameter}` is not an argument of any method or hook of `{ident}`");
        assertions.push(quote_spanned! {constraint.name.span()=>
            ::core::assert!(__w::check::takes(#operations, #parameter), #message)
        });
    }
    if constraint.rules.is_empty() {
        let message = cannot_be_validated(&parameter);
        assertions.push(quote_spanned! {constraint.name.span()=>
            ::core::assert!(__w::check::is_named_everywhere(#operations, #parameter), #message)
        });
    }
    for (position, rule) in constraint.rules.iter().enumerate() {
        let message = does_not_apply(rule, &parameter);
        assertions.push(quote_spanned! {rule.name.span()=>
            ::core::assert!(__w::check::applies_everywhere(#operations, #parameter, &#table.rules[#position]), #message)
        });
        for text in rule.allowed_texts() {
            let message = is_not_a_value(text, &parameter);
            assertions.push(quote_spanned! {text.span()=>
                ::core::assert!(__w::check::allows_everywhere(#operations, #parameter, #text), #message)
            });
        }
    }
    if let Some(default) = &constraint.default {
        let message = default_does_not_fit(&parameter);
        assertions.push(quote_spanned! {default.span()=>
            ::core::assert!(__w::check::default_fits_everywhere(#operations, &#table), #message)
        });
    }
    assertions
}

fn cannot_be_validated(parameter: &str) -> String {
    format!("`{parameter}` cannot be validated: it is neither a value nor a file")
}

fn does_not_apply(rule: &Rule, parameter: &str) -> String {
    let subject = rule.ask(|rule| rule.subject()).unwrap_or("values");
    format!("rule `{}` applies only to {subject}, which `{parameter}` is not", rule.name)
}

fn is_not_a_value(text: &syn::LitStr, parameter: &str) -> String {
    format!("\"{}\" cannot be a value of `{parameter}`", text.value())
}

fn default_does_not_fit(parameter: &str) -> String {
    format!("the default does not fit the type of `{parameter}`")
}

/// The arguments of each method fit together, and fit the path and their rules.
pub(super) fn of_resource(resource: &Resource) -> Vec<TokenStream> {
    let mut assertions = Vec::new();
    for (position, operation) in resource.operations.iter().enumerate() {
        for (index, parameter) in operation.parameters.iter().enumerate() {
            let place = Place { resource, operation, position, index, parameter };
            assertions.extend(place.assertions());
        }
    }
    assertions
}

/// A parameter, and its place in the table.
struct Place<'a> {
    resource: &'a Resource,
    operation: &'a Operation,
    position: usize,
    index: usize,
    parameter: &'a Parameter,
}

impl Place<'_> {
    fn assertions(&self) -> Vec<TokenStream> {
        let mut assertions = vec![self.suits_path()];
        let is_get = self.operation.role == Role::Method("GET");
        if is_get || self.operation.role.is_hook() {
            assertions.push(self.needs_no_content());
        } else if self.index > 0 {
            assertions.push(self.is_only_content());
            assertions.push(self.has_no_content_conflict());
        }
        match self.parameter.from {
            From::Name if self.operation.role.is_hook() => assertions.push(self.is_of_a_method()),
            From::Name => {}
            From::Header(_) => assertions.push(self.is_value()),
        }
        assertions.extend(self.rules_fit());
        assertions
    }

    /// The argument at an index, as a constant.
    fn argument(&self, index: usize) -> TokenStream {
        let table = self.table(index);
        quote!(&#table.argument)
    }

    fn table(&self, index: usize) -> TokenStream {
        let (self_type, position) = (&self.resource.self_type, self.position);
        quote!(<#self_type as __w::Resource>::OPERATIONS.operations[#position].parameters[#index])
    }

    fn suits_path(&self) -> TokenStream {
        let (self_type, name) = (&self.resource.self_type, self.parameter.name());
        let argument = self.argument(self.index);
        let message = format!("path variable `{name}` cannot be an `Option` or a `Secret`");
        quote_spanned! {self.parameter.ty.span()=>
            ::core::assert!(__w::check::suits_path(&<#self_type as __w::Mounted>::MOUNT, #name, #argument), #message)
        }
    }

    fn needs_no_content(&self) -> TokenStream {
        let argument = self.argument(self.index);
        let message = if self.operation.role.is_hook() {
            "hooks cannot read the content: use parameters in the path or the query"
        } else {
            "`get` cannot read the content: use parameters in the path or the query, or implement `post`"
        };
        quote_spanned! {self.parameter.ty.span()=> ::core::assert!(!__w::check::needs_content(#argument), #message) }
    }

    fn is_of_a_method(&self) -> TokenStream {
        let (self_type, name) = (&self.resource.self_type, self.parameter.name());
        let argument = self.argument(self.index);
        let message = format!(
            "`{name}` is neither a path variable nor an argument of a method: a hook cannot have other arguments"
        );
        quote_spanned! {self.parameter.ty.span()=>
            ::core::assert!(
                __w::check::suits_hook(
                    &<#self_type as __w::Mounted>::MOUNT,
                    &<#self_type as __w::Resource>::OPERATIONS,
                    #name,
                    #argument
                ),
                #message
            )
        }
    }

    fn is_only_content(&self) -> TokenStream {
        let argument = self.argument(self.index);
        let before = (0..self.index).map(|index| self.argument(index));
        quote_spanned! {self.parameter.ty.span()=>
            ::core::assert!(
                !(__w::check::is_content(#argument) && (#(__w::check::is_content(#before))||*)),
                "a method can read the content only once: use one struct for both arguments"
            )
        }
    }

    fn has_no_content_conflict(&self) -> TokenStream {
        let argument = self.argument(self.index);
        let before = (0..self.index).map(|index| self.argument(index));
        quote_spanned! {self.parameter.ty.span()=>
            ::core::assert!(
                !(#(__w::check::content_conflicts(#argument, #before))||*),
                "`File` and `Secret` cannot be combined with `ContentStream` or `FormStream`, which consume the content: read them from a `FormStream`"
            )
        }
    }

    fn is_value(&self) -> TokenStream {
        let argument = self.argument(self.index);
        quote_spanned! {self.parameter.ty.span()=>
            ::core::assert!(__w::check::is_value(#argument), "an argument from a header field must be a parameter, or an `Option` or a `Vec` of one")
        }
    }

    fn rules_fit(&self) -> Vec<TokenStream> {
        let Some(constraint) = &self.parameter.constraint else { return Vec::new() };
        let (argument, name) = (self.argument(self.index), self.parameter.name());
        let table = self.table(self.index);
        let mut assertions = Vec::new();
        if constraint.rules.is_empty() {
            let message = cannot_be_validated(&name);
            assertions.push(quote_spanned! {constraint.name.span()=>
                ::core::assert!(__w::check::is_named(#argument), #message)
            });
        }
        for (position, rule) in constraint.rules.iter().enumerate() {
            let message = does_not_apply(rule, &name);
            assertions.push(quote_spanned! {rule.name.span()=>
                ::core::assert!(__w::check::applies(#argument, &#table.constraint.rules[#position]), #message)
            });
            for text in rule.allowed_texts() {
                let message = is_not_a_value(text, &name);
                assertions.push(quote_spanned! {text.span()=>
                    ::core::assert!(__w::check::allows(#argument, #text), #message)
                });
            }
        }
        if let Some(default) = &constraint.default {
            let self_type = &self.resource.self_type;
            if constraint.convert.is_none() {
                let message = default_does_not_fit(&name);
                assertions.push(quote_spanned! {default.span()=>
                    ::core::assert!(__w::check::default_fits(#argument, &#table.constraint), #message)
                });
            }
            assertions.push(quote_spanned! {default.span()=>
                ::core::assert!(
                    __w::check::default_keeps(&<#self_type as __w::Mounted>::MOUNT, &#table.constraint),
                    "the default violates a rule of the struct"
                )
            });
        }
        assertions
    }
}
