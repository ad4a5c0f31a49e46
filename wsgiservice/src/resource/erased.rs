//! Resources without their types. They are erased only here.

use std::{fmt, sync::Arc};

use super::{Call, Resource};
use crate::parameters::Arguments;

/// Calls a resource without its type.
pub(crate) trait ErasedResource: Send + Sync {
    fn bind<'a>(&'a self, operation: usize, arguments: &mut Arguments<'a>) -> Option<Call<'a>>;
}

impl<R: Resource + Send + Sync> ErasedResource for R {
    fn bind<'a>(&'a self, operation: usize, arguments: &mut Arguments<'a>) -> Option<Call<'a>> {
        Resource::bind(self, operation, arguments)
    }
}

impl fmt::Debug for dyn ErasedResource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Resource")
    }
}

/// A resource without its type.
#[derive(Debug)]
pub struct Erased(pub(crate) Arc<dyn ErasedResource>);

/// A resource of which method resolution decides whether threads can share it.
///
/// `#[mount]` reports a field that they cannot share. A bound on the trait [`Resource`] would report it once more for each
/// trait and each place.
#[derive(Debug)]
pub struct Erasure<R>(pub R);

impl<R: Resource + Send + Sync> Erasure<R> {
    /// The resource without its type.
    #[must_use]
    pub fn erase(self) -> Erased {
        Erased(Arc::new(self.0))
    }
}

/// The same for a resource that threads cannot share, which the compiler has reported.
pub trait ErasureExt: Sized {
    /// Something that is never called.
    #[must_use]
    fn erase(self) -> Erased {
        Erased(Arc::new(Unshared))
    }
}

impl<R> ErasureExt for Erasure<R> {}

struct Unshared;

impl ErasedResource for Unshared {
    fn bind<'a>(&'a self, _: usize, _: &mut Arguments<'a>) -> Option<Call<'a>> {
        None
    }
}

/// A field of a resource. Of a type parameter, which implements it, the compiler only says the words below.
#[diagnostic::on_unimplemented(
    message = "`{Field}` cannot be shared between threads",
    label = "requests run concurrently, and share the fields of a resource",
    note = "in place of an `Rc`, take an `Arc`; in place of a `Cell` or a `RefCell`, a `Mutex`, an `RwLock` or an atomic",
    note = "a type parameter and a `dyn Trait` need the bounds `Send + Sync`",
    note = "what another crate cannot share, such as a connection, belongs in a `Mutex` or a pool"
)]
pub trait Shared<Field: ?Sized> {
    /// Asks the compiler whether threads can share it.
    const OK: () = ();
}

#[diagnostic::do_not_recommend]
impl<T, Field: Send + Sync + ?Sized> Shared<Field> for T {}
