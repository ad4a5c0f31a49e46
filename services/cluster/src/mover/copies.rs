//! The copies that run in this process.
//!
//! While a copy runs, the row of its user is touched, even if no byte arrives, so the row does not tell that a copy is slow. Only the
//! timeouts of its calls end it, after minutes, and the user cannot write meanwhile.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use test_hooks::now;

use crate::database::Row;

/// The copies that run, by their users.
#[derive(Debug, Default)]
pub(crate) struct Copies(Mutex<BTreeMap<String, Copying>>);

/// A copy of the data that a service has of a user.
#[derive(Clone, Debug)]
pub(crate) struct Copying {
    pub(crate) user: String,
    pub(crate) service: String,
    pub(crate) from: String,
    pub(crate) to: String,
    /// When it has begun.
    pub(crate) since: i64,
}

/// A copy that runs until this is dropped.
pub(super) struct Running<'a> {
    copies: &'a Copies,
    user: String,
}

impl Copies {
    pub(super) fn begin(&self, row: &Row, service: &str, to: &str) -> Running<'_> {
        let copying = Copying {
            user: row.user.clone(),
            service: service.to_owned(),
            from: row.cluster.clone(),
            to: to.to_owned(),
            since: now(),
        };
        self.running().insert(row.user.clone(), copying);
        Running { copies: self, user: row.user.clone() }
    }

    /// The copy that has been running for the longest time.
    pub(crate) fn oldest(&self) -> Option<Copying> {
        self.running().values().min_by_key(|copying| copying.since).cloned()
    }

    /// Pretends that the copies began earlier, by this many milliseconds.
    #[cfg(test)]
    pub(crate) fn age(&self, milliseconds: i64) {
        self.running().values_mut().for_each(|copying| copying.since -= milliseconds);
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, Copying>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.copies.running().remove(&self.user);
    }
}
