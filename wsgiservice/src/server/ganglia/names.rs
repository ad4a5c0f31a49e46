//! What the metrics of a service are named.

use std::fs;

use super::{
    gauges::Gauge,
    packet::{LONGEST_TEXT, Metric},
};
use crate::server::Settings;

/// The slope of a value that grows and shrinks. A counter would be worse: gmetad takes a restart for a huge rate.
const BOTH: u32 = 3;

/// The most seconds between two values.
const MOST_SECONDS: u32 = 60;

/// After how many seconds without a value gmond deletes a metric.
const DELETED_AFTER: u32 = 600;

/// The longest name of a service in the name of a metric, so that there is room for what follows.
const LONGEST_SERVICE: usize = LONGEST_TEXT / 2;

/// What the names of the metrics are made of.
pub(super) struct Names {
    /// The name of this machine. gmond ignores it, and names the address that a message comes from.
    host: String,
    /// The group of the metrics, named for the service.
    group: String,
    /// What the names of the metrics begin with. gmond has one metric of a name for each machine, so it also tells apart the
    /// instances of the service there, by their ports.
    prefix: String,
}

impl Names {
    pub(super) fn new(service: &str, port: u16) -> Self {
        let group = file_name(service);
        let prefix = match port == Settings::default().bind.port() {
            true => group.clone(),
            false => format!("{group}-{port}"),
        };
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Self { host: host.trim().to_owned(), group, prefix }
    }

    pub(super) fn metric<'a>(&'a self, gauge: &Gauge) -> Metric<'a> {
        Metric {
            host: &self.host,
            name: format!("{}.{}", self.prefix, gauge.name),
            kind: gauge.kind,
            units: gauge.units,
            slope: BOTH,
            most_seconds: MOST_SECONDS,
            deleted_after: DELETED_AFTER,
            extra: vec![("GROUP", &self.group), ("TITLE", gauge.title)],
        }
    }
}

/// The name of a service as gmetad can have it in the name of a file.
fn file_name(service: &str) -> String {
    let is_allowed = |it: &char| it.is_ascii_alphanumeric() || matches!(it, '_' | '.' | '-');
    let characters = service.chars().map(|it| if is_allowed(&it) { it } else { '_' });
    match characters.take(LONGEST_SERVICE).collect::<String>() {
        name if name.is_empty() => "service".to_owned(),
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(service: &str, port: u16) -> String {
        let gauge = Gauge {
            name: "requests_per_sec",
            kind: "float",
            units: "",
            title: "",
            value: String::new(),
        };
        Names::new(service, port).metric(&gauge).name
    }

    #[test]
    fn a_name_has_the_service_and_its_port_unless_it_is_the_default() {
        assert_eq!(name("geoip", 8001), "geoip.requests_per_sec");
        assert_eq!(name("geoip", 8102), "geoip-8102.requests_per_sec");
    }

    #[test]
    fn a_name_is_the_name_of_a_file() {
        assert_eq!(name("../a b:\"ü\"", 8001), ".._a_b____.requests_per_sec");
        assert_eq!(name("", 8001), "service.requests_per_sec");
        let long = name(&"a".repeat(2000), 65535);
        assert!(long.len() <= LONGEST_TEXT && long.ends_with("a-65535.requests_per_sec"), "{long}");
    }
}
