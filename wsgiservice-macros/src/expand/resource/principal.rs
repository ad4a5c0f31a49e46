//! Who is asking: each `Authorized<T>` is compared with what the hook `authorize` returns.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use wsgiservice_grammar::hook::Hook;

use super::whole_return;
use crate::{
    expand::place::Place,
    input::types::type_arguments,
    model::{Operation, Parameter, Resource, Role},
};

/// Asks the compiler whether each `Authorized<T>` is what the hook `authorize` returns.
///
/// Of a resource with type parameters, and of an argument whose type has another name, the application asks when it is built.
pub(super) fn principals(resource: &Resource) -> Option<TokenStream> {
    let is_authorize = |operation: &&Operation| operation.role == Role::Hook(Hook::Authorize);
    let authorize = resource.operations.iter().find(is_authorize)?;
    // What is no `Result` has an error of its own.
    authorize.returns.as_ref().filter(|returns| type_arguments(returns).len() == 2)?;
    if !resource.generics.params.is_empty() {
        return None;
    }
    let returns = whole_return(authorize).path("Same", &authorize.returns.to_token_stream());
    let returned = quote!(<#returns as __w::AuthorizeReturn<_>>::Principal);
    let others = resource.operations.iter().filter(|operation| !is_authorize(operation));
    let arguments = others.flat_map(|operation| {
        let conditioned =
            |parameter: &'_ Parameter| operation.conditions.and(&parameter.conditions);
        operation.parameters.iter().map(move |it| (conditioned(it), &it.ty))
    });
    // An `Authorized` has one, or two with a role.
    let is_wrapper = |ty| matches!(type_arguments(ty).len(), 1 | 2);
    let mut wrappers = arguments.filter(|(_, ty)| is_wrapper(ty)).peekable();
    wrappers.peek()?;
    let checks = wrappers.map(|(conditions, ty)| {
        let place = Place::of_value(ty);
        let check = place.function("PrincipalOf", &returned, "check");
        let found = place.spanned(quote!(found));
        quote! {
            #conditions
            {
                let #found = __w::TakenPrincipal::<#ty, #returned>::new().principal();
                #check(#found);
            }
        }
    });
    let conditions = &authorize.conditions;
    Some(quote! {
        use __w::TakenPrincipalExt as _;
        #conditions
        fn _principals() {
            #(#checks)*
        }
    })
}
