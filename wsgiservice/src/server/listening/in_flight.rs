//! Counts the requests in progress, and knows when there are too many.
//!
//! A connection counts its request at the end of a turn, if the request then still waits. One that gets its response within a
//! turn occupies nothing but its core for that moment, and so costs no atomic operation that other cores would see.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

use crate::once_a_minute::OnceAMinute;

/// The requests in progress of a server.
#[derive(Debug)]
pub(super) struct InFlight {
    count: AtomicUsize,
    max: usize,
    warning: OnceAMinute,
}

/// What one connection has of them.
#[derive(Debug)]
pub(super) struct OwnRequests {
    in_flight: Arc<InFlight>,
    /// HTTP/1 has at most one request in progress per connection.
    is_counted: AtomicBool,
}

impl InFlight {
    pub(super) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { count: AtomicUsize::new(0), max, warning: OnceAMinute::default() })
    }

    /// Whether requests are in progress.
    pub(super) fn are_any(&self) -> bool {
        self.count.load(Relaxed) > 0
    }

    /// The requests of a new connection.
    pub(super) fn of_connection(self: &Arc<Self>) -> OwnRequests {
        OwnRequests { in_flight: Arc::clone(self), is_counted: AtomicBool::new(false) }
    }
}

impl OwnRequests {
    /// Counts the request in progress, if there is one.
    #[inline]
    pub(super) fn set(&self, is_in_progress: bool) {
        if self.is_counted.load(Relaxed) == is_in_progress {
            return;
        }
        self.is_counted.store(is_in_progress, Relaxed);
        match is_in_progress {
            true => self.in_flight.count.fetch_add(1, Relaxed),
            false => self.in_flight.count.fetch_sub(1, Relaxed),
        };
    }

    /// Whether the server has too many requests in progress for another one.
    #[inline]
    pub(super) fn are_too_many(&self) -> bool {
        let InFlight { count, max, .. } = &*self.in_flight;
        let count = count.load(Relaxed);
        // The one before on this connection has ended, although its turn has not.
        count >= *max && count.saturating_sub(self.is_counted.load(Relaxed).into()) >= *max
    }

    /// Logs that a request was refused.
    pub(super) fn warn(&self) {
        if self.in_flight.warning.is_due() {
            let limit = self.in_flight.max;
            tracing::warn!(limit, "too many requests in progress; more get a 503");
        }
    }
}

impl Drop for OwnRequests {
    fn drop(&mut self) {
        self.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_counts_its_own_request_once() {
        let in_flight = InFlight::new(1);
        let (first, second) = (in_flight.of_connection(), in_flight.of_connection());
        assert!(!first.are_too_many());
        first.set(true);
        first.set(true);
        assert!(second.are_too_many());
        assert!(!first.are_too_many());
        drop(first);
        assert!(!second.are_too_many() && !in_flight.are_any());
    }
}
