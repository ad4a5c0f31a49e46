//! What a service tells of its statistics, as JSON.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::Value;

use crate::client::{Answer, Failure};

/// The time of which rates and percentiles are told, in seconds.
const RECENT: f64 = 60.0;

/// Numbers at the top of the document that are moments.
const MOMENTS: [&str; 2] = ["at", "started_at"];

/// Numbers that only grow, so that a monitor can draw their rates.
const COUNTERS: [&str; 9] = [
    "requests",
    "shed",
    "connections.accepted",
    "connections.refused",
    "methods.requests",
    "methods.violations",
    "methods.panics",
    "methods.timeouts",
    "methods.cut_off",
];

/// The rates of the last minute, each with the member of `history` that has the number of its requests.
const RATES: [(&str, &str); 4] = [
    ("requests_per_sec", "requests"),
    ("errors_per_sec", "server_errors"),
    ("client_errors_per_sec", "client_errors"),
    ("redirections_per_sec", "redirections"),
];

/// The percentiles of the last minute, each with the member of `history` that has it in seconds.
const PERCENTILES: [(&str, &str); 3] = [("p50_ms", "p50"), ("p90_ms", "p90"), ("p99_ms", "p99")];

/// The statistics of a service.
#[derive(Debug)]
pub(crate) struct Statistics {
    pub(crate) service: String,
    numbers: BTreeMap<String, Number>,
}

/// A number with its unit, as the guidelines have it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number {
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
}

impl Statistics {
    /// # Errors
    /// If the answer has no statistics.
    pub(crate) fn read(answer: &Answer) -> Result<Self, Failure> {
        if answer.status != StatusCode::OK {
            let status = answer.status.as_u16();
            return Err(Failure::Unreadable(format!(
                "the service does not tell its statistics, which needs this host in `trusted`: the status is {status}"
            )));
        }
        let document = serde_json::from_slice::<Value>(&answer.content).ok();
        document
            .as_ref()
            .and_then(Self::of)
            .ok_or_else(|| Failure::Unreadable("the answer has no statistics".to_owned()))
    }

    fn of(document: &Value) -> Option<Self> {
        let service = document.get("service")?.as_str()?.to_owned();
        let mut numbers = own(document.get("metrics")?.as_array()?);
        let with_unit = |(name, value): (String, f64)| {
            let unit = unit(&name);
            (name, Number { value, unit })
        };
        numbers.extend(recent(document.get("history")?.as_array()?).map(with_unit));
        numbers.extend(of_methods(document.get("methods")?.as_array()?));
        numbers.extend(plain(document).into_iter().map(with_unit));
        // Those of a metric may be too large together.
        numbers.retain(|_, number| number.value.is_finite());
        Some(Self { service, numbers })
    }

    /// A number.
    ///
    /// # Errors
    /// If no number has this name.
    pub(crate) fn number(&self, name: &str) -> Result<Number, Failure> {
        self.numbers.get(name).copied().ok_or_else(|| {
            let names = self.names().join(", ");
            Failure::Unreadable(format!("unknown number `{name}`, expected one of {names}"))
        })
    }

    /// The names of all numbers. Those of one distribution are one name, such as `methods.seconds.{p50,p99}`: a line of Nagios is short.
    fn names(&self) -> Vec<String> {
        let mut names = BTreeMap::<_, Vec<_>>::new();
        for name in self.numbers.keys() {
            let distribution = name.rsplit_once('.').filter(|(it, _)| it.ends_with("seconds"));
            let (name, part) = distribution.unwrap_or((name, ""));
            names.entry((name, distribution.is_some())).or_default().push(part);
        }
        let name = |((name, is_distribution), parts): ((&str, bool), Vec<&str>)| {
            if is_distribution {
                format!("{name}.{{{}}}", parts.join(","))
            } else {
                name.to_owned()
            }
        };
        names.into_iter().map(name).collect()
    }
}

/// The unit of a number with this name.
fn unit(name: &str) -> &'static str {
    match name {
        name if COUNTERS.contains(&name) => "c",
        name if name.ends_with("_bytes") => "B",
        name if name.ends_with("_seconds") => "s",
        name if name.ends_with("_ms") => "ms",
        _ => "",
    }
}

/// The numbers of the document itself, and of its parts.
fn plain(document: &Value) -> BTreeMap<String, f64> {
    let mut numbers = BTreeMap::new();
    for (name, value) in document.as_object().into_iter().flatten() {
        if let Some(number) = value.as_f64().filter(|_| !MOMENTS.contains(&name.as_str())) {
            numbers.insert(name.clone(), number);
        }
        for (part, value) in value.as_object().into_iter().flatten() {
            numbers.extend(value.as_f64().map(|number| (format!("{name}.{part}"), number)));
        }
    }
    numbers
}

