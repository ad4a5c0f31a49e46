//! The statistics as a page: complete without its script, which only refreshes it.

mod cards;
mod charts;
mod methods;
mod problems;
mod process;
mod timeline;

use maud::{DOCTYPE, Markup, html};

use self::timeline::Timeline;
use super::{
    families::UNMATCHED,
    quantity::{duration, percent, rate, uptime},
};
use crate::{
    documentation::{Asset, Documentation, help},
    health::{CheckResult, Health},
    site::Mounting,
    statistics::{Distribution, Slice, Snapshot},
};

/// What the page adds to the style of the help page.
const STYLE: Asset = Asset::style("/_internal/stats/style", include_str!("style.css"));

const SCRIPT: Asset = Asset::script("/_internal/stats/script", include_str!("script.js"));

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
    [STYLE.mounting(), SCRIPT.mounting()]
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
                    link rel="stylesheet" href={ "help/style.css?" (help::STYLE.fingerprint()) };
                    link rel="stylesheet" href={ "stats/style.css?" (STYLE.fingerprint()) };
                    script src={ "stats/script.js?" (SCRIPT.fingerprint()) } defer {}
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
                        (cards::cards(self, &timeline))
                        (methods::methods(self, &timeline))
                        (process::process(self, &timeline))
                        (process::checks(self.checks))
                        (problems::problems(&self.snapshot.problems))
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::Method;

    use super::*;
    use crate::{
        site::Site,
        statistics::{
            MethodLabel, MethodSlice, MethodSnapshot, ProblemSnapshot, Route, SLICE, SLICES,
            SeriesTotals, Statistics, StatusTotals,
        },
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
            id: crate::http::identity::RequestId::Uuid(uuid::Uuid::new_v4()),
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
}
