//! The table of the methods in a terminal.

use super::{
    super::{families::UNMATCHED, quantity::number, quantity::rate, timeline::Timeline},
    quantile,
    table::{WIDTH, width},
};
use crate::statistics::{MethodLabel, MethodSnapshot, Snapshot};

/// The columns after the name: the last minute, the last 15 minutes, since the start.
const COLUMNS: [&str; 7] = ["PER S", "P50", "P99", "MAX", "REQUESTS", "4XX", "5XX"];

/// A line for each method. A name that is too long has a line of its own.
pub(super) fn table(snapshot: &Snapshot, timeline: &Timeline<'_>) -> String {
    let numbers = snapshot.methods.iter().map(|method| numbers(timeline, method));
    let rows: Vec<_> = [COLUMNS.map(str::to_owned)].into_iter().chain(numbers).collect();
    let names = snapshot.methods.iter().map(|it| name(it.label, it.template.as_deref()));
    let names: Vec<_> = [String::new()].into_iter().chain(names).collect();
    let widths: [usize; COLUMNS.len()] = std::array::from_fn(|column| width(&rows, column));
    let taken: usize = widths.iter().map(|width| width + 2).sum();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let room = longest.min(WIDTH.saturating_sub(taken));
    let mut text = String::new();
    for (name, cells) in names.iter().zip(&rows) {
        let mut name = name.as_str();
        if name.chars().count() > room {
            text += name;
            text.push('\n');
            name = "";
        }
        text += &format!("{name:room$}");
        for (cell, width) in cells.iter().zip(widths) {
            text += &format!("  {cell:>width$}");
        }
        text.push('\n');
    }
    text
}

/// A method and the template of its resource.
pub(super) fn name(method: MethodLabel, template: Option<&str>) -> String {
    format!("{} {}", method.as_str(), template.unwrap_or(UNMATCHED))
}

fn numbers(timeline: &Timeline<'_>, method: &MethodSnapshot) -> [String; COLUMNS.len()] {
    let durations = timeline.durations_of(method);
    let statuses = |from: u16| {
        let statuses = method.totals.statuses.range(from..from + 100);
        number(statuses.map(|(_, totals)| totals.requests()).sum())
    };
    [
        rate(timeline.rate(|slice| slice.requests_of(method))),
        quantile(&durations, 0.5),
        quantile(&durations, 0.99),
        quantile(&durations, 1.0),
        number(method.totals.requests()),
        statuses(400),
        statuses(500),
    ]
}
