//! `/_internal/stats`: the statistics for people, and for programs that read JSON or XML.

use std::sync::Arc;

use http::{HeaderValue, header};
use serde::{Serialize, Serializer};
use wsgiservice_macros::{mount, resource};

use super::{Monitor, document::Document, page::Page, sort::Sort, text};
use crate::{
    answer::WithFields, documentation::help::CONTENT_SECURITY_POLICY, health::CheckResult,
    site::Mounting, statistics::Snapshot,
};

pub(super) fn resource(monitor: &Arc<Monitor>) -> Mounting {
    Mounting::new(Stats { monitor: Arc::clone(monitor) })
}

/// The statistics of this service.
#[mount("/_internal/stats", xml_root = "statistics", crate = crate)]
struct Stats {
    monitor: Arc<Monitor>,
}

#[resource(crate = crate)]
impl Stats {
    async fn get(&self, sort: Option<Sort>) -> WithFields<Told> {
        let checks = self.monitor.checks.results().await;
        let mut snapshot = self.monitor.snapshot();
        if let Some(sort) = sort {
            sort.apply(&mut snapshot);
        }
        let told = Told { snapshot, checks, sort };
        let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
        WithFields::new(told).field(header::CONTENT_SECURITY_POLICY, policy)
    }

    #[representation(".html", "text/html")]
    fn html(&self, told: &Told) -> String {
        let Monitor { documentation, limit, .. } = &*self.monitor;
        let Told { snapshot, checks, sort } = told;
        Page { snapshot, checks, documentation, limit: *limit, sort: *sort }.html()
    }

    #[representation(".txt", "text/plain")]
    fn text(&self, told: &Told) -> String {
        text::write(&told.snapshot, &told.checks, self.monitor.limit)
    }
}

struct Told {
    snapshot: Snapshot,
    checks: Arc<[CheckResult]>,
    /// What the methods are sorted by, if it is not the order of the resources.
    sort: Option<Sort>,
}

impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Document::of(&self.snapshot, &self.checks).serialize(serializer)
    }
}
