//! Metrics of a service's own: [`Counter`], [`Gauge`], [`Histogram`].
//!
//! All else is counted without further ado, and told by `/_internal/stats` and `/_internal/metrics`: the requests by resource,
//! method and status, how long they took, the connections and the process.

// Each thread has counters of its own (`Shards`), which are summed when somebody reads them. A request counts when it ends:
// `Measurement` is what it carries until then. All that is told is told from one type, `Snapshot`.

#[cfg(feature = "client")]
mod calls;
mod connections;
mod durations;
pub(crate) mod family;
mod history;
mod label;
mod list;
mod measurement;
mod method_label;
mod metric;
mod problems;
mod process;
mod series;
mod shards;
mod sizes;
mod snapshot;

use std::{
    collections::BTreeMap,
    sync::{Mutex, OnceLock, PoisonError, atomic::AtomicBool},
    time::{Instant, SystemTime},
};

#[cfg(feature = "client")]
pub(crate) use self::calls::of_clients;
#[cfg(feature = "server")]
pub(crate) use self::connections::CountedConnection;
pub(crate) use self::{
    connections::Connections,
    durations::Distribution,
    history::{MethodSlice, SLICE, SLICES, Slice},
    measurement::{AtEnd, Measurement},
    method_label::{MethodLabel, MethodSet},
    metric::{Registered, register},
    process::ProcessUsage,
    series::{Ended, Event, SeriesTotals, StatusTotals},
    sizes::SizeDistribution,
    snapshot::{MethodSnapshot, ProblemSnapshot, Snapshot},
};
use self::{
    history::{Gauges, History},
    list::List,
    problems::Problems,
    process::ProcessLoad,
    series::Series,
    shards::Shards,
};
pub use self::{
    label::{Label, Labels},
    metric::{Counter, Gauge, Histogram, Metric},
};
pub use wsgiservice_macros::Label;

/// What the names of the metrics of clients begin with, which are told with those of the service.
pub(crate) const CLIENT_METRICS: &str = "rest_client_";

/// What is counted of one application.
#[derive(Debug)]
pub(crate) struct Statistics {
    about: OnceLock<About>,
    shards: Shards<Routes>,
    pub(crate) connections: Connections,
    history: Mutex<History>,
    problems: Problems,
    /// Whether the server cuts off what has not ended.
    cuts_off: AtomicBool,
    began: Instant,
    began_at: SystemTime,
}

/// The application that is counted.
#[derive(Debug)]
pub(crate) struct About {
    /// Its name.
    pub(crate) service: String,
    /// The version of its package.
    pub(crate) version: &'static str,
    /// The template of each resource, and its methods, by position.
    pub(crate) routes: Vec<(String, MethodSet)>,
    /// Its own metrics.
    pub(crate) metrics: Vec<Registered>,
}

/// The counters of a thread.
#[derive(Debug, Default)]
struct Routes {
    resources: Vec<Methods>,
    /// What no resource responds to.
    unmatched: Methods,
}

type Methods = List<MethodLabel, Series>;

/// The position of the resource that responds to a request, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Route(u32);

/// What was counted of each method, by the position of its resource.
type Totals = BTreeMap<(Route, MethodLabel), SeriesTotals>;

impl Statistics {
    /// Sets what is counted, before the first request.
    pub(crate) fn set_about(&self, about: About) {
        let _ = self.about.set(about);
    }

    fn about(&self) -> Option<&About> {
        self.about.get()
    }

    /// The counters of this thread for a method.
    #[inline]
    fn series(&self, route: Route, method: MethodLabel) -> &Series {
        let routes = self.shards.own(|| self.new_routes());
        routes.resources.get(route.0 as usize).unwrap_or(&routes.unmatched).at(method)
    }

    /// Counts a request whose head cannot be parsed: it took no time, and has no method and no target.
    #[cfg(feature = "server")]
    pub(crate) fn malformed_head(&self, status: http::StatusCode) -> Ended {
        let series = self.series(Route::UNMATCHED, MethodLabel::default());
        series.begin();
        let ended = Ended { status: status.as_u16(), nanos: 0, received: 0, sent: 0 };
        series.end(ended);
        ended
    }

    fn new_routes(&self) -> Routes {
        let number = self.about().map_or(0, |about| about.routes.len());
        Routes {
            resources: (0..number).map(|_| Methods::default()).collect(),
            unmatched: Methods::default(),
        }
    }

    fn totals(&self) -> Totals {
        let mut totals = Totals::new();
        let mut each = |read: fn(&Series, &mut SeriesTotals)| {
            for (position, route) in self.shards.iter().flat_map(Routes::iter) {
                for (method, series) in route.iter() {
                    read(series, totals.entry((position, method)).or_default());
                }
            }
        };
        each(Series::read);
        each(Series::read_begun);
        totals
    }

    /// The template of a resource; `None` for all that no resource responds to.
    fn template(&self, route: Route) -> Option<&str> {
        self.about()?.routes.get(route.0 as usize).map(|(template, _)| template.as_str())
    }

    /// The label of a method that is not GET. Each label takes memory in each thread, and a client can send all methods to all
    /// resources: so those that a resource does not have share one.
    #[cold]
    fn label_at(&self, route: Route, method: MethodLabel) -> MethodLabel {
        let resource = self.about().and_then(|about| about.routes.get(route.0 as usize));
        resource.map_or(method, |(_, methods)| methods.label(method))
    }

    /// From now on, it is the server that cuts off the requests which do not end, and not their clients.
    #[cfg(feature = "server")]
    pub(crate) fn cut_off_requests(&self) {
        self.cuts_off.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// Ends a slice of the past, if it is time.
    pub(crate) fn advance(&self) {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if history.is_due(now) {
            history.add(now, self.totals(), self.gauges());
        }
    }

    fn gauges(&self) -> Gauges {
        Gauges {
            at: SystemTime::now(),
            connections: self.connections.open(),
            process: ProcessLoad::now(),
        }
    }
}

impl Routes {
    fn iter(&self) -> impl Iterator<Item = (Route, &Methods)> {
        let resources = self.resources.iter().enumerate();
        let resources = resources.map(|(position, methods)| (Route::at(position), methods));
        resources.chain([(Route::UNMATCHED, &self.unmatched)])
    }
}

impl Route {
    /// All requests that no resource responds to. It is the last one in the order.
    pub(crate) const UNMATCHED: Self = Self(u32::MAX);

    #[inline]
    pub(crate) fn at(position: usize) -> Self {
        u32::try_from(position).map_or(Self::UNMATCHED, Self)
    }
}

impl Default for Statistics {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            about: OnceLock::new(),
            shards: Shards::default(),
            connections: Connections::default(),
            history: Mutex::new(History::new(now)),
            problems: Problems::default(),
            cuts_off: AtomicBool::default(),
            began: now,
            began_at: SystemTime::now(),
        }
    }
}
