//! A counter has a part for each thread, so that threads do not wait for each other's writes.

use std::{
    cell::Cell,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// The number of parts. If there are more threads, some of them share a part.
const SHARDS: usize = 64;

/// What each thread has of something.
#[derive(Debug)]
pub(super) struct Shards<T>(Box<[OnceLock<Box<T>>; SHARDS]>);

thread_local! {
    /// The number of this thread.
    static THREAD: Cell<usize> = const { Cell::new(usize::MAX) };
}

impl<T> Shards<T> {
    /// The part of this thread, which is made when it is first needed.
    #[inline]
    pub(super) fn own(&self, make: impl FnOnce() -> T) -> &T {
        let [first, ..] = &*self.0;
        let shard = self.0.get(thread()).unwrap_or(first);
        match shard.get() {
            Some(own) => own,
            None => shard.get_or_init(|| Box::new(make())),
        }
    }

    /// All parts.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().filter_map(OnceLock::get).map(Box::as_ref)
    }
}

impl<T> Default for Shards<T> {
    fn default() -> Self {
        Self(Box::new([const { OnceLock::new() }; SHARDS]))
    }
}

#[inline]
fn thread() -> usize {
    match THREAD.get() {
        usize::MAX => new_thread(),
        number => number % SHARDS,
    }
}

#[cold]
fn new_thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Relaxed) % SHARDS;
    THREAD.set(number);
    number
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn nothing_is_lost_if_there_are_more_threads_than_parts() {
        let shards = Shards::<AtomicUsize>::default();
        thread::scope(|scope| {
            for _ in 0..2 * SHARDS {
                scope.spawn(|| shards.own(AtomicUsize::default).fetch_add(1, Relaxed));
            }
        });
        let sum: usize = shards.iter().map(|own| own.load(Relaxed)).sum();
        assert_eq!(sum, 2 * SHARDS);
    }
}
