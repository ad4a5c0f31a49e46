//! How long something takes.

use std::{sync::Arc, time::Duration};

use super::{
    super::{
        Distribution,
        durations::Durations,
        family::{Kind, Value},
        label::Labels,
    },
    Metric, Registered,
    cells::Cells,
    sealed,
};

/// How long something takes, such as a call to another system. Clones count together.
///
/// A percentile of it is known to two significant digits. By convention, its name ends with `_seconds`; one that
/// ends with another unit, such as `_ms`, is an error of [`build`](crate::Application::build).
///
/// ```
/// use std::time::Duration;
/// use wsgiservice::statistics::Histogram;
///
/// let prints: Histogram = Histogram::new("print_duration_seconds", "How long it takes to print.");
/// prints.record((), Duration::from_millis(250));
/// ```
#[derive(Debug)]
pub struct Histogram<L = ()>(Arc<Cells<L, Durations>>);

impl<L> Histogram<L> {
    /// Creates a histogram with this name, and a sentence that says what takes this long.
    #[must_use]
    pub fn new(name: impl Into<String>, help: impl Into<String>) -> Self
    where
        L: Labels,
    {
        Self(Cells::new(name, help))
    }

    /// Counts something that took this long.
    #[doc(alias = "observe")]
    pub fn record(&self, labels: L, duration: Duration)
    where
        L: Labels,
    {
        if let Some(cell) = self.0.own(labels) {
            cell.add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
        }
    }
}

impl<L: Labels> sealed::Metric for Histogram<L> {
    fn source(&self) -> Registered {
        self.0.registered(|cells| {
            cells.family(Kind::Histogram, |combination| {
                let mut all = Distribution::EMPTY;
                let own = cells.shards.iter().filter_map(|row| row.get(combination));
                own.for_each(|durations| durations.read(&mut all));
                Value::Durations(all)
            })
        })
    }
}

impl<L: Labels> Metric for Histogram<L> {}

impl<L> Clone for Histogram<L> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
