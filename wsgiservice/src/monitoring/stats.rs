//! `/_internal/stats`: the statistics for people, and for programs that read JSON or XML.

use std::sync::Arc;

use http::{HeaderValue, header};
use serde::{Serialize, Serializer};
use wsgiservice_macros::{mount, resource};

use super::{Monitor, document::Document, page::Page, text};
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
    async fn get(&self) -> WithFields<Told> {
        let checks = self.monitor.checks.results().await;
        let told = Told { snapshot: self.monitor.snapshot(), checks };
        let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
        WithFields::new(told).field(header::CONTENT_SECURITY_POLICY, policy)
    }

    #[representation(".html", "text/html")]
    fn html(&self, told: &Told) -> String {
        let Monitor { documentation, limit, .. } = &*self.monitor;
        let Told { snapshot, checks } = told;
        Page { snapshot, checks, documentation, limit: *limit }.html()
    }

    #[representation(".txt", "text/plain")]
    fn text(&self, told: &Told) -> String {
        text::write(&told.snapshot)
    }
}

struct Told {
    snapshot: Snapshot,
    checks: Arc<[CheckResult]>,
}

impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Document::of(&self.snapshot, &self.checks).serialize(serializer)
    }
}
