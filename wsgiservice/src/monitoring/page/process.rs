//! The process and the checks.

use std::thread;

use maud::{Markup, html};

use super::{Page, charts, dot};
use crate::{
    health::CheckResult,
    monitoring::{
        quantity::{bytes, duration, moment, number},
        timeline::Timeline,
    },
    statistics::{Slice, Snapshot},
};

/// What the process uses.
pub(super) fn process(page: Page<'_>, timeline: &Timeline<'_>) -> Markup {
    let Snapshot { process, .. } = page.snapshot;
    let memory = timeline.values(|slice| slice.process.resident.unwrap_or_default() as f64);
    let cores = timeline.changes(cores);
    html! {
        h2 { "Process" }
        dl.facts {
            @if let Some(resident) = process.resident {
                div { dt { "Memory" } dd { (bytes(resident)) " " (charts::line(&memory)) } }
            }
            @if let Some(used) = process.cpu {
                div {
                    dt { "CPU" }
                    dd {
                        @if let Some(now) = cores.iter().rev().flatten().next() { (format!("{now:.2}")) " of " }
                        @if let Ok(all) = thread::available_parallelism() { (all) " cores, " }
                        (duration(used)) " since the start "
                        (charts::line(&cores))
                    }
                }
            }
            @if let Some(open) = process.open_files {
                div { dt { "Open files" } dd { (number(open)) @if let Some(max) = process.max_files { " / " (number(max)) } } }
            }
            @if let Some(threads) = process.threads { div { dt { "Threads" } dd { (number(threads)) } } }
            div { dt { "Started" } dd { (moment(page.snapshot.began_at)) " UTC" } }
        }
    }
}

/// What the checks of the service find.
pub(super) fn checks(results: &[CheckResult]) -> Markup {
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

/// How many cores the process used within a slice.
fn cores(before: &Slice, slice: &Slice) -> Option<f64> {
    let used = slice.process.cpu?.saturating_sub(before.process.cpu?);
    Some(used.as_secs_f64() / slice.length.as_secs_f64().max(1.0))
}
