//! A number that only grows.

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

impl<L> Counter<L> {
    /// Creates a counter with this name, in the plural and without `_total`, and a sentence that says what it counts.
    #[must_use]
    pub fn new(name: impl Into<String>, help: impl Into<String>) -> Self
    where
        L: Labels,
    {
        Self(Cells::new(name, help))
    }

    /// Adds a number.
    #[doc(alias = "inc")]
    pub fn add(&self, labels: L, number: u64)
    where
        L: Labels,
    {
        if let Some(cell) = self.0.own(labels) {
            cell.fetch_add(number, Relaxed);
        }
    }

    /// Returns the number.
    #[must_use]
    pub fn get(&self, labels: L) -> u64
    where
        L: Labels,
    {
        sum(&self.0, labels.combination())
    }
}

fn sum<L>(cells: &Cells<L, AtomicU64>, combination: usize) -> u64 {
    let own = cells.shards.iter().filter_map(|row| row.get(combination));
    // As each part of it does.
    own.fold(0, |sum, cell| sum.wrapping_add(cell.load(Relaxed)))
}

impl<L: Labels> sealed::Metric for Counter<L> {
    fn source(&self) -> Registered {
        self.0.registered(|cells| {
            cells.family(Kind::Counter, |combination| Value::Integer(sum(cells, combination)))
        })
    }
}

impl<L: Labels> Metric for Counter<L> {}

impl<L> Clone for Counter<L> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
