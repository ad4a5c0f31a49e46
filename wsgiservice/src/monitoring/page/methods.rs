//! The table of the methods.

use maud::{Markup, html};

use super::{Page, charts, quantile, route};
use crate::{
    documentation::help,
    monitoring::{
        quantity::{number, rate},
        timeline::{Timeline, per_second},
    },
    statistics::{MethodSnapshot, SeriesTotals},
};

/// A table with a row for each method.
pub(super) fn methods(page: Page<'_>, timeline: &Timeline<'_>) -> Markup {
    html! {
        h2 { "Methods" }
        div.scroll tabindex="0" role="region" aria-label="Methods" {
            table.methods {
                thead {
                    tr {
                        td {}
                        th.number scope="colgroup" { "Last minute" }
                        th scope="colgroup" colspan="4" { "Last 15 minutes" }
                        th scope="colgroup" colspan="2" { "Since the start" }
                    }
                    tr {
                        th scope="col" { "Method" }
                        th.number scope="col" { "Per second" }
                        th scope="col" { "Trend" }
                        th.number scope="col" { "p50" }
                        th.number scope="col" { "p99" }
                        th.number scope="col" { "Max" }
                        th.number scope="col" { "Requests" }
                        th scope="col" { "Statuses" }
                    }
                }
                tbody { @for method in &page.snapshot.methods { (self::method(page, timeline, method)) } }
            }
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
                (help::verb(verb)) span.path { (route) }
                @if let Some(anchor) = address {
                    " " a href={ "help#" (anchor) } aria-label={ "Help for " (verb) " " (route) } { "Help" }
                }
            }
            td data-label="Per second" { (rate(timeline.rate(|slice| slice.requests_of(method)))) }
            td { (charts::line("Trend", &trend)) }
            @for (name, share) in [("p50", 0.5), ("p99", 0.99), ("Max", 1.0)] {
                td data-label=(name) { (quantile(&durations, share)) }
            }
            td data-label="Requests" { (number(method.totals.requests())) }
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
        span.words { (words) }
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
    html! { @if !words.is_empty() { " " span.words.quiet { "(" (words.join(", ")) ")" } } }
}
