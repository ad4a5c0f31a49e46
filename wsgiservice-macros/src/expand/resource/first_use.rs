//! Where the compiler reports what is wrong with a type: at its first use in the resource.
//!
//! It reports the same error at the same place only once. So a type that five methods use is one error.

use quote::ToTokens;
use syn::Type;

use crate::{
    expand::place::{Place, find_error, represented},
    model::Resource,
};

/// The place of the type of an argument.
pub(super) fn of_argument(resource: &Resource, ty: &Type) -> Place {
    let types = resource.operations.iter().flat_map(|it| &it.parameters).map(|it| &it.ty);
    Place::of_value(first(types, ty))
}

/// The place of the type that represents what an operation returns.
pub(super) fn of_value(resource: &Resource, ty: &Type) -> Place {
    let methods = resource.operations.iter().filter(|it| !it.role.is_hook());
    let types = methods.filter_map(|it| it.returns.as_ref()).map(represented);
    Place::of_value(first(types, represented(ty)))
}

/// The place of the type of an error.
pub(super) fn of_error(resource: &Resource, ty: &Type) -> Place {
    let Some(error) = find_error(ty) else { return Place::of(ty) };
    let returns = resource.operations.iter().filter_map(|it| it.returns.as_ref());
    Place::of(first(returns.filter_map(find_error), error))
}

fn first<'a>(mut types: impl Iterator<Item = &'a Type>, ty: &'a Type) -> &'a Type {
    let text = |ty: &Type| ty.to_token_stream().to_string();
    let same = text(ty);
    types.find(|it| text(it) == same).unwrap_or(ty)
}
