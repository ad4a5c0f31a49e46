//! The table of the methods.

use maud::{Markup, html};

use super::{Page, charts, quantile, route};
use crate::{
    documentation::help,
    monitoring::{
        quantity::{number, rate},
        sort::Sort,
        timeline::{Timeline, per_second},
    },
    statistics::{MethodSnapshot, SeriesTotals},
};

/// The columns, and what a click on each sorts by.
const COLUMNS: [(&str, Option<Sort>); 8] = [
    ("Method", Some(Sort::Method)),
    ("Per second", Some(Sort::Rate)),
    ("Trend", None),
    ("p50", Some(Sort::P50)),
    ("p99", Some(Sort::P99)),
    ("Max", Some(Sort::Max)),
    ("Requests", Some(Sort::Requests)),
    ("Statuses", Some(Sort::Errors)),
];

/// A table with a row for each method.
pub(super) fn methods(page: Page<'_>, timeline: &Timeline<'_>) -> Markup {
    html! {
        h2 #methods { "Methods" }
        div.scroll tabindex="0" role="region" aria-label="Methods" {
            table.methods {
                thead {
                    tr {
                        td {}
                        th.number scope="colgroup" { "Last minute" }
                        th scope="colgroup" colspan="4" { "Last 15 minutes" }
                        th scope="colgroup" colspan="2" { "Since the start" }
                    }
                    tr { @for (name, sort) in COLUMNS { (column(page, name, sort)) } }
                }
                tbody { @for method in &page.snapshot.methods { (self::method(page, timeline, method)) } }
            }
        }
    }
}

/// The head of a column. A click sorts by it, or no more.
fn column(page: Page<'_>, name: &str, sort: Option<Sort>) -> Markup {
    let Some(sort) = sort else { return html! { th scope="col" { (name) } } };
    let is_active = page.sort == Some(sort);
    let class = (!["Method", "Statuses"].contains(&name)).then_some("number");
    let title = (sort == Sort::Errors).then_some("Sort by errors");
    html! {
        th class=[class] scope="col" aria-sort=[is_active.then(|| sort.direction())] {
            @if is_active { a href="stats#methods" title=[title] { (name) } }
            @else { a href={ "stats?sort=" (sort.word()) "#methods" } title=[title] { (name) } }
        }
    }
}

fn method(page: Page<'_>, timeline: &Timeline<'_>, method: &MethodSnapshot) -> Markup {
    let (verb, route) = (method.label.as_str(), route(method.template.as_deref()));
    let durations = timeline.durations_of(method);
    let trend = timeline.values(|slice| per_second(slice, slice.requests_of(method)));
    let address = help::anchor_of(page.documentation, route, verb);
    html! {
        tr {
            th scope="row" {
                @if let Some(anchor) = address { a href={ "help#" (anchor) } { (help::verb(verb)) span.path { (route) } } }
                @else { (help::verb(verb)) span.path { (route) } }
            }
            td { (rate(timeline.rate(|slice| slice.requests_of(method)))) }
            td { (charts::line(&trend)) }
            @for share in [0.5, 0.99, 1.0] { td { (quantile(&durations, share)) } }
            td { (number(method.totals.requests())) }
            td { (statuses(&method.totals)) }
        }
    }
}

/// How many requests got each status, as a bar and in words.
fn statuses(totals: &SeriesTotals) -> Markup {
    let requests = |from: u16| {
        let statuses = totals.statuses.range(from..from + 100);
        statuses.map(|(_, totals)| totals.requests()).sum::<u64>()
    };
    let parts = [
        ("good", requests(100) + requests(200)),
        ("redirected", requests(300)),
        ("refused", requests(400)),
        ("failed", requests(500)),
    ];
    let words = totals.statuses.iter();
    let words = words.map(|(status, totals)| format!("{status}: {}", number(totals.requests())));
    let words = words.collect::<Vec<_>>().join(", ");
    html! {
        @if totals.requests() > 0 { (charts::bar(&parts)) }
        (words)
        (others(totals))
    }
}

/// What else happened to the requests of a method.
fn others(totals: &SeriesTotals) -> Markup {
    let counts = [
        (totals.in_flight(), "in flight"),
        (totals.panics, "panics"),
        (totals.timeouts, "timeouts"),
        (totals.cut_off, "cut off"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let words: Vec<_> = counts.map(|(count, name)| format!("{name}: {}", number(*count))).collect();
    html! { @if !words.is_empty() { " " span.quiet { "(" (words.join(", ")) ")" } } }
}
