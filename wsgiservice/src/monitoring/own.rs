//! The metrics of a service and the calls of its clients, as people read them.

use std::time::Duration;

use super::quantity::{bytes, decimal, duration, number};
use crate::statistics::{
    CLIENT_METRICS,
    family::{Family, Sample, Value},
};

/// How many rows of a metric are shown: a metric with two labels can have many.
const ROWS_OF_A_METRIC: usize = 8;

/// How many rows are shown in all.
const ROWS: usize = 20;

/// A metric of the service.
pub(super) struct OwnMetric<'a> {
    pub(super) name: &'a str,
    pub(super) help: &'a str,
    pub(super) rows: Vec<OwnRow>,
}

/// A metric with one combination of its labels.
pub(super) struct OwnRow {
    /// The values of its labels.
    pub(super) labels: String,
    pub(super) value: String,
}

/// The metrics that are shown, and how many rows are not.
pub(super) struct OwnMetrics<'a> {
    pub(super) metrics: Vec<OwnMetric<'a>>,
    pub(super) left_out: usize,
}

/// What a client counted of another service.
#[derive(Default)]
pub(super) struct CalledService<'a> {
    pub(super) name: &'a str,
    pub(super) calls: Vec<(String, u64)>,
    pub(super) attempts: Vec<(String, u64)>,
    pub(super) ejections: Vec<(String, u64)>,
    /// The endpoints that are out of service now.
    pub(super) ejected: Vec<(String, u64)>,
    pub(super) cache: Vec<(String, u64)>,
}

/// The metrics of the service: the largest rows of each, as long as there is room.
pub(super) fn metrics(families: &[Family]) -> OwnMetrics<'_> {
    let own = families.iter().filter(|family| !family.name.starts_with(CLIENT_METRICS));
    let mut all = OwnMetrics { metrics: Vec::new(), left_out: 0 };
    let mut room = ROWS;
    for Family { name, help, samples, .. } in own {
        let mut shown: Vec<_> = samples.iter().collect();
        let count = ROWS_OF_A_METRIC.min(room);
        if shown.len() > count {
            shown.sort_by(|one, other| size(&other.value).total_cmp(&size(&one.value)));
            all.left_out += shown.len() - count;
            shown.truncate(count);
        }
        room -= shown.len();
        let rows: Vec<_> = shown.into_iter().map(|sample| row(name, sample)).collect();
        if !rows.is_empty() {
            all.metrics.push(OwnMetric { name, help, rows });
        }
    }
    all
}

fn row(name: &str, sample: &Sample) -> OwnRow {
    let labels: Vec<_> = sample.labels.iter().map(|(_, value)| value.as_str()).collect();
    let value = match &sample.value {
        Value::Integer(value) => in_unit(name, *value as f64),
        Value::Number(value) => in_unit(name, *value),
        Value::Durations(durations) if durations.count() == 0 => "0".to_owned(),
        Value::Durations(durations) => {
            let [median, high, longest] = [0.5, 0.99, 1.0]
                .map(|share| durations.quantile(share).map_or_else(String::new, duration));
            let count = number(durations.count());
            format!("{count} · p50 {median} · p99 {high} · max {longest}")
        }
        Value::Histogram(histogram) => number(histogram.count),
    };
    OwnRow { labels: labels.join(", "), value }
}

/// A value in the unit that the name of its metric ends with, by convention.
fn in_unit(name: &str, value: f64) -> String {
    if name.ends_with("_seconds")
        && let Ok(time) = Duration::try_from_secs_f64(value)
    {
        return duration(time);
    }
    if name.ends_with("_bytes") && value >= 0.0 {
        return bytes(value as u64);
    }
    decimal(value)
}

fn size(value: &Value) -> f64 {
    match value {
        Value::Integer(number) => *number as f64,
        Value::Number(number) => number.abs(),
        Value::Durations(durations) => durations.count() as f64,
        Value::Histogram(histogram) => histogram.count as f64,
    }
}

