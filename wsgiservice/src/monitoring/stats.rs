//! `/_internal/stats`: the statistics for people, and for programs that read JSON or XML.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use wsgiservice_macros::{mount, resource};

use super::{Monitor, document::Document, text};
use crate::{site::Mounting, statistics::Snapshot};

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
    fn get(&self) -> Told {
        Told(self.monitor.snapshot())
    }

    #[representation(".txt", "text/plain")]
    fn text(&self, told: &Told) -> String {
        text::write(&told.0)
    }
}

struct Told(Snapshot);

impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Document::of(&self.0).serialize(serializer)
    }
}
