//! Counters that a call adds to without a lock, and without an allocation.

use std::{
    marker::PhantomData,
    sync::atomic::{AtomicU64, Ordering},
};

/// What is told apart by a counter: an enum with few variants.
pub(crate) trait Variants: Copy + 'static {
    /// The variants in their order.
    const ALL: &'static [Self];

    fn position(self) -> usize;
}

/// How often each of a few things happened.
#[derive(Debug)]
pub(crate) struct Counters<K, const N: usize>([AtomicU64; N], PhantomData<K>);

impl<K: Variants, const N: usize> Counters<K, N> {
    pub(crate) fn add(&self, what: K) {
        if let Some(count) = self.0.get(what.position()) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What happened at least once, and how often.
    pub(crate) fn read(&self) -> impl Iterator<Item = (K, u64)> {
        let counts = K::ALL.iter().copied().zip(&self.0);
        let counts = counts.map(|(what, count)| (what, count.load(Ordering::Relaxed)));
        counts.filter(|(_, count)| *count > 0)
    }
}

impl<K, const N: usize> Default for Counters<K, N> {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; N], PhantomData)
    }
}