/// The services that clients called, by name.
pub(super) fn called(families: &[Family]) -> Vec<CalledService<'_>> {
    let mut services: Vec<CalledService<'_>> = Vec::new();
    for family in families {
        let Some(kind) = family.name.strip_prefix(CLIENT_METRICS) else { continue };
        for sample in &family.samples {
            let Some((name, what)) = of_service(sample) else { continue };
            let position = services.iter().position(|service| service.name == name);
            let position = position.unwrap_or_else(|| {
                services.push(CalledService { name, ..CalledService::default() });
                services.len() - 1
            });
            let Some(service) = services.get_mut(position) else { continue };
            match kind {
                "calls" => service.calls.push(what),
                "attempts" => service.attempts.push(what),
                "ejections" => service.ejections.push(what),
                "ejected_endpoints" if what.1 > 0 => service.ejected.push(what),
                "ejected_endpoints" => {}
                _ => service.cache.push(what),
            }
        }
    }
    services.sort_by_key(|service| service.name);
    services
}

/// The name of the service that a sample is of, and what happened how often. The cluster is named if there can be several.
fn of_service(sample: &Sample) -> Option<(&str, (String, u64))> {
    let label = |wanted| sample.labels.iter().find(|(name, _)| *name == wanted);
    let (_, name) = label("service")?;
    let (_, what) = sample.labels.last()?;
    let cluster = label("cluster").map(|(_, cluster)| cluster.as_str());
    let what = what.replace('_', " ");
    let what = match cluster.filter(|cluster| !["", "global"].contains(cluster)) {
        Some(cluster) => format!("{cluster} {what}"),
        None => what,
    };
    let Value::Integer(count) = sample.value else { return None };
    Some((name, (what, count)))
}

/// Counts in words, such as `success: 7, client error: 1`.
pub(super) fn words(counts: &[(String, u64)]) -> String {
    let words = counts.iter().map(|(what, count)| format!("{what}: {}", number(*count)));
    words.collect::<Vec<_>>().join(", ")
}

/// All of them together.
pub(super) fn sum(counts: &[(String, u64)]) -> u64 {
    counts.iter().map(|(_, count)| count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::family::Kind;

    fn family(name: &str, values: impl IntoIterator<Item = f64>) -> Family {
        let sample = |value| Sample {
            labels: vec![("kind", format!("of {value}"))],
            value: Value::Number(value),
        };
        Family::new(name, "Help.", Kind::Gauge, values.into_iter().map(sample).collect())
    }

    #[test]
    fn the_largest_rows_are_shown_if_there_are_many() {
        let families = [family("many", (0..30).map(f64::from)), family("few", [0.0, 1.5])];
        let OwnMetrics { metrics, left_out } = metrics(&families);
        assert_eq!(left_out, 22);
        assert_eq!((metrics[0].rows.len(), &*metrics[0].rows[0].labels), (8, "of 29"));
        let rows: Vec<_> = metrics[1].rows.iter().map(|row| &*row.value).collect();
        assert_eq!(rows, ["0", "1.5"]);
    }

    #[test]
    fn only_endpoints_that_are_out_of_service_now_are_shown_as_such() {
        let sample = |cluster: &str, count| Sample {
            labels: vec![
                ("service", "label".to_owned()),
                ("cluster", cluster.to_owned()),
                ("reason", "failing".to_owned()),
            ],
            value: Value::Integer(count),
        };
        let name = format!("{CLIENT_METRICS}ejected_endpoints");
        let samples = vec![sample("c1", 0), sample("c2", 2)];
        let families = [Family::new(&name, "Help.", Kind::Gauge, samples)];
        let services = called(&families);
        assert_eq!(services[0].ejected, [("c2 failing".to_owned(), 2)]);
        assert!(services[0].cache.is_empty());
    }

    #[test]
    fn there_are_never_more_rows_than_a_page_has_room_for() {
        let families: Vec<_> = (0..50).map(|_| family("two", [1.0, 2.0])).collect();
        let OwnMetrics { metrics, left_out } = metrics(&families);
        let shown: usize = metrics.iter().map(|metric| metric.rows.len()).sum();
        assert_eq!((shown, left_out), (ROWS, 100 - ROWS));
    }

    #[test]
    fn a_value_has_the_unit_of_its_name() {
        for (name, value, expected) in [
            ("age_seconds", 90.0, "1.5 min"),
            ("age_seconds", -1.0, "-1"),
            ("size_bytes", 2048.0, "2 KiB"),
            ("jobs", 1_234_567.0, "1,234,567"),
            ("load", 0.1234, "0.123"),
            ("load", f64::NAN, "NaN"),
        ] {
            assert_eq!(in_unit(name, value), expected);
        }
    }
}
