//! The statistics as data, for JSON and XML.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::families::UNMATCHED;
use crate::{
    health::CheckResult,
    statistics::{
        Distribution, MethodSnapshot, ProblemSnapshot, Slice, Snapshot,
        family::{Family, Sample, Value},
    },
};

/// The statistics. Moments are in seconds since 1970.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    service: String,
    version: &'static str,
    at: u64,
    started_at: u64,
    uptime_seconds: f64,
    process: Process,
    connections: Connections,
    requests: u64,
    in_flight: u64,
    shed: u64,
    methods: Vec<Method>,
    metrics: Vec<Metric>,
    history: Vec<Past>,
    checks: Vec<Check>,
    problems: Vec<Problem>,
}

#[derive(Debug, Serialize)]
struct Process {
    cpu_seconds: Option<f64>,
    resident_memory_bytes: Option<u64>,
    open_files: Option<u64>,
    max_files: Option<u64>,
    threads: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Connections {
    open: u64,
    accepted: u64,
    refused: u64,
    protocol: &'static str,
}

/// The requests of a method.
#[derive(Debug, Serialize)]
struct Method {
    route: String,
    method: &'static str,
    requests: u64,
    in_flight: u64,
    violations: u64,
    panics: u64,
    timeouts: u64,
    cut_off: u64,
    received_bytes: u64,
    sent_bytes: u64,
    seconds: Seconds,
    statuses: Vec<Status>,
    /// How many requests ended in each part of `history`.
    recent: Vec<u64>,
}

#[derive(Debug, Serialize)]
struct Status {
    status: u16,
    requests: u64,
}

/// How long requests took.
#[derive(Debug, Serialize)]
struct Seconds {
    sum: f64,
    p50: Option<f64>,
    p90: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
    max: Option<f64>,
}

/// A metric of the service, with one of its combinations of labels.
#[derive(Debug, Serialize)]
struct Metric {
    name: String,
    labels: Vec<Label>,
    value: Option<f64>,
    /// How many durations were counted.
    count: Option<u64>,
    seconds: Option<Seconds>,
}

#[derive(Debug, Serialize)]
struct Label {
    name: &'static str,
    value: String,
}

/// A few seconds of the last fifteen minutes.
#[derive(Debug, Serialize)]
struct Past {
    at: u64,
    seconds: f64,
    requests: u64,
    redirections: u64,
    client_errors: u64,
    server_errors: u64,
    in_flight: u64,
    connections: u64,
    p50: Option<f64>,
    p90: Option<f64>,
    p99: Option<f64>,
}

/// A check of the service.
#[derive(Debug, Serialize)]
struct Check {
    name: String,
    status: &'static str,
    output: Option<String>,
    seconds: f64,
}

/// An error of the server.
#[derive(Debug, Serialize)]
struct Problem {
    at: u64,
    id: String,
    status: u16,
    route: String,
    method: &'static str,
    detail: &'static str,
}

impl Document {
    pub(super) fn of(snapshot: &Snapshot, checks: &[CheckResult]) -> Self {
        let (process, connections) = (&snapshot.process, &snapshot.connections);
        Self {
            service: snapshot.service.clone(),
            version: snapshot.version,
            at: second(snapshot.at),
            started_at: second(snapshot.began_at),
            uptime_seconds: snapshot.uptime.as_secs_f64(),
            process: Process {
                cpu_seconds: process.cpu.as_ref().map(Duration::as_secs_f64),
                resident_memory_bytes: process.resident,
                open_files: process.open_files,
                max_files: process.max_files,
                threads: process.threads,
            },
            connections: Connections {
                open: connections.open,
                accepted: connections.accepted,
                refused: connections.refused,
                protocol: "http/1.1",
            },
            requests: snapshot.requests(),
            in_flight: snapshot.in_flight(),
            shed: snapshot.shed,
            methods: snapshot
                .methods
                .iter()
                .map(|method| Method::of(method, &snapshot.slices))
                .collect(),
            metrics: snapshot.own.iter().flat_map(Metric::of).collect(),
            history: snapshot.slices.iter().map(Past::of).collect(),
            checks: checks.iter().map(Check::of).collect(),
            problems: snapshot.problems.iter().map(Problem::of).collect(),
        }
    }
}

impl Method {
    fn of(method: &MethodSnapshot, slices: &[Slice]) -> Self {
        let totals = &method.totals;
        let statuses = totals.statuses.iter();
        let requests = |(status, totals): (&u16, &crate::statistics::StatusTotals)| Status {
            status: *status,
            requests: totals.requests(),
        };
        Self {
            route: route(method.template.as_deref()),
            method: method.label.as_str(),
            requests: totals.requests(),
            in_flight: totals.in_flight(),
            violations: totals.violations,
            panics: totals.panics,
            timeouts: totals.timeouts,
            cut_off: totals.cut_off,
            received_bytes: totals.statuses.values().map(|status| status.received.sum).sum(),
            sent_bytes: totals.statuses.values().map(|status| status.sent.sum).sum(),
            seconds: Seconds::of(&totals.durations()),
            statuses: statuses.map(requests).collect(),
            recent: slices.iter().map(|slice| slice.requests_of(method)).collect(),
        }
    }
}

impl Seconds {
    fn of(durations: &Distribution) -> Self {
        Self {
            sum: durations.sum().as_secs_f64(),
            p50: seconds(durations, 0.5),
            p90: seconds(durations, 0.9),
            p95: seconds(durations, 0.95),
            p99: seconds(durations, 0.99),
            max: seconds(durations, 1.0),
        }
    }
}

impl Metric {
    fn of(family: &Family) -> Vec<Self> {
        family.samples.iter().map(|sample| Self::of_sample(family, sample)).collect()
    }

