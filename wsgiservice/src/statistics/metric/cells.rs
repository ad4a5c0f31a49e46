//! What a metric counts, for each combination of its labels.

use std::{fmt, marker::PhantomData, sync::Arc};

use super::{
    super::{
        family::{Family, Kind, Sample, Value},
        label::Labels,
        shards::Shards,
    },
    Registered,
};

/// The cells of a metric, one for each combination of its labels.
pub(super) struct Cells<L, C> {
    name: String,
    help: String,
    pub(super) shards: Shards<Box<[C]>>,
    /// For a gauge, which has one value.
    pub(super) shared: Box<[C]>,
    labels: PhantomData<fn(L)>,
}

impl<L: Labels, C: Default> Cells<L, C> {
    pub(super) fn new(name: impl Into<String>, help: impl Into<String>) -> Arc<Self> {
        let (name, help) = (name.into(), help.into());
        Arc::new(Self {
            name,
            help,
            shards: Shards::default(),
            shared: row::<L, C>(),
            labels: PhantomData,
        })
    }

    /// The cell of this thread.
    pub(super) fn own(&self, labels: L) -> Option<&C> {
        self.shards.own(row::<L, C>).get(labels.combination())
    }

    pub(super) fn family(&self, kind: Kind, read: impl Fn(usize) -> Value) -> Family {
        let samples = (0..L::COMBINATIONS).map(|combination| {
            let labels = L::at(combination).into_iter();
            let labels = labels.map(|(name, value)| (name, value.to_owned())).collect();
            Sample { labels, value: read(combination) }
        });
        Family::new(&self.name, &self.help, kind, samples.collect())
    }

    pub(super) fn registered(
        self: &Arc<Self>,
        read: impl Fn(&Self) -> Family + Send + Sync + 'static,
    ) -> Registered
    where
        C: Send + Sync + 'static,
    {
        let cells = Arc::clone(self);
        Registered { name: self.name.clone(), source: Arc::new(move || vec![read(&cells)]) }
    }
}

fn row<L: Labels, C: Default>() -> Box<[C]> {
    (0..L::COMBINATIONS).map(|_| C::default()).collect()
}

impl<L, C> fmt::Debug for Cells<L, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metric").field("name", &self.name).finish_non_exhaustive()
    }
}
