//! Counts the open connections of a runtime, and waits until all are closed.

use std::sync::{
    Arc,
    atomic::{
        AtomicUsize,
        Ordering::{AcqRel, Acquire, Relaxed},
    },
};

use tokio::sync::Notify;

/// The number of open connections.
#[derive(Debug, Default)]
pub(super) struct OpenConnections {
    count: AtomicUsize,
    last_closed: Notify,
}

/// Counts as one open connection until it is dropped.
#[derive(Debug)]
pub(super) struct OpenConnection(Arc<OpenConnections>);

impl OpenConnections {
    /// Counts one more connection.
    pub(super) fn open(self: &Arc<Self>) -> OpenConnection {
        self.count.fetch_add(1, Relaxed);
        OpenConnection(Arc::clone(self))
    }

    /// Waits until all connections are closed. Only one task may wait.
    pub(super) async fn all_closed(&self) {
        // `notify_one` stores its notification if this does not wait yet. One that is left from an earlier moment
        // without connections only causes another check.
        while self.count.load(Acquire) > 0 {
            self.last_closed.notified().await;
        }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, AcqRel) == 1 {
            self.0.last_closed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future,
        pin::pin,
        task::{Context, Waker},
    };

    use super::*;

    #[test]
    fn waiting_ends_when_the_last_connection_closes() {
        let connections = Arc::new(OpenConnections::default());
        let (first, second) = (connections.open(), connections.open());
        let mut all_closed = pin!(connections.all_closed());
        let mut is_over = || {
            let mut context = Context::from_waker(Waker::noop());
            all_closed.as_mut().poll(&mut context).is_ready()
        };
        assert!(!is_over());
        drop(first);
        assert!(!is_over());
        drop(second);
        assert!(is_over());
    }

    #[test]
    fn waiting_does_not_end_while_a_later_connection_is_open() {
        let connections = Arc::new(OpenConnections::default());
        drop(connections.open());
        let later = connections.open();
        let mut all_closed = pin!(connections.all_closed());
        let mut context = Context::from_waker(Waker::noop());
        assert!(all_closed.as_mut().poll(&mut context).is_pending());
        drop(later);
        assert!(all_closed.as_mut().poll(&mut context).is_ready());
    }
}
