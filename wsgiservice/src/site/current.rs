//! What is known about the request that a thread handles at this moment.
//!
//! Some code runs for a request and cannot see it: the associated function `path` of a resource, and whatever writes a line
//! to the log. So the exchange sets the [`Current`] request for as long as a method runs, and they read it. Outside of a
//! request, for example in a task that a method starts or in a stream that it returns, there is none.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    mem::ManuallyDrop,
    pin::Pin,
    sync::OnceLock,
};

use super::resource_paths::PathContext;
use crate::http::identity::Identity;

thread_local! {
    static CURRENT: Cell<Current> = const { Cell::new(Current::NONE) };
}

/// The request that a thread handles, or none.
#[derive(Debug)]
struct Current {
    is_request: bool,
    /// Absent as long as nothing is known, which most requests end with. [`Own`] drops it; without a destructor, the thread
    /// needs not look whether it still exists.
    known: ManuallyDrop<Option<Box<Known>>>,
}

/// What is known about a request.
#[derive(Debug, Default)]
struct Known {
    /// Set when something needs it. To make one for each request would cost a system call.
    identity: Option<Identity>,
    /// What the paths of resources depend on, once the resource is known.
    paths: Option<PathContext>,
}

impl Current {
    const NONE: Self = Self { is_request: false, known: ManuallyDrop::new(None) };

    fn request(identity: Option<Identity>) -> Self {
        let known = identity.map(|it| Box::new(Known { identity: Some(it), paths: None }));
        Self { is_request: true, known: ManuallyDrop::new(known) }
    }
}

/// Polls a future to its end, as what runs for a request. If it has needed the identity of the request, that is set in the end.
#[inline(always)]
pub(crate) fn scope<F: Future + Unpin>(
    identity: &OnceLock<Identity>,
    mut future: F,
) -> impl Future<Output = F::Output> {
    let own = Own { request: Cell::new(Current::request(identity.get().cloned())), identity };
    poll_fn(move |task| {
        let _scope = Scope::new(&own.request);
        Pin::new(&mut future).poll(task)
    })
}

/// Sets what the paths of resources depend on in the current request.
pub(crate) fn set_paths(paths: PathContext) {
    with(|current| current.known.get_or_insert_default().paths = Some(paths));
}

/// What the paths of resources depend on in the current request.
pub(super) fn with_paths<T>(read: impl FnOnce(Option<&PathContext>) -> T) -> T {
    with(|current| read(current.known.as_ref().and_then(|known| known.paths.as_ref())))
}

/// The identity of the current request; `None` if there is no request.
pub(crate) fn identity() -> Option<Identity> {
    with(|current| {
        let known = current.is_request.then(|| current.known.get_or_insert_default())?;
        Some(known.identity.get_or_insert_with(Identity::new).clone())
    })
}

fn with<T>(work: impl FnOnce(&mut Current) -> T) -> T {
    let mut current = CURRENT.replace(Current::NONE);
    let result = work(&mut current);
    CURRENT.set(current);
    result
}

/// The request of a scope, while nothing runs for it.
struct Own<'a> {
    request: Cell<Current>,
    identity: &'a OnceLock<Identity>,
}

impl Drop for Own<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.request.get_mut().known.is_some() {
            self.keep_identity();
        }
    }
}

impl Own<'_> {
    #[cold]
    fn keep_identity(&mut self) {
        let known = self.request.get_mut().known.take();
        if let Some(identity) = known.and_then(|known| known.identity) {
            self.identity.get_or_init(|| identity);
        }
    }
}

/// Exchanges the current request with another one, and exchanges them again when it is dropped.
struct Scope<'a>(&'a Cell<Current>);

impl<'a> Scope<'a> {
    #[inline]
    fn new(other: &'a Cell<Current>) -> Self {
        CURRENT.with(|current| current.swap(other));
        Self(other)
    }
}

impl Drop for Scope<'_> {
    #[inline]
    fn drop(&mut self) {
        CURRENT.with(|current| current.swap(self.0));
    }
}

#[cfg(test)]
mod tests {
    use std::{future::ready, pin::pin};

    use super::*;
    use crate::http::identity::RequestId;

    fn id() -> Option<RequestId> {
        identity().map(|identity| identity.id().clone())
    }

    #[tokio::test]
    async fn a_request_has_one_identity() {
        let known = OnceLock::new();
        let twice = async {
            let one = id();
            tokio::task::yield_now().await;
            (one, id())
        };
        let (one, other) = scope(&known, pin!(twice)).await;
        assert!(one.is_some() && one == other);
        assert_eq!(known.get().map(|identity| identity.id().clone()), one);
    }

    #[tokio::test]
    async fn there_is_no_request_outside_of_its_scope() {
        let known = OnceLock::new();
        scope(&known, pin!(ready(()))).await;
        assert!(identity().is_none() && known.get().is_none());
    }

    #[tokio::test]
    async fn a_request_within_another_one_is_another_one() {
        let both = async {
            let before = id();
            let inner = scope(&OnceLock::new(), pin!(async { id() })).await;
            (before, inner, id())
        };
        let (before, inner, after) = scope(&OnceLock::new(), pin!(both)).await;
        assert!(before == after && before != inner && inner.is_some());
    }
}