/// What is counted of each method, for all methods.
fn of_methods(methods: &[Value]) -> BTreeMap<String, Number> {
    let mut numbers = BTreeMap::new();
    for method in methods {
        for (part, value) in method.as_object().into_iter().flatten() {
            let name = format!("methods.{part}");
            if let Some(value) = value.as_f64() {
                add(&mut numbers, &name, Number { value, unit: unit(&name) });
            }
        }
        add_durations(&mut numbers, "methods.seconds", method.get("seconds"));
    }
    numbers
}

/// The metrics of the service, each for all its labels; of a histogram, how many durations it has, which only grows, and how long
/// they are.
fn own(metrics: &[Value]) -> BTreeMap<String, Number> {
    let mut numbers = BTreeMap::new();
    for metric in metrics {
        let member = |name: &str| metric.get(name).and_then(Value::as_f64);
        let Some(name) = metric.get("name").and_then(Value::as_str) else { continue };
        let value = member("value").map(|value| Number { value, unit: unit(name) });
        let count = || member("count").map(|value| Number { value, unit: "c" });
        if let Some(number) = value.or_else(count) {
            add(&mut numbers, name, number);
        }
        add_durations(&mut numbers, name, metric.get("seconds"));
    }
    numbers
}

fn add(numbers: &mut BTreeMap<String, Number>, name: &str, Number { value, unit }: Number) {
    numbers.entry(name.to_owned()).or_insert(Number { value: 0.0, unit }).value += value;
}

/// Adds the sum of durations, and their percentiles, of which the worst one is told.
fn add_durations(numbers: &mut BTreeMap<String, Number>, name: &str, durations: Option<&Value>) {
    for (part, value) in durations.and_then(Value::as_object).into_iter().flatten() {
        let Some(value) = value.as_f64() else { continue };
        let number = numbers.entry(format!("{name}.{part}"));
        let number = number.or_insert(Number { value: 0.0, unit: "s" });
        number.value = if part == "sum" { number.value + value } else { number.value.max(value) };
    }
}

