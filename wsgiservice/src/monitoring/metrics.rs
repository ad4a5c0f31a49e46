//! `/_internal/metrics`: the statistics for Prometheus.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use wsgiservice_macros::{mount, resource};

use super::{
    Monitor, families,
    prometheus::{self, Format},
};
use crate::{
    health::{CheckResult, Health},
    site::Mounting,
    statistics::{
        Snapshot,
        family::{Family, Kind, Sample, Value},
    },
};

pub(super) fn resource(monitor: &Arc<Monitor>) -> Mounting {
    Mounting::new(Metrics { monitor: Arc::clone(monitor) })
}

/// The statistics of this service, for Prometheus.
#[mount("/_internal/metrics", representations = [prom, om], crate = crate)]
struct Metrics {
    monitor: Arc<Monitor>,
}

#[resource(crate = crate)]
impl Metrics {
    async fn get(&self) -> Told {
        // They may set gauges.
        let checks = self.monitor.checks.results().await;
        Told { snapshot: self.monitor.snapshot(), checks }
    }

    #[representation(".prom", "text/plain; version=0.0.4")]
    fn prometheus(&self, told: &Told) -> String {
        prometheus::write(&told.families(), Format::Prometheus)
    }

    #[representation(".om", "application/openmetrics-text; version=1.0.0; charset=utf-8")]
    fn open_metrics(&self, told: &Told) -> String {
        prometheus::write(&told.families(), Format::OpenMetrics)
    }
}

struct Told {
    snapshot: Snapshot,
    checks: Arc<[CheckResult]>,
}

impl Told {
    fn families(&self) -> Vec<Family> {
        let mut all = families::of(&self.snapshot);
        all.extend(health(&self.checks));
        all
    }
}

/// What the checks found, by the numbers that Nagios has for it; `None` without a check.
fn health(checks: &[CheckResult]) -> Option<Family> {
    let sample = |check: &CheckResult| Sample {
        labels: vec![("check", check.name.clone())],
        value: Value::Integer(match check.health {
            Health::Pass => 0,
            Health::Warn(_) => 1,
            Health::Fail(_) => 2,
        }),
    };
    let help = "What each check found: 0 if it passes, 1 if it warns, 2 if it fails.";
    let samples: Vec<_> = checks.iter().map(sample).collect();
    (!samples.is_empty()).then(|| Family::new("wsgiservice_health", help, Kind::Gauge, samples))
}

/// It has only representations of its own.
impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}
