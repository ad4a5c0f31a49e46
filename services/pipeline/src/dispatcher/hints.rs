//! Hints that something may be claimed for a listener.
//!
//! They only save time: what nobody hints at, the spool is polled for. So a hint may be lost, come twice or come from another
//! process, such as by a broker.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// The hints that the dispatcher has not taken yet.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    pending: Mutex<PendingHints>,
    bell: Notify,
}

/// The hints that the dispatcher has not taken.
#[derive(Debug, Default)]
pub(crate) struct PendingHints {
    /// The listeners for whom something may be claimed.
    pub(crate) listeners: BTreeSet<String>,
    /// Whether listeners were changed.
    pub(crate) is_changed: bool,
}

impl Hints {
    /// Something may be claimed for these listeners.
    pub(crate) fn claimable(&self, listeners: impl IntoIterator<Item = String>) {
        self.pending().listeners.extend(listeners);
        self.bell.notify_one();
    }

    /// Listeners were changed.
    pub(crate) fn changed(&self) {
        self.pending().is_changed = true;
        self.bell.notify_one();
    }

    pub(super) fn take(&self) -> PendingHints {
        std::mem::take(&mut *self.pending())
    }

    /// Waits until somebody tells something.
    pub(super) async fn wait(&self) {
        self.bell.notified().await;
    }

    fn pending(&self) -> MutexGuard<'_, PendingHints> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