/// The rates of the last minute, and the percentiles of the worst part of it.
fn recent(history: &[Value]) -> impl Iterator<Item = (String, f64)> {
    let number = |part: &Value, name| part.get(name).and_then(Value::as_f64).unwrap_or_default();
    let (mut seconds, mut parts) = (0.0, Vec::new());
    for part in history.iter().rev() {
        if seconds >= RECENT {
            break;
        }
        seconds += number(part, "seconds");
        parts.push(part);
    }
    let numbers = |name| parts.iter().map(move |part| number(part, name));
    // A service that has just started has no past.
    let seconds = if seconds > 0.0 { seconds } else { f64::INFINITY };
    let rates = RATES.map(|(name, part)| (name, numbers(part).sum::<f64>() / seconds));
    let percentiles =
        PERCENTILES.map(|(name, part)| (name, numbers(part).fold(0.0, f64::max) * 1000.0));
    rates.into_iter().chain(percentiles).map(|(name, number)| (name.to_owned(), number))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(document: &Value) -> Result<Statistics, Failure> {
        Statistics::read(&Answer { status: StatusCode::OK, content: document.to_string().into() })
    }

    fn part(seconds: f64, requests: u64, errors: u64, slowest: Option<f64>) -> Value {
        json!({
            "seconds": seconds, "requests": requests, "server_errors": errors, "client_errors": 2 * errors, "redirections": 0,
            "p50": null, "p90": slowest.map(|it| it / 2.0), "p99": slowest
        })
    }

    fn document(history: &[Value]) -> Value {
        json!({
            "service": "geoip", "version": "1", "at": 1, "started_at": 1, "requests": 7, "in_flight": 1,
            "process": { "threads": 3, "open_files": null }, "connections": { "open": 2, "protocol": "http/1.1" },
            "methods": [
                { "route": "/a", "panics": 1, "cut_off": 0, "sent_bytes": 10, "seconds": { "p99": 0.5 } },
                { "route": "/b", "panics": 2, "cut_off": 4, "sent_bytes": 20, "seconds": { "p99": 0.25 } },
            ],
            "history": history,
            "metrics": [
                { "name": "orders", "labels": [{}], "value": 2.0, "count": null },
                { "name": "orders", "labels": [{}], "value": 3.0, "count": null },
                {
                    "name": "prints_seconds", "labels": [1], "value": null, "count": 3,
                    "seconds": { "sum": 6.0, "p90": 3.0, "p99": null },
                },
                {
                    "name": "prints_seconds", "labels": [2], "value": null, "count": 1,
                    "seconds": { "sum": 2.0, "p90": 2.0, "p99": null },
                },
                { "name": "age_seconds", "labels": [], "value": 7.5, "count": null },
                { "name": "huge", "labels": [], "value": f64::MAX },
                { "name": "huge", "labels": [], "value": f64::MAX },
            ],
        })
    }

    #[test]
    fn numbers_have_the_names_of_the_document() {
        let statistics = read(&document(&[])).expect("statistics");
        assert_eq!(statistics.service, "geoip");
        for (name, number) in [
            ("requests", 7.0),
            ("in_flight", 1.0),
            ("process.threads", 3.0),
            ("connections.open", 2.0),
            ("orders", 5.0),
            ("prints_seconds", 4.0),
            ("requests_per_sec", 0.0),
        ] {
            assert_eq!(statistics.number(name).expect(name).value, number, "{name}");
        }
        for name in ["at", "process.open_files", "connections", "service", "", "huge"] {
            let failure = statistics.number(name).expect_err(name).to_string();
            assert!(failure.contains("connections.open, errors_per_sec, in_flight"), "{failure}");
        }
    }

    #[test]
    fn an_unknown_name_is_reported_with_all_names_that_exist() {
        let statistics = read(&document(&[])).expect("statistics");
        let failure = statistics.number("order").expect_err("a failure").to_string();
        assert_eq!(
            failure,
            "unknown number `order`, expected one of age_seconds, client_errors_per_sec, connections.open, errors_per_sec, in_flight, \
             methods.cut_off, methods.panics, methods.seconds.{p99}, methods.sent_bytes, orders, p50_ms, p90_ms, p99_ms, \
             prints_seconds, prints_seconds.{p90,sum}, process.threads, redirections_per_sec, requests, requests_per_sec"
        );
    }

    #[test]
    fn rates_and_percentiles_are_of_the_last_minute() {
        let old = part(5.0, 9000, 9000, Some(9.0));
        let history = [
            vec![old],
            vec![
                part(20.0, 40, 1, Some(0.25)),
                part(35.0, 20, 5, None),
                part(5.0, 0, 0, Some(0.1)),
            ],
        ];
        let statistics = read(&document(&history.concat())).expect("statistics");
        let number = |name| statistics.number(name).expect("a number").value;
        assert_eq!(
            ["requests_per_sec", "errors_per_sec", "client_errors_per_sec", "redirections_per_sec"]
                .map(number),
            [1.0, 0.1, 0.2, 0.0]
        );
        assert_eq!(["p50_ms", "p90_ms", "p99_ms"].map(number), [0.0, 125.0, 250.0]);
    }

    #[test]
    fn what_is_counted_of_each_method_is_told_for_all_methods() {
        let statistics = read(&document(&[])).expect("statistics");
        let number = |name| statistics.number(name).expect("a number");
        assert_eq!(number("methods.panics"), Number { value: 3.0, unit: "c" });
        assert_eq!(number("methods.cut_off"), Number { value: 4.0, unit: "c" });
        assert_eq!(number("methods.sent_bytes"), Number { value: 30.0, unit: "B" });
        assert_eq!(number("methods.seconds.p99"), Number { value: 0.5, unit: "s" });
    }

    #[test]
    fn of_the_durations_of_a_histogram_the_worst_labels_are_told() {
        let statistics = read(&document(&[])).expect("statistics");
        let number = |name| statistics.number(name);
        assert_eq!(
            number("prints_seconds.p90").expect("a number"),
            Number { value: 3.0, unit: "s" }
        );
        assert_eq!(
            number("prints_seconds.sum").expect("a number"),
            Number { value: 8.0, unit: "s" }
        );
        assert!(number("prints_seconds.p99").is_err(), "no duration was recorded");
    }

    #[test]
    fn what_is_no_statistics_cannot_be_read() {
        for document in [json!({}), json!([]), json!({ "service": "a" }), json!({ "service": 1 })] {
            assert!(read(&document).is_err(), "{document}");
        }
        let refused = Answer { status: StatusCode::FORBIDDEN, content: "{}".into() };
        let failure = Statistics::read(&refused).expect_err("a refusal").to_string();
        assert!(failure.contains("`trusted`") && failure.ends_with("403"), "{failure}");
    }

    #[test]
    fn the_durations_of_a_histogram_are_counted_and_have_no_seconds() {
        let statistics = read(&document(&[])).expect("statistics");
        let number = |name| statistics.number(name).expect("a number");
        assert_eq!(number("prints_seconds"), Number { value: 4.0, unit: "c" });
        assert_eq!(number("age_seconds"), Number { value: 7.5, unit: "s" });
    }

    #[test]
    fn units_are_those_of_the_guidelines() {
        for (name, expected) in [
            ("requests", "c"),
            ("process.resident_memory_bytes", "B"),
            ("uptime_seconds", "s"),
            ("p99_ms", "ms"),
            ("in_flight", ""),
        ] {
            assert_eq!(unit(name), expected, "{name}");
        }
    }
}
