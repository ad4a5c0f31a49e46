//! All semantic errors that one macro can see: what is wrong, and what to write instead.
//!
//! `expand::assertions` has those for which both `#[mount]` and `#[resource]` are needed.

mod argument;
mod attribute;
mod constraint;
mod function;
mod mount;

use quote::ToTokens;
use syn::Type;

pub(crate) use self::{
    argument::{argument, foreign_sources, from},
    attribute::{
        attributes, freshness, hidden_attributes, media_type, once, own_representation, sunset,
    },
    constraint::{
        constraint, documented_once, inner_constraints, names_argument, setting, struct_constraint,
        type_constraint,
    },
    function::{duplicates, is_helper, operations, role, signature},
    mount::{owns_state, variables, xml_root},
};

/// Syntax as the author would write it.
fn text(syntax: impl ToTokens) -> String {
    let text = syntax.to_token_stream().to_string();
    text.replace(" < ", "<")
        .replace(" >", ">")
        .replace("& ", "&")
        .replace(" :: ", "::")
        .replace(" ,", ",")
}

fn is_impl_trait(ty: &Type) -> bool {
    matches!(ty, Type::ImplTrait(_))
}
