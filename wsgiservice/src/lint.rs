//! What the compiler reports of generated code.
//!
//! # Lost updates
//!
//! "use of deprecated method `wsgiservice::lint::Put::without_preconditions`" is a warning about a `put` of a resource
//! with an entity tag: it does not take [`Preconditions`]. The framework evaluates `If-Match` before it
//! calls the method, and another request can change the resource between the two. So of several clients that state the same
//! tag, more than one wins, and the updates of the others are lost.
//!
//! Take `preconditions: Preconditions`, and write only if the state still has their [`tag`](crate::Preconditions::tag), or
//! [`check`](crate::Preconditions::check) them in the transaction that writes. If the last writer is meant to win, take
//! `_preconditions: Preconditions`.
//!
//! Nothing of the service is deprecated. On stable Rust, a use of something deprecated is the only warning that a macro can
//! report.

// `#[resource]` writes one call for each method that a warning may be about. Method resolution on the types of the
// arguments decides whether that is the deprecated function, so that an alias counts as its type.

use std::marker::PhantomData;

use crate::preconditions::Preconditions;

/// Requires a condition to be true. The error of a trait that is not implemented has the words of the trait, and nothing of
/// the generated code, as that of a panic in a constant would have. Of a type parameter, here `T` with the span of the error,
/// the compiler does not even say which trait is not implemented.
///
/// The compiler checks a function that is never called, too, but what only such a function names is still dead code.
#[doc(hidden)]
#[macro_export]
macro_rules! __holds {
    ($place:ty, $condition:block, $fact:literal, $help:literal) => {
        const _: () = {
            #[diagnostic::on_unimplemented(message = $fact, label = $help)]
            trait _Holds<const HOLDS: bool> {
                const OK: () = ();
            }
            #[diagnostic::do_not_recommend]
            impl<T> _Holds<true> for T {}
            fn _check<T>() {
                <$place as _Holds<$condition>>::OK
            }
        };
    };
}

/// An argument of a method.
#[doc(hidden)]
#[derive(Debug)]
pub struct Argument<T: ?Sized>(PhantomData<fn() -> PhantomData<T>>);

/// A method that takes the preconditions.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct WithPreconditions;

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
    pub fn of<M>(self, _: M) -> WithPreconditions {
        WithPreconditions
    }
}

/// An argument of any other type, which makes no difference.
#[doc(hidden)]
pub trait OtherArgument: Sized {
    /// A method with this argument.
    fn of<M>(self, method: M) -> M {
        method
    }
}

impl<T: ?Sized> OtherArgument for Argument<T> {}

impl WithPreconditions {
    /// No warning.
    pub fn without_preconditions(self) {}
}

macro_rules! methods {
    ($($(#[$documentation:meta])* $name:ident;)*) => {$(
        $(#[$documentation])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl $name {
            /// The warning about [lost updates](self).
            #[deprecated(
                note = "updates can be lost: the resource has the hook `etag`, but this method does not take `Preconditions`, so that of several clients with the same `If-Match`, more than one can win; take `preconditions: Preconditions`, and write only if the state still has their `tag`, or `check` them in the transaction that writes"
            )]
            pub fn without_preconditions(self) {}
        }
    )*};
}

methods! {
    /// The method `put` of a resource with the hook `etag`.
    Put;
    /// The method `patch` of a resource with the hook `etag`.
    Patch;
    /// The method `delete` of a resource with the hook `etag`.
    Delete;
}
