//! `/_internal/metrics`: the statistics for Prometheus.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use wsgiservice_macros::{mount, resource};

use super::{
    Monitor, families,
    prometheus::{self, Format},
};
use crate::{site::Mounting, statistics::Snapshot};

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
    fn get(&self) -> Told {
        Told(self.monitor.snapshot())
    }

    #[representation(".prom", "text/plain; version=0.0.4")]
    fn prometheus(&self, told: &Told) -> String {
        prometheus::write(&families::of(&told.0), Format::Prometheus)
    }

    #[representation(".om", "application/openmetrics-text; version=1.0.0; charset=utf-8")]
    fn open_metrics(&self, told: &Told) -> String {
        prometheus::write(&families::of(&told.0), Format::OpenMetrics)
    }
}

struct Told(Snapshot);

/// It has only representations of its own.
impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}
