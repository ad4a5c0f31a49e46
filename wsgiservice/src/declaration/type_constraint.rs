//! The constraints that types have by themselves.

use std::iter::successors;

use super::Constraint;

/// The constraint of a type with `#[derive(Parameter)]`, from `#[validate]`, which applies to every parameter of the type.
#[derive(Clone, Copy, Debug)]
pub struct TypeConstraint {
    /// The constraint of the type itself.
    pub own: Constraint,
    /// That of the type in it, which is further away from an argument.
    pub inner: Option<&'static Self>,
}

impl TypeConstraint {
    /// The constraint of a type that allows every value.
    pub const NONE: Self = Self { own: Constraint::none(""), inner: None };

    /// The number of types in it.
    pub(super) const fn depth(&self) -> usize {
        match self.inner {
            Some(inner) => 1 + inner.depth(),
            None => 0,
        }
    }

    /// The nearest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Constraint> + Clone {
        successors(Some(self), |constraint| constraint.inner).map(|constraint| &constraint.own)
    }
}
