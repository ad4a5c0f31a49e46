//! The last errors of the server.

use maud::{Markup, html};

use super::route;
use crate::{documentation::help, monitoring::quantity::moment, statistics::ProblemSnapshot};

/// A table with the last errors of the server.
pub(super) fn problems(problems: &[ProblemSnapshot]) -> Markup {
    html! {
        h2 { "Last problems" }
        @if problems.is_empty() { p.quiet { "No errors of the server since the start." } }
        @else {
            p.quiet { "The log has the cause of each under its ID." }
            div.scroll tabindex="0" role="region" aria-label="Last problems" {
                table {
                    thead {
                        tr {
                            @for name in ["Time (UTC)", "Status", "Method", "Problem", "ID"] { th scope="col" { (name) } }
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
            td { code { (id) } }
        }
    }
}
