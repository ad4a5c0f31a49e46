//! A service's own metrics.

use std::{
    fmt,
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use super::{
    Distribution,
    durations::Durations,
    family::{self, Family, Kind, Sample, Value},
    label::Labels,
    shards::Shards,
};

/// A number that only grows, such as that of orders. Clones count together.
///
/// ```
/// use wsgiservice::{Application, mount, resource, statistics::{Counter, Label}, testing::Client};
///
/// #[derive(Clone, Copy, Label)]
/// enum Outcome {
///     Paid,
///     Declined,
/// }
///
/// #[mount("/orders")]
/// struct Orders {
///     count: Counter<Outcome>,
/// }
///
/// #[resource]
/// impl Orders {
///     fn post(&self, amount: u32) {
///         self.count.add(if amount < 100 { Outcome::Paid } else { Outcome::Declined }, 1);
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let count = Counter::new("orders", "Orders by outcome.");
/// let application = Application::new("shop").metric(&count).mount(Orders { count });
/// let client = Client::new(application);
/// client.post("/orders?amount=7").send().await;
/// let metrics = client.get("/_internal/metrics").send().await;
/// assert!(metrics.text().contains(r#"orders_total{outcome="paid"} 1"#));
/// # }
/// ```
#[derive(Debug)]
pub struct Counter<L = ()>(Arc<Cells<L, AtomicU64>>);

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

/// How long something takes, such as a call to another system. Clones count together.
///
/// A percentile of it is known to two significant digits. By convention, its name ends with `_seconds`.
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

/// A metric that [`Application::metric`](crate::Application::metric) accepts: a [`Counter`], a [`Gauge`] or a [`Histogram`].
pub trait Metric: sealed::Metric {}

/// The cells of a metric, one for each combination of its labels.
struct Cells<L, C> {
    name: String,
    help: String,
    shards: Shards<Box<[C]>>,
    /// For a gauge, which has one value.
    shared: Box<[C]>,
    labels: PhantomData<fn(L)>,
}

/// Reads a metric.
pub(crate) type Source = Arc<dyn Fn() -> Vec<Family> + Send + Sync>;

mod sealed {
    /// Keeps other crates from implementing [`Metric`](super::Metric).
    #[expect(unnameable_types, reason = "no other crate may name it")]
    pub trait Metric {
        #[doc(hidden)]
        fn source(&self) -> super::Registered;
    }
}

/// A metric that an application was told of.
#[expect(unnameable_types, reason = "only the framework reads metrics")]
#[derive(Clone)]
pub struct Registered {
    pub(crate) name: String,
    pub(crate) source: Source,
}

impl<L: Labels, C: Default> Cells<L, C> {
    fn new(name: impl Into<String>, help: impl Into<String>) -> Arc<Self> {
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
    fn own(&self, labels: L) -> Option<&C> {
        self.shards.own(row::<L, C>).get(labels.combination())
    }

    fn family(&self, kind: Kind, read: impl Fn(usize) -> Value) -> Family {
        let samples = (0..L::COMBINATIONS).map(|combination| {
            let labels = L::at(combination).into_iter();
            let labels = labels.map(|(name, value)| (name, value.to_owned())).collect();
            Sample { labels, value: read(combination) }
        });
        Family::new(&self.name, &self.help, kind, samples.collect())
    }

    fn registered(
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

impl<L: Labels> Counter<L> {
    /// Creates a counter with this name, in the plural and without `_total`, and a sentence that says what it counts.
    #[must_use]
    pub fn new(name: impl Into<String>, help: impl Into<String>) -> Self {
        Self(Cells::new(name, help))
    }

    /// Adds a number.
    pub fn add(&self, labels: L, number: u64) {
        if let Some(cell) = self.0.own(labels) {
            cell.fetch_add(number, Relaxed);
        }
    }

    /// Returns the number.
    #[must_use]
    pub fn get(&self, labels: L) -> u64 {
        sum(&self.0, labels.combination())
    }
}

fn sum<L>(cells: &Cells<L, AtomicU64>, combination: usize) -> u64 {
    let own = cells.shards.iter().filter_map(|row| row.get(combination));
    // As each part of it does.
    own.fold(0, |sum, cell| sum.wrapping_add(cell.load(Relaxed)))
}

impl<L: Labels> Gauge<L> {
    /// Creates a gauge with this name, and a sentence that says what it measures.
    #[must_use]
    pub fn new(name: impl Into<String>, help: impl Into<String>) -> Self {
        Self(Cells::new(name, help))
    }

    /// Sets the value.
    pub fn set(&self, labels: L, value: f64) {
        self.update(labels, |_| value);
    }

    /// Adds a number, which can be negative.
    pub fn add(&self, labels: L, number: f64) {
        self.update(labels, |value| value + number);
    }

    /// Returns the value.
    #[must_use]
    pub fn get(&self, labels: L) -> f64 {
        let cell = self.0.shared.get(labels.combination());
        cell.map_or(0.0, |cell| f64::from_bits(cell.load(Relaxed)))
    }

    fn update(&self, labels: L, change: impl Fn(f64) -> f64) {
        if let Some(cell) = self.0.shared.get(labels.combination()) {
            let change = |bits| Some(change(f64::from_bits(bits)).to_bits());
            let _ = cell.fetch_update(Relaxed, Relaxed, change);
        }
    }
}

impl<L: Labels> Histogram<L> {
    /// Creates a histogram with this name, and a sentence that says what takes this long.
    #[must_use]
    pub fn new(name: impl Into<String>, help: impl Into<String>) -> Self {
        Self(Cells::new(name, help))
    }

    /// Counts something that took this long.
    pub fn record(&self, labels: L, duration: Duration) {
        if let Some(cell) = self.0.own(labels) {
            cell.add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
        }
    }
}

impl<L: Labels> sealed::Metric for Counter<L> {
    fn source(&self) -> Registered {
        self.0.registered(|cells| {
            cells.family(Kind::Counter, |combination| Value::Integer(sum(cells, combination)))
        })
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

impl<L: Labels> sealed::Metric for Histogram<L> {
    fn source(&self) -> Registered {
        self.0.registered(|cells| {
            cells.family(Kind::Histogram, |combination| {
                let mut all = Distribution::EMPTY;
                let own = cells.shards.iter().filter_map(|row| row.get(combination));
                own.for_each(|durations| durations.read(&mut all));
                Value::Histogram(family::Histogram::from(&all))
            })
        })
    }
}

impl<L: Labels> Metric for Counter<L> {}
impl<L: Labels> Metric for Gauge<L> {}
impl<L: Labels> Metric for Histogram<L> {}

/// What reads a metric.
pub(crate) fn register(metric: &impl Metric) -> Registered {
    metric.source()
}

macro_rules! clone_shares {
    ($($type:ident)*) => {$(
        impl<L> Clone for $type<L> {
            fn clone(&self) -> Self {
                Self(Arc::clone(&self.0))
            }
        }
    )*};
}

clone_shares! { Counter Gauge Histogram }

impl<L, C> fmt::Debug for Cells<L, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metric").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Registered").field(&self.name).finish()
    }
}
