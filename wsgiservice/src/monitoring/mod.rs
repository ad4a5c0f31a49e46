//! What a service tells of how it does, to people and to programs: `/_internal` and what it lists.
//!
//! All of it is made from one [`Snapshot`], so that all of it agrees.

mod document;
mod families;
#[cfg(test)]
mod fixtures;
mod health;
mod index;
mod metrics;
mod own;
mod page;
mod prometheus;
mod quantity;
mod sort;
mod stats;
mod text;
mod timeline;
mod wrong_metrics;

use std::sync::Arc;

pub(crate) use self::wrong_metrics::wrong_metrics;
use tokio_util::sync::CancellationToken;

use crate::{
    documentation::Documentation,
    health::{Check, Checks},
    site::{Mounting, Site, Trust},
    statistics::{Snapshot, Statistics},
};

/// What the resources read.
#[derive(Debug)]
pub(crate) struct Monitor {
    statistics: Arc<Statistics>,
    checks: Checks,
    documentation: Arc<Documentation>,
    /// How many requests may be in flight.
    limit: usize,
    trust: Arc<Trust>,
    /// Whether the server stops.
    stopping: CancellationToken,
}

impl Monitor {
    pub(crate) fn new(
        site: &Site,
        documentation: &Arc<Documentation>,
        checks: Vec<Check>,
    ) -> Arc<Self> {
        Arc::new(Self {
            statistics: Arc::clone(&site.statistics),
            checks: Checks::new(checks),
            documentation: Arc::clone(documentation),
            limit: site.limits.requests,
            trust: Arc::clone(&site.trust),
            stopping: site.stopping.clone(),
        })
    }

    fn snapshot(&self) -> Snapshot {
        self.statistics.snapshot()
    }
}

/// The resources that tell it.
pub(crate) fn resources(monitor: &Arc<Monitor>) -> Vec<Mounting> {
    let mut resources =
        vec![index::resource(), stats::resource(monitor), metrics::resource(monitor)];
    resources.extend(page::resources());
    resources.extend(health::resources(monitor));
    resources
}
