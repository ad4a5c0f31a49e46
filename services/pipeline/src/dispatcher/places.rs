//! Places for deliveries that are under way.
//!
//! They are bounded for each listener and for all together: a delivery has its content in memory. A listener with nothing
//! under way always has a place, so that others that are slow do not hold it up.

use std::{collections::BTreeMap, sync::Arc};

use crate::listener::Listener;

/// How many deliveries of all listeners are under way at the same time, but for the first one of each listener.
pub(super) const MOST: usize = 512;

/// The deliveries that are under way, by the names of their listeners. Those from before a listener was changed, or deleted
/// and added again, are among them.
#[derive(Debug, Default)]
pub(super) struct Places(BTreeMap<String, Arc<()>>);

/// The place of a delivery, which is free when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _counted: Arc<()>,
}

/// The places that are given away in one transaction.
#[derive(Debug)]
pub(super) struct Portion<'a> {
    places: &'a Places,
    /// How many places there are for all listeners.
    room: usize,
    /// How many of them are given away, at most.
    most: usize,
}

impl Places {
    /// A place for a delivery of this listener.
    pub(super) fn take(&mut self, listener: &str) -> Place {
        self.0.retain(|_, counted| Arc::strong_count(counted) > 1);
        let counted = self.0.entry(listener.to_owned()).or_default();
        Place { _counted: Arc::clone(counted) }
    }

    /// How many places there are for this listener.
    pub(super) fn free(&self, listener: &Listener) -> usize {
        self.free_of(listener, self.room())
    }

    /// At most so many of the free places.
    pub(super) fn portion(&self, most: usize) -> Portion<'_> {
        Portion { places: self, room: self.room(), most }
    }

    fn free_of(&self, listener: &Listener, room: usize) -> usize {
        let under_way = self.0.get(&listener.name).map_or(0, under_way);
        let free = (listener.concurrency as usize).saturating_sub(under_way);
        free.min(room.max(usize::from(under_way == 0)))
    }

    /// How many places there are for all listeners.
    fn room(&self) -> usize {
        MOST.saturating_sub(self.0.values().map(under_way).sum())
    }
}

impl Portion<'_> {
    /// Takes those for a listener; `None` if there are none.
    pub(super) fn take(&mut self, listener: &Listener) -> Option<u32> {
        let taken = self.places.free_of(listener, self.room).min(self.most);
        self.most -= taken;
        self.room = self.room.saturating_sub(taken);
        u32::try_from(taken).ok().filter(|taken| *taken > 0)
    }
}

fn under_way(counted: &Arc<()>) -> usize {
    Arc::strong_count(counted) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(name: &str, concurrency: u32) -> Listener {
        Listener { concurrency, ..Listener::new(name, &["item"]) }
    }

    #[test]
    fn a_listener_has_as_many_places_as_it_asks_for() {
        let (mut places, mail) = (Places::default(), listener("mail", 2));
        assert_eq!(places.free(&mail), 2);
        let first = places.take("mail");
        let _second = places.take("mail");
        assert_eq!(places.free(&mail), 0);
        assert_eq!(places.free(&listener("mail", 3)), 1, "it was changed");
        drop(first);
        assert_eq!(places.free(&mail), 1);
    }

    #[test]
    fn slow_listeners_do_not_take_the_place_of_another_one() {
        let mut places = Places::default();
        let taken: Vec<_> = (0..MOST).map(|_| places.take("slow")).collect();
        assert_eq!(places.free(&listener("slow", 100_000)), 0);
        assert_eq!(places.free(&listener("mail", 8)), 1);
        assert_eq!(places.portion(100).take(&listener("mail", 8)), Some(1));
        let _mail = places.take("mail");
        assert_eq!(places.free(&listener("mail", 8)), 0);
        drop(taken);
        assert_eq!(places.free(&listener("mail", 8)), 7);
    }

    #[test]
    fn a_portion_is_bounded() {
        let places = Places::default();
        let mut portion = places.portion(10);
        assert_eq!(portion.take(&listener("a", 8)), Some(8));
        assert_eq!(portion.take(&listener("b", 8)), Some(2));
        assert_eq!(portion.take(&listener("c", 8)), None);
    }
}
