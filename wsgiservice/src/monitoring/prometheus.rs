//! The text formats of Prometheus: 0.0.4, and OpenMetrics 1.0.

use std::fmt::{Display, Write};

use crate::statistics::family::{Family, Histogram, Kind, Sample, Value};

/// A text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Prometheus,
    OpenMetrics,
}

/// Writes metrics; those without a value are absent.
pub(super) fn write(families: &[Family], format: Format) -> String {
    let mut text = String::new();
    for family in families.iter().filter(|family| !family.samples.is_empty()) {
        head(&mut text, family, format);
        family.samples.iter().for_each(|it| sample(&mut text, family, it));
    }
    if format == Format::OpenMetrics {
        text.push_str("# EOF\n");
    }
    text
}

fn head(text: &mut String, family: &Family, format: Format) {
    let is_open = format == Format::OpenMetrics;
    let suffix = if is_open { "" } else { suffix(family.kind) };
    let kind = match family.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Info if is_open => "info",
        Kind::Info => "gauge",
        Kind::Histogram => "histogram",
    };
    let name = &family.name;
    // Only OpenMetrics escapes quotes in it.
    let help = if is_open { escaped(&family.help) } else { escaped_lines(&family.help) };
    let _ = writeln!(text, "# HELP {name}{suffix} {help}\n# TYPE {name}{suffix} {kind}");
}

/// What the samples of a metric have after its name.
fn suffix(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "_total",
        Kind::Info => "_info",
        Kind::Gauge | Kind::Histogram => "",
    }
}

fn sample(text: &mut String, family: &Family, sample: &Sample) {
    let (name, suffix) = (&family.name, suffix(family.kind));
    let all = labels(sample, None);
    let number = |number: &dyn Display| format!("{name}{suffix}{all} {number}\n");
    match &sample.value {
        Value::Integer(value) => text.push_str(&number(value)),
        Value::Number(value) => text.push_str(&number(value)),
        Value::Durations(durations) => buckets(text, name, sample, &Histogram::from(durations)),
        Value::Histogram(histogram) => buckets(text, name, sample, histogram),
    }
}

fn buckets(text: &mut String, name: &str, sample: &Sample, histogram: &Histogram) {
    let Histogram { bounds, count, sum } = histogram;
    for (bound, count) in bounds {
        // To write to a text cannot fail.
        let _ = writeln!(text, "{name}_bucket{} {count}", labels(sample, Some(*bound)));
    }
    let (last, all) = (labels(sample, Some(f64::INFINITY)), labels(sample, None));
    let _ = writeln!(
        text,
        "{name}_bucket{last} {count}\n{name}_sum{all} {sum}\n{name}_count{all} {count}"
    );
}

/// The labels in braces, the bound of a bucket last; nothing if there are none.
fn labels(sample: &Sample, bound: Option<f64>) -> String {
    let own = sample.labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value)));
    let bound = bound.map(|bound| match bound {
        f64::INFINITY => "le=\"+Inf\"".to_owned(),
        bound => format!("le=\"{bound:?}\""),
    });
    let all: Vec<_> = own.chain(bound).collect();
    if all.is_empty() { String::new() } else { format!("{{{}}}", all.join(",")) }
}

fn escaped(text: &str) -> String {
    escaped_lines(text).replace('"', "\\\"")
}

fn escaped_lines(text: &str) -> String {
    text.replace('\\', r"\\").replace('\n', r"\n")
}
