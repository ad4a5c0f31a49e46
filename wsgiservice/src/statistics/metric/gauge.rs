//! A number that grows and shrinks.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::{
    super::{
        family::{Kind, Value},
        label::Labels,
    },
    Metric, Registered,
    cells::Cells,
    sealed,
};

/// A number that grows and shrinks, such as the length of a queue. Clones have the same value.
///
/// ```
/// use wsgiservice::statistics::Gauge;
///
/// let waiting: Gauge = Gauge::new("waiting_jobs", "Jobs that wait.");
/// waiting.set((), 3.0);
/// waiting.add((), -1.0);
/// assert_eq!(waiting.get(()), 2.0);
/// ```
#[derive(Debug)]
pub struct Gauge<L = ()>(Arc<Cells<L, AtomicU64>>);

impl<L> Gauge<L> {
    /// Creates a gauge with this name, and a sentence that says what it measures.
    #[must_use]
    pub fn new(name: impl Into<String>, help: impl Into<String>) -> Self
    where
        L: Labels,
    {
        Self(Cells::new(name, help))
    }

    /// Sets the value.
    pub fn set(&self, labels: L, value: f64)
    where
        L: Labels,
    {
        self.update(labels, |_| value);
    }

    /// Adds a number, which can be negative.
    #[doc(alias = "inc", alias = "dec")]
    pub fn add(&self, labels: L, number: f64)
    where
        L: Labels,
    {
        self.update(labels, |value| value + number);
    }

    /// Returns the value.
    #[must_use]
    pub fn get(&self, labels: L) -> f64
    where
        L: Labels,
    {
        let cell = self.0.shared.get(labels.combination());
        cell.map_or(0.0, |cell| f64::from_bits(cell.load(Relaxed)))
    }

    fn update(&self, labels: L, change: impl Fn(f64) -> f64)
    where
        L: Labels,
    {
        if let Some(cell) = self.0.shared.get(labels.combination()) {
            let change = |bits| Some(change(f64::from_bits(bits)).to_bits());
            let _ = cell.fetch_update(Relaxed, Relaxed, change);
        }
    }
}

impl<L: Labels> sealed::Metric for Gauge<L> {
    fn source(&self) -> Registered {
        self.0.registered(|cells| {
            cells.family(Kind::Gauge, |combination| {
                let cell = cells.shared.get(combination);
                Value::Number(cell.map_or(0.0, |cell| f64::from_bits(cell.load(Relaxed))))
            })
        })
    }
}

impl<L: Labels> Metric for Gauge<L> {}

impl<L> Clone for Gauge<L> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
