//! What a scraper would not accept of a service's own metrics: it would refuse all others with them.

use std::collections::{BTreeMap, BTreeSet};

use super::families;
use crate::statistics::{
    Registered,
    family::{Family, Kind},
};

/// What the names of labels begin with that Prometheus uses itself.
const RESERVED: &str = "__";

/// The label of the bounds of a histogram.
const BOUND: &str = "le";

/// What the name of a counter ends with in the formats of Prometheus, which add it.
const TOTAL: &str = "_total";

/// The ends of names that tell another unit than seconds, which are those of a histogram.
const OTHER_UNITS: [&str; 11] = [
    "_ms",
    "_millis",
    "_milliseconds",
    "_us",
    "_micros",
    "_microseconds",
    "_ns",
    "_nanos",
    "_nanoseconds",
    "_minutes",
    "_hours",
];

/// What is wrong with the names and the labels of a service's own metrics.
pub(crate) fn wrong_metrics(metrics: &[Registered]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut taken = BTreeMap::new();
    for metric in metrics {
        let name = &metric.name;
        let families = (metric.source)();
        wrong.extend(
            wrong_name(name)
                .or_else(|| families.iter().find_map(wrong_suffix))
                .or_else(|| wrong_as_taken(name, &families, &mut taken)),
        );
        wrong.extend(families.iter().filter_map(wrong_labels));
    }
    wrong
}

fn wrong_name(name: &str) -> Option<String> {
    if !is_name(name) || name.starts_with('_') {
        return Some(format!(
            "metric `{name}`: expected ASCII letters, digits and underscores, beginning with a letter"
        ));
    }
    let prefix = families::PREFIXES.into_iter().find(|prefix| name.starts_with(prefix));
    match prefix {
        Some(prefix) => {
            Some(format!("metric `{name}`: the framework has metrics with the prefix `{prefix}`"))
        }
        None if name == families::TARGET => {
            Some(format!("metric `{name}`: the framework has a metric of this name"))
        }
        None => None,
    }
}

/// What the end of a name says of the metric, and is not so.
fn wrong_suffix(family: &Family) -> Option<String> {
    let name = &family.name;
    match family.kind {
        Kind::Counter => name.strip_suffix(TOTAL).map(|stem| {
            format!("metric `{name}`: `{TOTAL}` is added to the name of a counter\nhelp: `{stem}`")
        }),
        Kind::Histogram => {
            OTHER_UNITS.iter().find_map(|unit| name.strip_suffix(unit)).map(|stem| {
                format!(
                    "metric `{name}`: the unit of a histogram is seconds\nhelp: `{stem}_seconds`"
                )
            })
        }
        Kind::Gauge | Kind::Info => None,
    }
}

/// Takes the names of a metric, unless another metric has one of them.
fn wrong_as_taken(
    name: &str,
    families: &[Family],
    taken: &mut BTreeMap<String, String>,
) -> Option<String> {
    let names: Vec<_> = families.iter().flat_map(names).collect();
    let other = names.iter().find_map(|name| taken.get(name)).cloned();
    taken.extend(names.into_iter().map(|it| (it, name.to_owned())));
    match other? {
        other if other == name => Some(format!("metric `{name}` is added twice")),
        other => Some(format!("metric `{name}`: `{other}` has values of this name")),
    }
}

/// The names that a metric has in any of the formats.
fn names(family: &Family) -> Vec<String> {
    let suffixes: &[&str] = match family.kind {
        Kind::Counter => &["", TOTAL],
        Kind::Histogram => &["", "_bucket", "_count", "_sum"],
        Kind::Info => &["", "_info"],
        Kind::Gauge => &[""],
    };
    suffixes.iter().map(|suffix| format!("{}{suffix}", family.name)).collect()
}

fn wrong_labels(family: &Family) -> Option<String> {
    let name = &family.name;
    let mut combinations = BTreeSet::new();
    for sample in &family.samples {
        let mut labels = BTreeSet::new();
        for (label, _) in &sample.labels {
            if !is_name(label) {
                return Some(format!(
                    "metric `{name}` has the label `{label}`: expected ASCII letters, digits and underscores, not beginning with a digit"
                ));
            }
            if label.starts_with(RESERVED) || *label == BOUND {
                return Some(format!(
                    "metric `{name}` has the label `{label}`, which Prometheus reserves"
                ));
            }
            if !labels.insert(label) {
                return Some(format!("metric `{name}` has the label `{label}` twice"));
            }
        }
        if !combinations.insert(&sample.labels) {
            return Some(format!("metric `{name}` has a combination of labels twice"));
        }
    }
    None
}

fn is_name(text: &str) -> bool {
    let is_in_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !text.is_empty()
        && text.bytes().all(is_in_name)
        && !text.starts_with(|it: char| it.is_ascii_digit())
}
