//! Whether a method takes what `authorize` returns, for the compiler.
//!
//! Where `authorize` is a hook of the resource, generated code asks it of each argument. What the application authorizes is
//! known only when it is built.

use std::marker::PhantomData;

use crate::parameters::Authorized;

/// What `authorize` returns.
#[diagnostic::on_unimplemented(
    message = "`authorize` of this resource returns `{P}`, not `{Self}`",
    label = "expected `Authorized<{P}>`",
    note = "take an `Authorized<{P}>`, or return a `{Self}` from `authorize`"
)]
pub trait PrincipalOf<P> {
    /// Does nothing: its bound is what matters.
    #[doc(hidden)]
    fn check(_: PhantomData<Self>)
    where
        Self: Sized,
    {
    }
}

#[diagnostic::do_not_recommend]
impl<T> PrincipalOf<T> for T {}

/// Finds the `T` of an argument that is an `Authorized<T>`; of any other argument, the `P` that always fits.
#[derive(Debug)]
pub struct PrincipalProbe<A, P>(PhantomData<fn() -> (A, P)>);

impl<A, P> PrincipalProbe<A, P> {
    /// A probe of an argument of this type.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only generated code makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T, P> PrincipalProbe<Authorized<T>, P> {
    /// What the argument takes.
    #[must_use]
    pub const fn principal(self) -> PhantomData<T> {
        PhantomData
    }
}

/// The step for all other arguments.
pub trait PrincipalProbeExt<P> {
    /// What always fits.
    fn principal(self) -> PhantomData<P>;
}

impl<A, P> PrincipalProbeExt<P> for PrincipalProbe<A, P> {
    fn principal(self) -> PhantomData<P> {
        PhantomData
    }
}
