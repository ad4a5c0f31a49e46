//! What is counted of the connections of a server.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The connections of a server, and the requests that it did not take.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    accepted: AtomicU64,
    closed: AtomicU64,
    refused: AtomicU64,
    shed: AtomicU64,
}

/// Counts as an open connection until it is dropped.
#[cfg(feature = "server")]
#[derive(Debug)]
pub(crate) struct CountedConnection(std::sync::Arc<super::Statistics>);

impl Connections {
    /// Counts a connection that could not be accepted.
    #[cfg(feature = "server")]
    pub(crate) fn count_refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    /// Counts a request that was refused because too many were in progress.
    #[cfg(feature = "server")]
    pub(crate) fn count_shed(&self) {
        self.shed.fetch_add(1, Relaxed);
    }

    pub(crate) fn accepted(&self) -> u64 {
        self.accepted.load(Relaxed)
    }

    pub(crate) fn open(&self) -> u64 {
        let closed = self.closed.load(Relaxed);
        self.accepted().saturating_sub(closed)
    }

    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    pub(crate) fn shed(&self) -> u64 {
        self.shed.load(Relaxed)
    }
}

#[cfg(feature = "server")]
impl CountedConnection {
    /// Counts a connection that was accepted.
    pub(crate) fn new(statistics: std::sync::Arc<super::Statistics>) -> Self {
        statistics.connections.accepted.fetch_add(1, Relaxed);
        Self(statistics)
    }
}

#[cfg(feature = "server")]
impl Drop for CountedConnection {
    fn drop(&mut self) {
        self.0.connections.closed.fetch_add(1, Relaxed);
    }
}
