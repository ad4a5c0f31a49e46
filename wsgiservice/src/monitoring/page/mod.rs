//! The statistics as a page: complete without its script, which only refreshes it.

mod assets;
mod charts;
mod timeline;

use std::{fmt::Display, thread, time::Duration};

use maud::{DOCTYPE, Markup, html};

use self::{
    assets::{SCRIPT, STYLE},
    timeline::{Timeline, per_second, sum},
};
use super::{
    families::UNMATCHED,
    quantity::{bytes, duration, number, percent, rate, time},
};
use crate::{
    documentation::{
        Documentation,
        help::{self, fingerprint},
    },
    health::{CheckResult, Health},
    http::date,
    site::Mounting,
    statistics::{
        Distribution, MethodSlice, MethodSnapshot, ProblemSnapshot, SeriesTotals, Slice, Snapshot,
    },
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

/// What the page shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) checks: &'a [CheckResult],
    pub(super) documentation: &'a Documentation,
    /// How many requests may be in flight.
    pub(super) limit: usize,
}

/// The resources that the page loads.
pub(super) fn resources() -> [Mounting; 2] {
    assets::resources()
}

impl Page<'_> {
    pub(super) fn html(self) -> String {
        let Snapshot { service, version, .. } = self.snapshot;
        let timeline = Timeline::of(self.snapshot);
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta http-equiv="Content-Security-Policy" content=(help::policy_of_page());
                    title { (service) " statistics" }
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href={ "help/style.css?" (fingerprint(help::STYLE)) };
                    link rel="stylesheet" href={ "stats/style.css?" (fingerprint(STYLE)) };
                    script src={ "stats/script.js?" (fingerprint(SCRIPT)) } defer {}
                }
                body.stats {
                    header {
                        h1 { (service) " " span.version { (version) } }
                        p #summary { (self.summary(&timeline)) }
                        p.links {
                            a href="help" { "Help" }
                            a href="stats" aria-current="page" { "Statistics" }
                            a href="stats.json" { "JSON" }
                            a href="stats.xml" { "XML" }
                            a href="stats.txt" { "Text" }
                            a href="metrics" { "Metrics" }
                            a href="health" { "Health" }
                            button #pause type="button" hidden { "Pause" }
                        }
                        p #state.wrong role="status" {}
                    }
                    main #content {
                        (self.cards(&timeline))
                        (self.methods(&timeline))
                        (self.process(&timeline))
                        (checks(self.checks))
                        (problems(&self.snapshot.problems))
                    }
                }
            }
        }
        .into_string()
    }

    /// The service in one line.
    fn summary(self, timeline: &Timeline<'_>) -> Markup {
        let health = CheckResult::worst(self.checks);
        html! {
            (dot(&health)) (health.word()) ", up " (uptime(self.snapshot.uptime)) " · "
            (rate(timeline.rate(Slice::requests))) " requests per second · p99 "
            (quantile(&timeline.all_durations(), 0.99)) " · " (errors(timeline)) " errors"
        }
    }

    fn cards(self, timeline: &Timeline<'_>) -> Markup {
        html! {
            h2 { "Last 15 minutes" }
            div.cards {
                (requests_card(timeline))
                (errors_card(timeline))
                (durations_card(timeline))
                (self.in_flight_card(timeline))
            }
        }
    }

    fn in_flight_card(self, timeline: &Timeline<'_>) -> Markup {
        let Snapshot { connections, shed, .. } = self.snapshot;
        let now = number(self.snapshot.in_flight());
        let values = timeline.values(|slice| slice.in_flight as f64);
        let label = format!("Requests in flight over the last 15 minutes; now {now}");
        html! {
            section.card {
                h3 { "In flight" }
                p.big { (now) " / " (number(self.limit as u64)) }
                (charts::areas(&label, &[("redirected", values)], |value| number(value as u64)))
                (axis())
                p.quiet {
                    (number(*shed)) " refused since the start · " (number(connections.open)) " connections open, "
                    (number(connections.accepted)) " accepted, " (number(connections.refused)) " failed"
                }
            }
        }
    }

    fn methods(self, timeline: &Timeline<'_>) -> Markup {
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
                    tbody { @for method in &self.snapshot.methods { (self.method(timeline, method)) } }
                }
            }
        }
    }

    fn method(self, timeline: &Timeline<'_>, method: &MethodSnapshot) -> Markup {
        let (verb, route) = (method.label.as_str(), route(method.template.as_deref()));
        let durations = timeline.durations_of(method);
        let trend = timeline.values(|slice| per_second(slice, slice.requests_of(method)));
        let address = help::anchor_of(self.documentation, route, verb);
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

    fn process(self, timeline: &Timeline<'_>) -> Markup {
        let Snapshot { process, .. } = self.snapshot;
        let memory = timeline.values(|slice| slice.process.resident.unwrap_or_default() as f64);
        let cores = timeline.changes(cores);
        html! {
            h2 { "Process" }
            dl.facts {
                @if let Some(resident) = process.resident {
                    div { dt { "Memory" } dd { (bytes(resident)) " " (charts::line("Memory over the last 15 minutes", &memory)) } }
                }
                @if let Some(used) = process.cpu {
                    div {
                        dt { "CPU" }
                        dd {
                            @if let Some(now) = cores.iter().rev().flatten().next() { (format!("{now:.2}")) " of " }
                            @if let Ok(all) = thread::available_parallelism() { (all) " cores, " }
                            (duration(used)) " since the start "
                            (charts::line("Cores used over the last 15 minutes", &cores))
                        }
                    }
                }
                @if let Some(open) = process.open_files {
                    div { dt { "Open files" } dd { (number(open)) @if let Some(max) = process.max_files { " / " (number(max)) } } }
                }
                @if let Some(threads) = process.threads { div { dt { "Threads" } dd { (number(threads)) } } }
                div { dt { "Started" } dd { (moment(self.snapshot.began_at)) } }
            }
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
            p.quiet { "Max " (longest) " · upwards: longer; darker: more requests" }
        }
    }
}

