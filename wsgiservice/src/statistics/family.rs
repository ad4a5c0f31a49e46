//! A metric with its values at one moment, as Prometheus has it: a family of samples that differ in their labels.

use super::Distribution;

/// A metric with its values.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    /// Its name; that of a counter without `_total`.
    pub(crate) name: String,
    /// What it counts, in a sentence.
    pub(crate) help: String,
    pub(crate) kind: Kind,
    pub(crate) samples: Vec<Sample>,
}

/// How the values of a metric behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// They only grow.
    Counter,
    Gauge,
    /// They are distributions.
    Histogram,
    /// They are always 1, and their labels tell something.
    Info,
}

/// A value of a metric.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) labels: Vec<(&'static str, String)>,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Integer(u64),
    Number(f64),
    /// It is a histogram for programs, and percentiles for people.
    Durations(Distribution),
    Histogram(Histogram),
}

/// A distribution with a few bounds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram {
    /// For each bound, how many values are at most that.
    pub(crate) bounds: Vec<(f64, u64)>,
    pub(crate) count: u64,
    pub(crate) sum: f64,
}

/// The bounds of durations, in seconds: those of OpenTelemetry, and shorter ones, since most methods take less than 5 ms.
const BOUNDS: [f64; 20] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75,
    1.0, 2.5, 5.0, 7.5, 10.0, 30.0,
];

impl Family {
    pub(crate) fn new(name: &str, help: &str, kind: Kind, samples: Vec<Sample>) -> Self {
        Self { name: name.to_owned(), help: help.to_owned(), kind, samples }
    }

    /// A metric with one value, without labels.
    pub(crate) fn single(name: &str, help: &str, kind: Kind, value: Value) -> Self {
        Self::new(name, help, kind, vec![Sample { labels: Vec::new(), value }])
    }
}

impl From<&Distribution> for Histogram {
    fn from(durations: &Distribution) -> Self {
        let at_most = |bound| durations.at_most(std::time::Duration::from_secs_f64(bound));
        Self {
            bounds: BOUNDS.map(|bound| (bound, at_most(bound))).into(),
            count: durations.count(),
            sum: durations.sum().as_secs_f64(),
        }
    }
}
