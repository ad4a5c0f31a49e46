//! What Ganglia is told: what happened between two rounds, as gauges.

use std::time::Duration;

use crate::statistics::{Distribution, Snapshot};

/// The shortest time of which a rate is told: the first round is a moment after the start.
const SHORTEST: Duration = Duration::from_secs(1);

/// What was counted up to a moment.
pub(super) struct Counted {
    at: Duration,
    errors: u64,
    in_flight: u64,
    durations: Distribution,
}

/// A value that is told.
pub(super) struct Gauge {
    pub(super) name: &'static str,
    /// The name of its type in Ganglia.
    pub(super) kind: &'static str,
    pub(super) units: &'static str,
    pub(super) title: &'static str,
    pub(super) value: String,
}

impl Counted {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let mut durations = Distribution::EMPTY;
        let mut errors = 0;
        for method in &snapshot.methods {
            durations.merge(&method.totals.durations());
            let failed = method.totals.statuses.range(500..).map(|(_, status)| status.requests());
            errors += failed.sum::<u64>();
        }
        Self { at: snapshot.uptime, errors, in_flight: snapshot.in_flight(), durations }
    }

    /// What happened since an earlier moment. If no request ended, the percentiles are 0: a value of an hour ago would
    /// keep an alarm.
    pub(super) fn gauges_since(&self, before: &Self) -> [Gauge; 6] {
        let seconds = self.at.saturating_sub(before.at).max(SHORTEST).as_secs_f64();
        let durations = self.durations.since(&before.durations);
        let errors = self.errors.saturating_sub(before.errors);
        let millis =
            |share| durations.quantile(share).as_ref().map_or(0.0, Duration::as_secs_f64) * 1000.0;
        [
            float(
                "requests_per_sec",
                "requests/s",
                "Requests per second",
                durations.count() as f64 / seconds,
            ),
            float("errors_per_sec", "errors/s", "Errors per second", errors as f64 / seconds),
            float("p50_ms", "ms", "Median time of a request", millis(0.5)),
            float("p90_ms", "ms", "Time of a request, 90 percent", millis(0.9)),
            float("p99_ms", "ms", "Time of a request, 99 percent", millis(0.99)),
            Gauge {
                name: "in_flight",
                kind: "uint32",
                units: "requests",
                title: "Requests in flight",
                value: self.in_flight.to_string(),
            },
        ]
    }
}

/// A plain decimal, since gmond passes on all else as it is.
fn float(name: &'static str, units: &'static str, title: &'static str, value: f64) -> Gauge {
    Gauge { name, kind: "float", units, title, value: format!("{value:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many requests and errors, up to a second.
    fn counted(second: u64, requests: u64, errors: u64) -> Counted {
        let mut durations = Distribution::EMPTY;
        (0..requests).for_each(|_| durations.merge(&Distribution::of([Duration::from_millis(10)])));
        Counted { at: Duration::from_secs(second), errors, in_flight: 3, durations }
    }

    fn values(before: &Counted, now: &Counted) -> [String; 6] {
        now.gauges_since(before).map(|gauge| gauge.value)
    }

    #[test]
    fn a_round_tells_what_happened_since_the_last_one() {
        let [first, second, third] = [counted(0, 4, 4), counted(15, 34, 7), counted(30, 34, 7)];
        assert_eq!(values(&first, &second), ["2.000", "0.200", "10.093", "10.093", "10.093", "3"]);
        assert_eq!(values(&second, &third), ["0.000", "0.000", "0.000", "0.000", "0.000", "3"]);
    }

    #[test]
    fn the_first_round_has_no_huge_rates() {
        let (first, second) = (counted(0, 0, 0), counted(0, 2, 0));
        assert_eq!(values(&first, &second)[0], "2.000");
    }

    #[test]
    fn values_are_plain_decimals() {
        for value in [1e-9, 1e30, 0.1 + 0.2] {
            let value = float("", "", "", value).value;
            assert!(value.bytes().all(|it| it.is_ascii_digit() || it == b'.'), "{value}");
        }
    }
}
