//! The expansion of `#[resource]`: the impl's part of the declaration, and a `match` that binds calls.

mod call;
mod first_use;
mod model;
mod principal;
mod table;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Path, Type};

use super::{
    assertion, assertions, lint, outlive, place::Place, position::Position, unnamed_items,
    without_lifetimes,
};
use crate::{
    input::imp::Impl,
    model::{Operation, Representation, Resource},
};

pub(super) use self::model::model;

pub(super) fn expand(resource: &Resource) -> TokenStream {
    let Resource { krate, self_type, .. } = resource;
    let table = resource.operations.iter().map(|operation| table::describe(resource, operation));
    let arms = resource
        .operations
        .iter()
        .enumerate()
        .map(|(position, operation)| call::arm(resource, position, operation));
    let own = resource.representations.iter().map(|own| {
        let Representation { conditions, extension, media_type, value, returns, .. } = own;
        let returns = returns.as_ref().map_or_else(|| quote!(()), ToTokens::to_token_stream);
        quote! {
            #conditions
            __w::Representation {
                extension: #extension,
                media_type: #media_type,
                value: __w::TypeId::of::<#value>,
                returns: __w::returns!(#returns),
            }
        }
    });
    let represent = represent(resource);
    let principals = principal::principals(resource);
    let (generics, _, where_clause) = resource.generics.split_for_impl();
    let (checked, checks) =
        assertion::place(&resource.generics, &assertions::of_resource(resource));
    let mounted = Place::of(self_type).path("Same", &quote!(Self));
    let mounted = quote!(<#mounted as __w::Mounted>);
    let items = unnamed_items(
        krate,
        &quote! {
            use __w::{ErasureExt as _, ReturnValueExt as _};
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl #generics __w::Resource for #self_type #where_clause {
                const MOUNT: &'static __w::Mount = { #mounted::CHECKED; &#mounted::MOUNT };
                const OPERATIONS: __w::Operations = __w::Operations {
                    operations: &[#(#table),*],
                    representations: &[#(#own),*],
                    valid: true,
                };
                #checked
                fn bind<'a>(
                    &'a self,
                    operation: ::core::primitive::usize,
                    arguments: &mut __w::Arguments<'a>,
                ) -> __w::Option<__w::Call<'a>>
                where
                    for<'b> &'b Self: ::core::marker::Send,
                {
                    match operation {
                        #(#arms)*
                        _ => __w::None,
                    }
                }
                #represent
                fn erase(self) -> __w::Erased {
                    __w::Erasure(self).erase()
                }
            }
            #checks
            #principals
        },
    );
    let lints = lint::lost_updates(resource);
    quote!(#items #lints)
}

/// The function that writes the resource's own representations.
fn represent(resource: &Resource) -> Option<TokenStream> {
    if resource.representations.is_empty() {
        return None;
    }
    let arms = resource.representations.iter().enumerate().map(|(position, own)| {
        let Representation { ident, conditions, value, returns, .. } = own;
        let inferred = |place: fn(&Type) -> Place| {
            let place = returns.as_ref().map_or(Place::at(ident.span()), place);
            place.path("Same", &quote!(_))
        };
        let (content, error) = (inferred(Place::of_success), inferred(Place::of_error));
        let before = resource.representations.iter().take(position).map(|it| &it.conditions);
        let pattern = Position::after(before).into_pattern();
        quote! {
            #conditions
            #pattern => value.downcast_ref::<#value>().map(|value| {
                __w::ReturnValue::new(Self::#ident(self, value))
                    .result(<#error as __w::IntoProblem>::into_problem)
                    .value()
                    .map(<#content as __w::OwnRepresentation>::into_content)
            }),
        }
    });
    Some(quote! {
        fn represent(
            &self,
            position: ::core::primitive::usize,
            value: &dyn __w::Any,
        ) -> __w::Option<__w::Result<__w::Bytes, __w::Problem>> {
            match position {
                #(#arms)*
                _ => __w::None,
            }
        }
    })
}

/// A type as an argument, with the span of the type that a request would give: `T` in `Option<T>`.
fn argument_type(resource: &Resource, ty: &Type) -> TokenStream {
    first_use::of_argument(resource, ty).path("Same", &ty.to_token_stream())
}

/// Where the whole return type is, or the name of a function that returns nothing.
fn whole_return(operation: &Operation) -> Place {
    operation.returns.as_ref().map_or(Place::at(operation.ident.span()), Place::of)
}

/// Whether the type has a lifetime without a name.
pub(super) fn elides(ty: &Type) -> bool {
    ty.to_token_stream().to_string().contains("'_")
}

/// An implementation for an impl with errors, so that the compiler reports only those.
pub(super) fn fallback(krate: &Path, item: &Impl) -> TokenStream {
    let self_type = outlive(item.self_type.to_token_stream());
    let generics = without_lifetimes(&item.generics);
    let (generics, _, where_clause) = generics.split_for_impl();
    unnamed_items(
        krate,
        &quote! {
            impl #generics __w::Resource for #self_type #where_clause {
                const MOUNT: &'static __w::Mount = &__w::Mount::INVALID;
                const OPERATIONS: __w::Operations = __w::Operations::INVALID;
                fn bind<'a>(
                    &'a self,
                    _: ::core::primitive::usize,
                    _: &mut __w::Arguments<'a>,
                ) -> __w::Option<__w::Call<'a>> {
                    __w::None
                }
                fn erase(self) -> __w::Erased {
                    __w::ErasureExt::erase(__w::Erasure(self))
                }
            }
        },
    )
}