    fn of_sample(family: &Family, sample: &Sample) -> Self {
        let labels = sample.labels.iter();
        let labels = labels.map(|(name, value)| Label { name, value: value.clone() });
        let (value, count, seconds) = match &sample.value {
            Value::Integer(number) => (Some(*number as f64), None, None),
            Value::Number(number) => (Some(*number), None, None),
            Value::Durations(durations) => {
                (None, Some(durations.count()), Some(Seconds::of(durations)))
            }
            Value::Histogram(histogram) => (None, Some(histogram.count), None),
        };
        Self { name: family.name.clone(), labels: labels.collect(), value, count, seconds }
    }
}

impl Past {
    fn of(slice: &Slice) -> Self {
        let durations = slice.durations();
        Self {
            at: second(slice.at),
            seconds: slice.length.as_secs_f64(),
            requests: slice.requests(),
            redirections: slice.methods.iter().map(|method| method.redirections).sum(),
            client_errors: slice.methods.iter().map(|method| method.client_errors).sum(),
            server_errors: slice.methods.iter().map(|method| method.server_errors).sum(),
            in_flight: slice.in_flight,
            connections: slice.connections,
            p50: seconds(&durations, 0.5),
            p90: seconds(&durations, 0.9),
            p99: seconds(&durations, 0.99),
        }
    }
}

impl Check {
    fn of(result: &CheckResult) -> Self {
        Self {
            name: result.name.clone(),
            status: result.health.word(),
            output: result.health.message().map(str::to_owned),
            seconds: result.took.as_secs_f64(),
        }
    }
}

impl Problem {
    fn of(problem: &ProblemSnapshot) -> Self {
        Self {
            at: second(problem.at),
            id: problem.id.to_string(),
            status: problem.status,
            route: route(problem.template.as_deref()),
            method: problem.method.as_str(),
            detail: problem.detail,
        }
    }
}

fn route(template: Option<&str>) -> String {
    template.unwrap_or(UNMATCHED).to_owned()
}

fn seconds(durations: &Distribution, share: f64) -> Option<f64> {
    durations.quantile(share).as_ref().map(Duration::as_secs_f64)
}

fn second(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitoring::fixtures;

    #[test]
    fn each_part_of_the_past_has_rates_and_percentiles() {
        let document = Document::of(&fixtures::snapshot(1), &[]);
        let document = serde_json::to_value(document).expect("JSON");
        let parts = document["history"].as_array().expect("a list");
        assert!(!parts.is_empty());
        for part in parts.iter().filter(|it| it["requests"] != 0) {
            for name in ["redirections", "client_errors", "server_errors", "p50", "p90", "p99"] {
                assert!(part[name].is_number(), "{name}: {part}");
            }
            assert!(part["p50"].as_f64() <= part["p90"].as_f64(), "{part}");
            assert!(part["p90"].as_f64() <= part["p99"].as_f64(), "{part}");
        }
        assert!(parts.iter().any(|it| it["requests"] != 0));
    }
}
