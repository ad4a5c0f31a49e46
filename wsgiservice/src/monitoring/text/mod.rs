//! The statistics for a terminal, in 80 columns as long as names are not too long.

mod methods;
mod table;

use std::fmt::Write;

use self::table::table;
use super::{
    own::{self, CalledService, OwnMetrics, OwnRow, words},
    quantity::{bytes, duration, number, percent, rate, time, uptime},
    timeline::Timeline,
};
use crate::{
    health::CheckResult,
    http::loggable::{Loggable, LoggableCause},
    statistics::{Distribution, MethodSlice, ProblemSnapshot, Slice, Snapshot},
};

/// Writes the statistics. `limit` is how many requests may be in flight.
pub(super) fn write(snapshot: &Snapshot, checks: &[CheckResult], limit: usize) -> String {
    let timeline = Timeline::of(snapshot);
    let health = CheckResult::worst(checks);
    let Snapshot { service, version, .. } = snapshot;
    let name = format!("{service} {version}");
    let (name, uptime) = (name.trim_end(), uptime(snapshot.uptime));
    let mut text = format!("{name}: {}, up {uptime}\n\n", health.word());
    text +=
        &table(&summary(snapshot, &timeline, limit).map(|(name, told)| [name.to_owned(), told]));
    section(&mut text, "METHODS", &methods::table(snapshot, &timeline));
    section(&mut text, "CALLS TO OTHER SERVICES", &calls(snapshot));
    section(&mut text, "METRICS", &metrics(snapshot));
    section(&mut text, "CHECKS", &self::checks(checks));
    section(&mut text, "LAST PROBLEMS", &problems(&snapshot.problems));
    text
}

/// A section with a heading, if there is something in it.
fn section(text: &mut String, name: &str, content: &str) {
    if !content.is_empty() {
        // To write to a text cannot fail.
        let _ = write!(text, "\n{name}\n{content}");
    }
}

/// What is told of the whole service, a line each.
fn summary(
    snapshot: &Snapshot,
    timeline: &Timeline<'_>,
    limit: usize,
) -> [(&'static str, String); 5] {
    let Snapshot { connections, process, shed, .. } = snapshot;
    let failed = timeline.sum(|method: &MethodSlice| method.server_errors);
    let all = timeline.sum(|method| method.requests);
    let durations = timeline.all_durations();
    let [median, high, higher, longest] =
        [0.5, 0.9, 0.99, 1.0].map(|share| quantile(&durations, share));
    let memory = process.resident.map(|resident| format!("{} memory", bytes(resident)));
    let cpu = process.cpu.map(|cpu| format!("{} CPU", duration(cpu)));
    let files = process.open_files.map(|open| match process.max_files {
        Some(max) => format!("{} / {} files", number(open), number(max)),
        None => format!("{} files", number(open)),
    });
    let threads = process.threads.map(|threads| format!("{threads} threads"));
    let process: Vec<_> = [memory, cpu, files, threads].into_iter().flatten().collect();
    [
        (
            "Requests",
            format!(
                "{} per second, {} / {} in flight, {} since the start",
                rate(timeline.rate(Slice::requests)),
                number(snapshot.in_flight()),
                number(limit as u64),
                number(snapshot.requests()),
            ),
        ),
        (
            "Errors",
            format!(
                "{}: {} of {} in 15 minutes",
                percent(failed, all),
                number(failed),
                number(all)
            ),
        ),
        ("Durations", format!("p50 {median}, p90 {high}, p99 {higher}, max {longest}")),
        (
            "Clients",
            format!(
                "{} connected, {} accepted, {} failed; {} requests refused",
                number(connections.open),
                number(connections.accepted),
                number(connections.refused),
                number(*shed),
            ),
        ),
        ("Process", process.join(", ")),
    ]
}

fn calls(snapshot: &Snapshot) -> String {
    let services = own::called(&snapshot.own);
    let rows = services.iter().flat_map(|service| {
        let CalledService { name, calls, attempts, ejections, ejected, cache } = service;
        let kinds = [
            ("calls", calls),
            ("attempts", attempts),
            ("ejections", ejections),
            ("out of service", ejected),
            ("cache", cache),
        ];
        let kinds = kinds.into_iter().filter(|(_, counts)| !counts.is_empty());
        kinds.enumerate().map(|(position, (kind, counts))| {
            let name = if position == 0 { *name } else { "" };
            [name.to_owned(), kind.to_owned(), words(counts)]
        })
    });
    table(&rows.collect::<Vec<_>>())
}

fn metrics(snapshot: &Snapshot) -> String {
    let OwnMetrics { metrics, left_out } = own::metrics(&snapshot.own);
    let rows = metrics.into_iter().flat_map(|metric| {
        metric.rows.into_iter().enumerate().map(move |(position, OwnRow { labels, value })| {
            let name = if position == 0 { metric.name } else { "" };
            let value = value.replace(" · ", ", ");
            let told = if labels.is_empty() { value } else { format!("{labels}: {value}") };
            [name.to_owned(), told]
        })
    });
    let mut text = table(&rows.collect::<Vec<_>>());
    if left_out > 0 {
        let _ = writeln!(text, "{left_out} smaller values are only in /_internal/metrics");
    }
    text
}

fn checks(checks: &[CheckResult]) -> String {
    let rows = checks.iter().map(|CheckResult { name, health, took, .. }| {
        let message = health.message().unwrap_or_default();
        [
            health.word().to_owned(),
            Loggable(name).to_string(),
            duration(*took),
            LoggableCause(message).to_string(),
        ]
    });
    table(&rows.collect::<Vec<_>>())
}

/// Two lines for each: the ID alone takes half of one.
fn problems(problems: &[ProblemSnapshot]) -> String {
    let mut text = String::new();
    for ProblemSnapshot { at, id, status, template, method, detail } in problems {
        let name = methods::name(*method, template.as_deref());
        let _ = writeln!(text, "{}  {status}  {name}  {detail}", time(*at));
        let _ = writeln!(text, "{:8}  ID {id}", "");
    }
    text
}

fn quantile(durations: &Distribution, share: f64) -> String {
    durations.quantile(share).map_or_else(|| "-".to_owned(), duration)
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::{super::fixtures, table::WIDTH, *};
    use crate::health::Health;

    #[test]
    fn an_ordinary_service_fits_in_a_terminal() {
        let check = CheckResult {
            name: "disk".to_owned(),
            health: Health::Warn("\x1b[31m7 GB left".to_owned()),
            took: Duration::from_millis(3),
            at: std::time::SystemTime::now(),
        };
        let checks: Arc<[_]> = [check].into();
        let text = write(&fixtures::snapshot(20), &checks, 1024);
        assert!(!text.contains('\x1b'), "{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH && line.trim_end() == line, "{line}\n{text}");
        }
    }
}
