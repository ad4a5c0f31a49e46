//! From arguments to a call, and from what a function returns to an outcome.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;
use wsgiservice_grammar::hook::Hook;

use super::{argument_type, first_use, whole_return};
use crate::{
    expand::{place::Place, position::Position},
    model::{Operation, Parameter, Resource, Role},
};

/// Binds a call: takes its arguments, and returns a future that has them.
pub(super) fn arm(resource: &Resource, position: usize, operation: &Operation) -> TokenStream {
    let take = take(resource, operation);
    let resolved = resolved(operation);
    let writer = (!operation.role.is_hook()).then(|| quote!(let writer = arguments.writer();));
    let call = call(resource, operation);
    // With the span of the name, so that the compiler reports a future that is not `Send` there.
    let span = operation.ident.span().resolved_at(Span::call_site());
    let future = quote_spanned!(span=> __w::Box::pin(async move { #resolved #call }));
    let conditions = &operation.conditions;
    let before = resource.operations.iter().take(position).map(|it| &it.conditions);
    let pattern = Position::after(before).into_pattern();
    quote! {
        #conditions
        #pattern => {
            #take
            #writer
            __w::Some(#future)
        }
    }
}

/// Takes all arguments before it returns, so that all violations are reported.
fn take(resource: &Resource, operation: &Operation) -> TokenStream {
    let parameters = &operation.parameters;
    let names = parameters.iter().map(|parameter| &parameter.ident);
    let taken = parameters.iter().enumerate().map(|(index, parameter)| {
        let ty = &parameter.taken;
        let index = Position::after(parameters.iter().take(index).map(|it| &it.conditions));
        match parameter.convert() {
            Some(convert) => {
                quote!(__w::converter::<#ty, _, _, _>(#convert).take(arguments, #index))
            }
            None => {
                let ty = argument_type(resource, ty);
                quote!(<#ty as __w::Argument<'_, _>>::take(arguments, #index))
            }
        }
    });
    if parameters.is_empty() {
        return TokenStream::new();
    }
    if parameters.iter().all(|parameter| parameter.conditions.is_empty()) {
        return quote!(let (#(__w::Some(#names),)*) = (#(#taken,)*) else { return __w::None };);
    }
    // A pattern cannot have conditions.
    let (names, again) = (names.clone(), names);
    let conditions: Vec<_> = parameters.iter().map(|parameter| &parameter.conditions).collect();
    quote! {
        #(#conditions let #names = #taken;)*
        #(#conditions let __w::Some(#again) = #again else { return __w::None };)*
    }
}

/// Awaits the arguments that are futures.
fn resolved(operation: &Operation) -> TokenStream {
    let pending = operation.parameters.iter().filter(|parameter| parameter.convert().is_none());
    let (conditional, others): (Vec<_>, Vec<_>) =
        pending.partition(|parameter| !parameter.conditions.is_empty());
    let others: Vec<_> = others.into_iter().map(|parameter| &parameter.ident).collect();
    let others = (!others.is_empty()).then(|| quote!(__w::resolved!(#(#others)*);));
    let conditional = conditional.into_iter().map(|parameter| {
        let Parameter { ident, conditions, .. } = parameter;
        quote!(#conditions __w::resolved!(#ident);)
    });
    quote!(#others #(#conditional)*)
}

/// Calls a function, and converts what it returns.
///
/// The types in the conversions are inferred. They only have the spans of the types for which the author would read an error.
fn call(resource: &Resource, operation: &Operation) -> TokenStream {
    let ident = &operation.ident;
    let arguments = operation.parameters.iter().map(|parameter| {
        let Parameter { ident, conditions, .. } = parameter;
        quote!(#conditions #ident)
    });
    let wait = operation.is_async.then(|| quote!(.await));
    let inferred = |place: fn(&Resource, &Type) -> Place| {
        let returns = operation.returns.as_ref();
        let place = returns.map_or(Place::at(ident.span()), |ty| place(resource, ty));
        place.path("Same", &quote!(_))
    };
    let (value, error) = (inferred(first_use::of_value), inferred(first_use::of_error));
    let result = quote!(.result(<#error as __w::IntoProblem>::into_problem));
    let returned = quote!(Self::#ident(self, #(#arguments),*) #wait);
    let called = quote!(__w::ReturnValue::new(#returned) #result);
    let write = quote!(<#value as __w::Represent>::write);
    let unwrap = quote! {
        .option() #result .fields() #result .option() #result
        .whole(<#value as __w::MethodReturn>::accept)
    };
    match operation.role {
        Role::Method(_) if resource.representations.is_empty() => {
            quote!(#called #unwrap .outcome(writer, #write))
        }
        Role::Method(_) => quote!(#called #unwrap .outcome_of(self, writer, #write)),
        Role::Hook(Hook::Authorize) => {
            let whole = whole_return(operation).path("Same", &quote!(_));
            quote! {
                <#whole as __w::AuthorizeReturn<_>>::into_output(
                    #returned,
                    <#error as __w::IntoProblem>::into_problem,
                )
            }
        }
        Role::Hook(hook) => {
            let output = inferred(|_, ty| Place::of_success(ty));
            let hook = format_ident!("{hook:?}Return");
            quote!(#called .value().map(<#output as __w::#hook>::into_output))
        }
    }
}
