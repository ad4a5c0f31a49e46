//! The statistics as metrics, with the names and labels of OpenTelemetry where it has some.

use std::time::UNIX_EPOCH;

use crate::statistics::{
    CLIENT_METRICS, MethodSnapshot, SeriesTotals, SizeDistribution, Snapshot, StatusTotals,
    family::{Family, Histogram, Kind, Sample, Value},
};

/// What the names of the metrics of the framework begin with.
pub(super) const PREFIXES: [&str; 5] =
    ["http_server_", "process_", "wsgiservice_", CLIENT_METRICS, "target_"];

/// The metric that tells what the service is.
pub(super) const TARGET: &str = "target";

/// The route of all requests that no resource responds to. A template begins with a slash.
pub(super) const UNMATCHED: &str = "unmatched";

/// All metrics.
pub(super) fn of(snapshot: &Snapshot) -> Vec<Family> {
    let mut all = requests(snapshot);
    all.extend(events(snapshot));
    all.extend(connections(snapshot));
    all.extend(process(snapshot));
    all.push(target(snapshot));
    all.extend(snapshot.own.iter().cloned());
    all
}

fn requests(snapshot: &Snapshot) -> Vec<Family> {
    let histogram = |name, help, value: fn(&StatusTotals) -> Value| {
        let samples = snapshot.methods.iter().flat_map(|method| {
            method.totals.statuses.iter().map(move |(status, totals)| {
                let mut labels = labels(method);
                labels.push(("http_response_status_code", status.to_string()));
                Sample { labels, value: value(totals) }
            })
        });
        Family::new(name, help, Kind::Histogram, samples.collect())
    };
    vec![
        histogram(
            "http_server_request_duration_seconds",
            "How long requests took, until the end of their responses.",
            |totals| Value::Durations(totals.durations.clone()),
        ),
        histogram(
            "http_server_request_body_size_bytes",
            "The content of requests that was received.",
            |totals| sizes(&totals.received, totals.requests()),
        ),
        histogram("http_server_response_body_size_bytes", "The content of responses.", |totals| {
            sizes(&totals.sent, totals.requests())
        }),
        by_method(
            snapshot,
            "http_server_active_requests",
            "Requests in flight.",
            Kind::Gauge,
            SeriesTotals::in_flight,
        ),
    ]
}

fn sizes(sizes: &SizeDistribution, count: u64) -> Value {
    let bounds = sizes.at_most(count).map(|(bound, count)| (bound as f64, count));
    Value::Histogram(Histogram { bounds: bounds.collect(), count, sum: sizes.sum as f64 })
}

fn events(snapshot: &Snapshot) -> [Family; 4] {
    let counter = |name, help, value| by_method(snapshot, name, help, Kind::Counter, value);
    [
        counter("wsgiservice_violations", "Violations that requests had.", |it| it.violations),
        counter("wsgiservice_panics", "Panics in methods.", |it| it.panics),
        counter("wsgiservice_method_timeouts", "Methods that took longer than they may.", |it| {
            it.timeouts
        }),
        counter(
            "wsgiservice_responses_cut_off",
            "Streamed responses that did not reach their end.",
            |it| it.cut_off,
        ),
    ]
}

fn by_method(
    snapshot: &Snapshot,
    name: &str,
    help: &str,
    kind: Kind,
    value: fn(&SeriesTotals) -> u64,
) -> Family {
    let sample = |method: &MethodSnapshot| Sample {
        labels: labels(method),
        value: Value::Integer(value(&method.totals)),
    };
    Family::new(name, help, kind, snapshot.methods.iter().map(sample).collect())
}

fn labels(method: &MethodSnapshot) -> Vec<(&'static str, String)> {
    let route = method.template.clone().unwrap_or_else(|| UNMATCHED.to_owned());
    vec![("http_route", route), ("http_request_method", method.label.as_str().to_owned())]
}

fn connections(snapshot: &Snapshot) -> [Family; 4] {
    let of_http = |name, help, kind, number| {
        let labels = vec![("network_protocol_version", "1.1".to_owned())];
        Family::new(name, help, kind, vec![Sample { labels, value: Value::Integer(number) }])
    };
    let connections = &snapshot.connections;
    [
        of_http("wsgiservice_connections", "Open connections.", Kind::Gauge, connections.open),
        of_http(
            "wsgiservice_connections_accepted",
            "Connections that were accepted.",
            Kind::Counter,
            connections.accepted,
        ),
        Family::single(
            "wsgiservice_connections_refused",
            "Connections that could not be accepted.",
            Kind::Counter,
            Value::Integer(connections.refused),
        ),
        Family::single(
            "wsgiservice_requests_shed",
            "Requests that got a 503 because too many were in progress.",
            Kind::Counter,
            Value::Integer(snapshot.shed),
        ),
    ]
}

fn process(snapshot: &Snapshot) -> Vec<Family> {
    let usage = &snapshot.process;
    let began = snapshot.began_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let gauge = |name, help, value: Option<u64>| {
        Some(Family::single(name, help, Kind::Gauge, Value::Integer(value?)))
    };
    let cpu = usage.cpu.map(|cpu| Value::Number(cpu.as_secs_f64()));
    let help = "The time of the processor that the process took.";
    let all = [
        cpu.map(|cpu| Family::single("process_cpu_seconds", help, Kind::Counter, cpu)),
        gauge("process_resident_memory_bytes", "The memory of the process.", usage.resident),
        gauge("process_open_fds", "Open file descriptors.", usage.open_files),
        gauge("process_max_fds", "The largest number of file descriptors.", usage.max_files),
        gauge("process_threads", "Threads of the process.", usage.threads),
        Some(Family::single(
            "process_start_time_seconds",
            "When the service was started, in seconds since 1970.",
            Kind::Gauge,
            Value::Number(began),
        )),
        Some(Family::single(
            "wsgiservice_uptime_seconds",
            "How long the service has run.",
            Kind::Gauge,
            Value::Number(snapshot.uptime.as_secs_f64()),
        )),
    ];
    all.into_iter().flatten().collect()
}

fn target(snapshot: &Snapshot) -> Family {
    let labels = vec![
        ("service_name", snapshot.service.clone()),
        ("service_version", snapshot.version.to_owned()),
    ];
    let sample = Sample { labels, value: Value::Integer(1) };
    Family::new(TARGET, "The service.", Kind::Info, vec![sample])
}
