//! The table of the metrics of the service.

use maud::{Markup, html};

use crate::{
    monitoring::own::{self, OwnMetric, OwnMetrics},
    statistics::family::Family,
};

/// A table with the values of each metric, if the service has any.
pub(super) fn metrics(metrics: &[Family]) -> Markup {
    let OwnMetrics { metrics, left_out } = own::metrics(metrics);
    html! {
        @if !metrics.is_empty() {
            h2 { "Metrics of the service" }
            div.scroll tabindex="0" role="region" aria-label="Metrics of the service" {
                table.own {
                    thead {
                        tr { @for name in ["Metric", "Label", "Value"] { th scope="col" { (name) } } }
                    }
                    @for metric in &metrics { tbody { (rows(metric)) } }
                }
            }
            @if left_out > 0 { p.quiet { (left_out) " smaller values are only in the " a href="metrics" { "metrics" } "." } }
        }
    }
}

fn rows(metric: &OwnMetric<'_>) -> Markup {
    html! {
        @for (position, row) in metric.rows.iter().enumerate() {
            tr {
                @if position == 0 {
                    th scope="rowgroup" rowspan=(metric.rows.len()) { code { (metric.name) } " " span.quiet { (metric.help) } }
                }
                td { (row.labels) }
                td { (row.value) }
            }
        }
    }
}
