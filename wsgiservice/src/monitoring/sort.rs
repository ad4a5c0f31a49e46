//! The order of the methods.

use std::{mem, time::Duration};

use wsgiservice_macros::Parameter;

use super::timeline::Timeline;
use crate::statistics::{MethodSnapshot, Slice, Snapshot};

/// What the methods are sorted by, the largest first, or by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameter)]
#[parameter(crate = crate)]
pub(super) enum Sort {
    Method,
    /// The requests per second of the last minute.
    Rate,
    P50,
    P99,
    Max,
    Requests,
    /// The errors of the server, then those of the clients.
    Errors,
}

impl Sort {
    /// Its value in a query.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Rate => "rate",
            Self::P50 => "p50",
            Self::P99 => "p99",
            Self::Max => "max",
            Self::Requests => "requests",
            Self::Errors => "errors",
        }
    }

    /// The value of `aria-sort`.
    pub(super) fn direction(self) -> &'static str {
        if self == Self::Method { "ascending" } else { "descending" }
    }

    /// Sorts the methods. Those that are equal stay in the order of the resources.
    pub(super) fn apply(self, snapshot: &mut Snapshot) {
        if self == Self::Method {
            let name = |method: &MethodSnapshot| {
                (method.template.is_none(), method.template.clone(), method.label.as_str())
            };
            return snapshot.methods.sort_by_cached_key(name);
        }
        let timeline = Timeline::of(snapshot);
        let sizes: Vec<_> =
            snapshot.methods.iter().map(|method| self.size(&timeline, method)).collect();
        let mut methods: Vec<_> = sizes.into_iter().zip(mem::take(&mut snapshot.methods)).collect();
        methods.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        snapshot.methods = methods.into_iter().map(|(_, method)| method).collect();
    }

    fn size(self, timeline: &Timeline<'_>, method: &MethodSnapshot) -> f64 {
        let quantile = |share| {
            let durations = timeline.durations_of(method);
            durations.quantile(share).as_ref().map_or(-1.0, Duration::as_secs_f64)
        };
        let statuses = |from: u16| {
            let statuses = method.totals.statuses.range(from..from + 100);
            statuses.map(|(_, totals)| totals.requests()).sum::<u64>() as f64
        };
        match self {
            Self::Method => 0.0,
            Self::Rate => timeline.rate(|slice: &Slice| slice.requests_of(method)),
            Self::P50 => quantile(0.5),
            Self::P99 => quantile(0.99),
            Self::Max => quantile(1.0),
            Self::Requests => method.totals.requests() as f64,
            // There are never so many requests that a 5xx would not count more than all 4xx.
            Self::Errors => statuses(500) * 1e9 + statuses(400),
        }
    }
}
