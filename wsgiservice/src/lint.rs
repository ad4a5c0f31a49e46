//! Warnings at the author's own token. On stable Rust, only a use of something deprecated is one.
//!
//! `#[resource]` writes one call for each method that a warning may be about. Method resolution on the types of the
//! arguments decides whether that is the deprecated function, so that an alias counts as its type.

use std::marker::PhantomData;

use crate::preconditions::Preconditions;

/// An argument of a method.
#[derive(Debug)]
pub struct Argument<T: ?Sized>(PhantomData<fn() -> PhantomData<T>>);

/// A method that changes a resource with an entity tag, and takes no preconditions.
#[derive(Clone, Copy, Debug)]
pub struct ChangeWithoutPreconditions;

/// A method that takes the preconditions.
#[derive(Clone, Copy, Debug)]
pub struct ChangeWithPreconditions;

impl<T: ?Sized> Argument<T> {
    /// An argument of this type.
    #[expect(clippy::new_without_default, reason = "only generated code calls it")]
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl Argument<Preconditions> {
    /// A method with this argument.
    pub fn of<M>(self, _: M) -> ChangeWithPreconditions {
        ChangeWithPreconditions
    }
}

/// An argument of any other type, which makes no difference.
pub trait OtherArgument: Sized {
    /// A method with this argument.
    fn of<M>(self, method: M) -> M {
        method
    }
}

impl<T: ?Sized> OtherArgument for Argument<T> {}

impl ChangeWithPreconditions {
    /// No warning.
    pub fn lost_update(self) {}
}

impl ChangeWithoutPreconditions {
    /// The warning.
    #[deprecated(
        note = "the resource has an `etag`, but this method does not take `Preconditions`: of several clients with the same `If-Match`, more than one can win, and updates are lost; take `preconditions: Preconditions`, and call `check` in the transaction that writes"
    )]
    pub fn lost_update(self) {}
}
