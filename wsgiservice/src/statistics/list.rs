//! A list that only grows, and is read and written by several threads without a lock.

use std::sync::OnceLock;

/// A list of values, each with a key. It is meant for a few keys, the most frequent of which come first.
#[derive(Debug)]
pub(super) struct List<K, V>(OnceLock<Box<Node<K, V>>>);

#[derive(Debug)]
struct Node<K, V> {
    key: K,
    value: V,
    next: List<K, V>,
}

impl<K: Copy + PartialEq, V: Default> List<K, V> {
    /// The value with this key, which is added if there is none.
    #[inline]
    pub(super) fn at(&self, key: K) -> &V {
        let mut list = self;
        loop {
            let node = match list.0.get() {
                Some(node) => node,
                None => list.add(key),
            };
            if node.key == key {
                return &node.value;
            }
            list = &node.next;
        }
    }

    /// Adds a node at the end; returns the one that another thread has added there, if it was faster.
    #[cold]
    fn add(&self, key: K) -> &Node<K, V> {
        self.0.get_or_init(|| Box::new(Node { key, value: V::default(), next: Self::default() }))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        let mut list = self;
        std::iter::from_fn(move || {
            let node = list.0.get()?;
            list = &node.next;
            Some((node.key, &node.value))
        })
    }
}

impl<K, V> Default for List<K, V> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU32, Ordering::Relaxed},
        thread,
    };

    use super::*;

    #[test]
    fn threads_that_add_the_same_keys_share_their_values() {
        let list = List::<u32, AtomicU32>::default();
        thread::scope(|scope| {
            for start in 0..4 {
                let list = &list;
                scope.spawn(move || {
                    for key in 0..100 {
                        list.at((key + start * 25) % 100).fetch_add(1, Relaxed);
                    }
                });
            }
        });
        let mut all: Vec<_> = list.iter().map(|(key, value)| (key, value.load(Relaxed))).collect();
        all.sort_unstable();
        assert_eq!(all, (0..100).map(|key| (key, 4)).collect::<Vec<_>>());
    }
}
