//! The table of the calls to other services.

use maud::{Markup, html};

use super::charts;
use crate::{
    monitoring::{
        own::{CalledService, called, sum, words},
        quantity::{number, percent},
    },
    statistics::family::Family,
};

/// How many services are shown.
const SERVICES: usize = 12;

/// A table with a row for each service that was called, if any was.
pub(super) fn calls(metrics: &[Family]) -> Markup {
    let services = called(metrics);
    let left_out = services.len().saturating_sub(SERVICES);
    html! {
        @if !services.is_empty() {
            h2 { "Calls to other services" }
            div.scroll tabindex="0" role="region" aria-label="Calls to other services" {
                table.calls {
                    thead {
                        tr {
                            th scope="col" { "Service" }
                            th.number scope="col" { "Calls" }
                            @for name in ["Outcomes", "Attempts", "Ejections", "Cache"] { th scope="col" { (name) } }
                        }
                    }
                    tbody { @for service in services.iter().take(SERVICES) { (self::service(service)) } }
                }
            }
            @if left_out > 0 { p.quiet { (left_out) " more in the " a href="metrics" { "metrics" } "." } }
        }
    }
}

fn service(service: &CalledService<'_>) -> Markup {
    let CalledService { name, calls, attempts, ejections, ejected, cache } = service;
    let bar = calls.iter().map(|(outcome, count)| (class(outcome), *count)).collect::<Vec<_>>();
    let used = cache.iter().filter(|(what, _)| what != "miss").map(|(_, count)| count).sum();
    html! {
        tr {
            th scope="row" { (name) }
            td data-label="Calls" { (number(sum(calls))) }
            td { @if !calls.is_empty() { (charts::bar(&bar)) span.words { (words(calls)) } } }
            td.words data-label="Attempts" { (number(sum(attempts))) @if sum(attempts) > 0 { " (" (words(attempts)) ")" } }
            td.words data-label="Ejections" { @if ejections.is_empty() { "0" } @else { (words(ejections)) } @if !ejected.is_empty() { "; out of service now: " (words(ejected)) } }
            td.words data-label="Cache" { @if !cache.is_empty() { (percent(used, sum(cache))) " (" (words(cache)) ")" } }
        }
    }
}

/// How an outcome is drawn.
fn class(outcome: &str) -> &'static str {
    match outcome.rsplit(' ').next() {
        Some("success") => "good",
        Some("redirect") => "redirected",
        _ if outcome.ends_with("client error") => "refused",
        _ => "failed",
    }
}
