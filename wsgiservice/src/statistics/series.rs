//! What is counted of the requests of one method.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use super::{
    durations::{Distribution, Durations},
    list::List,
    sizes::{SizeDistribution, Sizes},
};

/// The requests of a method to a resource, on one thread.
#[derive(Debug, Default)]
pub(crate) struct Series {
    /// How many began. Those that have not ended are in flight.
    begun: AtomicU64,
    statuses: List<u16, StatusSeries>,
    violations: AtomicU64,
    panics: AtomicU64,
    timeouts: AtomicU64,
    cut_off: AtomicU64,
}

/// The requests that got the same status.
#[derive(Debug, Default)]
struct StatusSeries {
    durations: Durations,
    received: Sizes,
    sent: Sizes,
}

/// What a method counts apart from its requests.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// A panic in what the author of the resource wrote.
    Panic,
    /// A method that took longer than it may.
    Timeout,
    /// A response whose content the client did not get to its end.
    CutOff,
}

/// How a request ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) status: u16,
    /// How long it took, in nanoseconds.
    pub(crate) nanos: u64,
    /// The content of the request that was received, in bytes.
    pub(crate) received: u64,
    /// The content of the response, in bytes.
    pub(crate) sent: u64,
}

/// What was counted of the requests of a method.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeriesTotals {
    pub(crate) begun: u64,
    pub(crate) violations: u64,
    pub(crate) panics: u64,
    pub(crate) timeouts: u64,
    pub(crate) cut_off: u64,
    pub(crate) statuses: BTreeMap<u16, StatusTotals>,
}

/// What was counted of the requests that got the same status.
#[derive(Clone, Debug, Default)]
pub(crate) struct StatusTotals {
    pub(crate) durations: Distribution,
    pub(crate) received: SizeDistribution,
    pub(crate) sent: SizeDistribution,
}

impl Series {
    /// Counts a request that begins.
    #[inline]
    pub(super) fn begin(&self) {
        self.begun.fetch_add(1, Relaxed);
    }

    /// Counts a request that ends.
    #[inline]
    pub(super) fn end(&self, ended: Ended) {
        let status = self.statuses.at(ended.status);
        // Before the sizes: see `read`.
        status.durations.add(ended.nanos);
        status.sent.add(ended.sent);
        status.received.add(ended.received);
    }

    pub(super) fn violations(&self, number: u64) {
        self.violations.fetch_add(number, Relaxed);
    }

    pub(super) fn event(&self, event: Event) {
        let counter = match event {
            Event::Panic => &self.panics,
            Event::Timeout => &self.timeouts,
            Event::CutOff => &self.cut_off,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// Adds what was counted to this. Those that ended are read first, so that none of them is missing in those that began; and
    /// their sizes before their durations, so that there are not more sizes than requests.
    pub(super) fn read(&self, into: &mut SeriesTotals) {
        for (status, series) in self.statuses.iter() {
            let totals = into.statuses.entry(status).or_default();
            series.received.read(&mut totals.received);
            series.sent.read(&mut totals.sent);
            series.durations.read(&mut totals.durations);
        }
        into.violations += self.violations.load(Relaxed);
        into.panics += self.panics.load(Relaxed);
        into.timeouts += self.timeouts.load(Relaxed);
        into.cut_off += self.cut_off.load(Relaxed);
    }

    pub(super) fn read_begun(&self, into: &mut SeriesTotals) {
        into.begun += self.begun.load(Relaxed);
    }
}

impl SeriesTotals {
    /// How many requests ended.
    pub(crate) fn requests(&self) -> u64 {
        self.statuses.values().map(StatusTotals::requests).sum()
    }

    /// How many requests are in flight.
    pub(crate) fn in_flight(&self) -> u64 {
        self.begun.saturating_sub(self.requests())
    }

    /// How long all took.
    pub(crate) fn durations(&self) -> Distribution {
        let mut all = Distribution::EMPTY;
        self.statuses.values().for_each(|status| all.merge(&status.durations));
        all
    }
}

impl StatusTotals {
    /// How many requests got this status.
    pub(crate) fn requests(&self) -> u64 {
        self.durations.count()
    }
}