/// What the horizontal axis of a chart is.
fn axis() -> Markup {
    html! { p.axis.quiet aria-hidden="true" { span { "15 min ago" } span { "now" } } }
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

fn checks(results: &[CheckResult]) -> Markup {
    html! {
        @if !results.is_empty() {
            h2 { "Checks" }
            dl.facts {
                @for CheckResult { name, health, took, .. } in results {
                    div {
                        dt { (name) }
                        dd {
                            (dot(health)) (health.word()) " in " (duration(*took))
                            @if let Some(message) = health.message() { ": " (message) }
                        }
                    }
                }
            }
        }
    }
}

fn problems(problems: &[ProblemSnapshot]) -> Markup {
    html! {
        h2 { "Last problems" }
        @if problems.is_empty() { p.quiet { "No errors of the server since the start." } }
        @else {
            p.quiet { "The log has the cause of each under its ID." }
            div.scroll tabindex="0" role="region" aria-label="Last problems" {
                table {
                    thead {
                        tr {
                            @for name in ["Time", "Status", "Method", "Problem", "ID"] { th scope="col" { (name) } }
                        }
                    }
                    tbody { @for problem in problems { (self::problem(problem)) } }
                }
            }
        }
    }
}

fn problem(problem: &ProblemSnapshot) -> Markup {
    let ProblemSnapshot { at, id, status, template, method, detail } = problem;
    html! {
        tr {
            td { (moment(*at)) }
            td { i.dot.fail {} (status) }
            td { (help::verb(method.as_str())) span.path { (route(template.as_deref())) } }
            td { (detail) }
            td.quiet { code { (id) } }
        }
    }
}

fn dot(health: &Health) -> Markup {
    html! { i.dot.(health.word()) {} }
}

fn route(template: Option<&str>) -> &str {
    template.unwrap_or(UNMATCHED)
}

/// The share of the requests that ended with an error of the server.
fn errors(timeline: &Timeline<'_>) -> String {
    percent(timeline.sum(|method| method.server_errors), timeline.sum(|method| method.requests))
}

fn quantile(durations: &Distribution, share: f64) -> String {
    durations.quantile(share).map_or_else(|| "–".to_owned(), duration)
}

/// How many cores the process used within a slice.
fn cores(before: &Slice, slice: &Slice) -> Option<f64> {
    let used = slice.process.cpu?.saturating_sub(before.process.cpu?);
    Some(used.as_secs_f64() / slice.length.as_secs_f64().max(1.0))
}

/// When a slice ended.
fn clock(slice: &Slice) -> impl Display {
    format!("{} UTC", time(slice.at))
}

/// A moment with its day, as `06 Nov 08:49:37 UTC`.
fn moment(at: std::time::SystemTime) -> String {
    let date = date::value(at);
    let mut words = date.to_str().unwrap_or_default().split(' ').skip(1);
    let (day, month) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    format!("{day} {month} {} UTC", time(at))
}

/// How long a service has been up, in two units.
fn uptime(uptime: Duration) -> String {
    let seconds = uptime.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, ..) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::{
        site::Site,
        statistics::{MethodLabel, Route, SLICE, SLICES, Statistics, StatusTotals},
    };

    /// A slice in which so many requests ended for each of so many methods, in all kinds of durations and statuses.
    pub(super) fn slice(requests: u64, methods: usize) -> Slice {
        let method = |position: usize| {
            let durations = (0..requests).map(|it| {
                let seed = (it + requests) * (position as u64 + 7) * 7_919 % 1_009;
                Duration::from_micros(40 + seed * seed / 3)
            });
            MethodSlice {
                route: Route::at(position),
                method: MethodLabel::of(&Method::GET),
                requests,
                redirections: requests / 9,
                client_errors: requests / 7,
                server_errors: requests / 11,
                durations: Distribution::of(durations).pack(),
            }
        };
        Slice {
            in_flight: requests,
            methods: (0..methods).map(method).collect(),
            ..Statistics::default().snapshot().current
        }
    }

    fn totals() -> SeriesTotals {
        let totals = |_| StatusTotals {
            durations: Distribution::of(vec![Duration::from_millis(1); 10_000]),
            ..StatusTotals::default()
        };
        let statuses = [200, 304, 404, 500].map(|status| (status, totals(status)));
        SeriesTotals { statuses: statuses.into(), ..SeriesTotals::default() }
    }

    /// What a service with so many methods has counted.
    pub(super) fn snapshot(methods: usize) -> Snapshot {
        let empty = Statistics::default().snapshot();
        let slices = (0..SLICES as u32).map(|position| Slice {
            at: empty.at - SLICE * (SLICES as u32 - position),
            length: SLICE,
            ..slice(u64::from(position * position % 41), methods)
        });
        let methods = (0..methods).map(|position| MethodSnapshot {
            route: Route::at(position),
            template: Some(format!("/a-resource-of-some-kind/{{id}}/parts/{position}")),
            label: MethodLabel::of(&Method::GET),
            totals: totals(),
        });
        let problem = ProblemSnapshot {
            at: empty.at,
            id: uuid::Uuid::new_v4(),
            status: 500,
            template: Some("/a-resource-of-some-kind/{id}/parts".to_owned()),
            method: MethodLabel::of(&Method::GET),
            detail: "Internal Server Error",
        };
        Snapshot {
            methods: methods.collect(),
            slices: slices.collect(),
            problems: vec![problem; 20],
            ..empty
        }
    }

    #[test]
    fn the_page_of_an_ordinary_service_is_small() {
        let site = Site::new(Default::default(), Default::default(), None, None);
        let documentation = Documentation::new("many", String::new(), &site.resources);
        let snapshot = snapshot(20);
        let page =
            Page { snapshot: &snapshot, checks: &[], documentation: &documentation, limit: 9 };
        let html = page.html();
        assert!(html.contains("shade1") && html.contains("class=\"refused\" d="), "{html}");
        assert!(html.len() < 40 << 10, "{} bytes", html.len());
    }

    #[test]
    fn moments_and_times_are_short() {
        let at = std::time::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(moment(at), "06 Nov 08:49:37 UTC");
        for (seconds, expected) in
            [(59, "59 s"), (61, "1 min"), (7_300, "2 h 1 min"), (273_600, "3 d 4 h")]
        {
            assert_eq!(uptime(Duration::from_secs(seconds)), expected);
        }
    }
}
