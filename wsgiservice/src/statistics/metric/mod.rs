//! A service's own metrics.

// The methods have the bounds on labels, not their impls: of a metric with a wrong label, rustc would say that it has no method
// `add` (E0599), and not what a label is.

mod cells;
mod counter;
mod gauge;
mod histogram;

use std::{fmt, sync::Arc};

pub use self::{counter::Counter, gauge::Gauge, histogram::Histogram};
use super::family::Family;

/// A metric that [`Application::metric`](crate::Application::metric) accepts: a [`Counter`], a [`Gauge`] or a [`Histogram`].
pub trait Metric: sealed::Metric {}

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

/// What reads a metric.
pub(crate) fn register(metric: &impl Metric) -> Registered {
    metric.source()
}

impl fmt::Debug for Registered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Registered").field(&self.name).finish()
    }
}
