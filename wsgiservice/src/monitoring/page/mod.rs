//! The statistics as a page: complete without its script, which only refreshes it.

mod calls;
mod cards;
mod charts;
mod methods;
mod metrics;
mod problems;
mod process;

use maud::{DOCTYPE, Markup, html};

use super::{
    families::UNMATCHED,
    quantity::{duration, percent, rate, uptime},
    sort::Sort,
    timeline::Timeline,
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
    /// What the methods are sorted by, if it is not the order of the resources.
    pub(super) sort: Option<Sort>,
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
                        (calls::calls(&self.snapshot.own))
                        (metrics::metrics(&self.snapshot.own))
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
    use super::{
        super::fixtures::{documentation, snapshot},
        *,
    };

    #[test]
    fn the_page_of_an_ordinary_service_is_small() {
        let snapshot = snapshot(20);
        let documentation = documentation(&snapshot);
        let page = Page {
            snapshot: &snapshot,
            checks: &[],
            documentation: &documentation,
            limit: 9,
            sort: None,
        };
        let html = page.html();
        assert!(html.contains("shade1") && html.contains("class=\"refused\" d="), "{html}");
        assert!(html.contains("Calls to other services") && html.contains("40 smaller values"));
        assert!(html.len() < 40 << 10, "{} bytes", html.len());
    }
}
