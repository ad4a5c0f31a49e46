//! The statistics for a terminal.

use std::fmt::Write;

use super::{families::UNMATCHED, quantity::duration};
use crate::statistics::{MethodSnapshot, Snapshot};

/// The names of the columns.
const COLUMNS: [&str; 7] = ["METHOD", "ROUTE", "REQUESTS", "P50", "P99", "IN FLIGHT", "STATUSES"];

/// Writes the statistics as a table with a line for each method.
pub(super) fn write(snapshot: &Snapshot) -> String {
    let Snapshot { service, version, connections, process, .. } = snapshot;
    let mut text = format!("{service} {version}, up {}\n", duration(snapshot.uptime));
    let _ = writeln!(
        text,
        "{} requests, {} in flight, {} shed; {} connections, {} accepted, {} refused",
        snapshot.requests(),
        snapshot.in_flight(),
        snapshot.shed,
        connections.open,
        connections.accepted,
        connections.refused,
    );
    if let (Some(cpu), Some(memory), Some(files)) =
        (process.cpu, process.resident, process.open_files)
    {
        let memory = memory >> 20;
        let _ = writeln!(text, "{} CPU, {memory} MiB, {files} open files", duration(cpu));
    }
    text.push('\n');
    let head = COLUMNS.map(str::to_owned);
    let rows: Vec<_> = [head].into_iter().chain(snapshot.methods.iter().map(row)).collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or_default()
    };
    let widths: [usize; COLUMNS.len()] = std::array::from_fn(width);
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}

fn row(method: &MethodSnapshot) -> [String; COLUMNS.len()] {
    let (totals, durations) = (&method.totals, method.totals.durations());
    let quantile = |share| durations.quantile(share).map_or_else(String::new, duration);
    let statuses = totals.statuses.iter();
    let statuses = statuses.map(|(status, totals)| format!("{status}: {}", totals.requests()));
    [
        method.label.as_str().to_owned(),
        method.template.clone().unwrap_or_else(|| UNMATCHED.to_owned()),
        totals.requests().to_string(),
        quantile(0.5),
        quantile(0.99),
        totals.in_flight().to_string(),
        statuses.collect::<Vec<_>>().join(", "),
    ]
}
