//! Whether a method takes what `authorize` returns, for the compiler.
//!
//! If `authorize` is a hook of the resource, generated code checks each argument. What [`Application::authorize`] returns is
//! known only when the application is built.
//!
//! [`Application::authorize`]: crate::Application::authorize

use std::marker::PhantomData;

use crate::parameters::Authorized;

/// What `authorize` returns.
#[diagnostic::on_unimplemented(
    message = "`authorize` of this resource returns `{P}`, not `{Self}`",
    label = "expected `Authorized<{P}>`",
    note = "take an `Authorized<{P}>`, or return a `{Self}` from `authorize`"
)]
pub trait PrincipalOf<P> {
    /// Checks that the types are the same: only then does the implementation exist.
    #[doc(hidden)]
    fn check(_: PhantomData<Self>)
    where
        Self: Sized,
    {
    }
}

#[diagnostic::do_not_recommend]
impl<T> PrincipalOf<T> for T {}

/// The `T` of an argument that is an `Authorized<T>` or an `Authorized<T, R>`; of any other argument, the `P` that `authorize` returns.
#[derive(Debug)]
pub struct TakenPrincipal<A, P>(PhantomData<fn() -> (A, P)>);

impl<A, P> TakenPrincipal<A, P> {
    /// The principal of an argument of this type.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only generated code makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T, R, P> TakenPrincipal<Authorized<T, R>, P> {
    /// What the argument takes.
    #[must_use]
    pub const fn principal(self) -> PhantomData<T> {
        PhantomData
    }
}

/// The step for all other arguments.
pub trait TakenPrincipalExt<P> {
    /// What `authorize` returns.
    fn principal(self) -> PhantomData<P>;
}

impl<A, P> TakenPrincipalExt<P> for TakenPrincipal<A, P> {
    fn principal(self) -> PhantomData<P> {
        PhantomData
    }
}
