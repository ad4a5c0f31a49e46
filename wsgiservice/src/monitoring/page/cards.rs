//! The charts of the last fifteen minutes.

use std::fmt::Display;

use maud::{Markup, html};

use super::{Page, charts, errors, quantile};
use crate::{
    monitoring::{
        quantity::{duration, number, rate, time},
        timeline::{Timeline, per_second, sum},
    },
    statistics::{MethodSlice, Slice, Snapshot},
};

/// How many columns of the charts one of the heat map has.
const HEAT_WIDTH: usize = 3;

/// How many requests of a kind there were.
type Count = fn(&MethodSlice) -> u64;

/// The classes of statuses: how they are drawn, their names, and how many requests got them.
const CLASSES: [(&str, &str, Count); 4] = [
    ("good", "2xx", MethodSlice::successes),
    ("redirected", "3xx", |method| method.redirections),
    ("refused", "4xx", |method| method.client_errors),
    ("failed", "5xx", |method| method.server_errors),
];

/// The four charts.
pub(super) fn cards(page: Page<'_>, timeline: &Timeline<'_>) -> Markup {
    html! {
        h2 { "Last 15 minutes" }
        div.cards {
            (requests_card(timeline))
            (errors_card(timeline))
            (durations_card(timeline))
            (in_flight_card(page, timeline))
        }
    }
}

fn requests_card(timeline: &Timeline<'_>) -> Markup {
    let series = CLASSES
        .map(|(class, _, of)| (class, timeline.values(|slice| per_second(slice, sum(slice, of)))));
    let now = rate(timeline.rate(Slice::requests));
    let label = format!("Requests per second over the last 15 minutes, by status; now {now}");
    html! {
        section.card {
            h3 { "Requests per second" }
            p.big { (now) }
            (charts::areas(&label, &series, rate))
            (axis())
            p.quiet {
                @for (class, name, of) in CLASSES {
                    span.key { i.swatch.(class) {} (name) " " (number(timeline.sum(of))) } " "
                }
                @if let Some(slice) = timeline.highest() {
                    "· highest " (rate(per_second(slice, slice.requests()))) " at " (clock(slice))
                }
            }
        }
    }
}

fn errors_card(timeline: &Timeline<'_>) -> Markup {
    let failed = |method: &MethodSlice| method.server_errors;
    let values = timeline.values(|slice| per_second(slice, sum(slice, failed)));
    let share = errors(timeline);
    let label = format!("Errors of the server per second over the last 15 minutes; {share} of all");
    html! {
        section.card {
            h3 { "Errors" }
            p.big { (share) }
            (charts::areas(&label, &[("failed", values)], rate))
            (axis())
            p.quiet {
                (number(timeline.sum(failed))) " of " (number(timeline.sum(|method| method.requests))) " requests got a 5xx"
                @if let Some(slice) = timeline.last_with(failed) { ", the last until " (clock(slice)) }
            }
        }
    }
}

fn durations_card(timeline: &Timeline<'_>) -> Markup {
    let all = timeline.all_durations();
    let [median, high, longest] = [0.5, 0.99, 1.0].map(|share| quantile(&all, share));
    let label = format!(
        "Durations over the last 15 minutes as a heat map: half of the requests took up to {median}, \
         99 % up to {high}, all up to {longest}"
    );
    html! {
        section.card {
            h3 { "Duration" }
            p.big.two { span.key { "p50 " (median) } " · " span.key { "p99 " (high) } }
            (charts::heat_map(&label, &timeline.durations(HEAT_WIDTH), duration))
            (axis())
            p.quiet { "Max " (longest) " · upwards: longer; stronger colour: more requests" }
        }
    }
}

fn in_flight_card(page: Page<'_>, timeline: &Timeline<'_>) -> Markup {
    let Snapshot { connections, shed, .. } = page.snapshot;
    let now = number(page.snapshot.in_flight());
    let values = timeline.values(|slice| slice.in_flight as f64);
    let label = format!("Requests in flight over the last 15 minutes; now {now}");
    html! {
        section.card {
            h3 { "In flight" }
            p.big { (now) " / " (number(page.limit as u64)) }
            (charts::areas(&label, &[("redirected", values)], |value| number(value as u64)))
            (axis())
            p.quiet {
                (number(*shed)) " refused since the start · connections: " (number(connections.open)) " open, "
                (number(connections.accepted)) " accepted, " (number(connections.refused)) " failed"
            }
        }
    }
}

/// What the horizontal axis of a chart is.
fn axis() -> Markup {
    html! { p.axis.quiet aria-hidden="true" { span { "15 min ago" } span { "now" } } }
}

/// When a slice ended.
fn clock(slice: &Slice) -> impl Display {
    format!("{} UTC", time(slice.at))
}
