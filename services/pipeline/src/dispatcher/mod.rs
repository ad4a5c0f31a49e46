//! Sends what is due.
//!
//! One task decides: in each round it writes the results that have come in and claims what is due, all in one transaction, and
//! starts a task for each claim. A round begins as soon as there is a result, a hint, or something due, and once in a second
//! it is looked for what nobody has hinted at.

mod active;
mod deliver;
mod hints;
mod outcome;
mod places;
pub(crate) mod schedule;
mod url;
mod work;

use std::{sync::Arc, time::Duration};

use wsgiservice::server::Stopping;
use wsgiservice_client::RestClient;

#[cfg(test)]
pub(crate) use self::work::Work;
#[cfg(not(test))]
use self::work::Work;
pub(crate) use self::{hints::Hints, url::UrlTarget};
use crate::{listener::Listener, spool::Spool};

/// How often the spool is polled.
const POLL: Duration = Duration::from_secs(1);

/// How long deliveries that are under way may take when the server stops.
const LAST: Duration = Duration::from_secs(2);

/// Sends what is due. It is cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Dispatcher(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    spool: Spool,
    client: RestClient,
    hints: Hints,
}

/// That the topology does not have a name, and the one that was perhaps meant.
fn unknown<'a>(member: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let likeness = |other: &str| strsim::jaro_winkler(name, other);
    let nearest = known.max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let help = match nearest.filter(|other| likeness(other) > 0.8) {
        Some(nearest) => format!("; did you mean `{nearest}`?"),
        None => String::new(),
    };
    format!("`{member}`: the topology has no `{name}`{help}")
}

impl Dispatcher {
    pub(crate) fn new(spool: Spool, client: RestClient) -> Self {
        Self(Arc::new(Inner { spool, client, hints: Hints::default() }))
    }

    pub(crate) fn spool(&self) -> &Spool {
        &self.0.spool
    }

    pub(crate) fn client(&self) -> &RestClient {
        &self.0.client
    }

    pub(crate) fn hints(&self) -> &Hints {
        &self.0.hints
    }

    /// What of a listener the topology does not have: its service, or the cluster of its locator.
    pub(crate) fn unknown_place(&self, listener: &Listener) -> Option<String> {
        let topology = self.0.client.topology();
        let service = listener.service.as_deref()?;
        // One without services has those of this process.
        topology.services().next()?;
        if !topology.services().any(|known| known == service) {
            return Some(unknown("service", service, topology.services()));
        }
        let cluster = listener.locator.as_deref()?.strip_prefix("cluster:")?;
        let is_known = topology.clusters().any(|known| known == cluster);
        (!is_known).then(|| unknown("locator", cluster, topology.clusters()))
    }

    /// The cluster of this process.
    pub(crate) fn cluster(&self) -> String {
        self.0.client.topology().local_cluster().to_owned()
    }

    /// Sends what is due until the server stops. What is under way then, and does not end soon, is due again when its lease
    /// has run out.
    pub(crate) async fn run(&self, stopping: &Stopping) {
        let mut work = Work::new(self.clone());
        while !stopping.is_requested() {
            if let Err(error) = work.round().await {
                tracing::warn!(%error, "the spool cannot be used; it is tried again in a second");
                stopping.pause(POLL).await;
                continue;
            }
            tokio::select! {
                () = stopping.requested() => {}
                () = work.wait() => {}
            }
        }
        if let Err(error) = work.finish(LAST).await {
            tracing::warn!(%error, "the last results could not be written; their deliveries are made again");
        }
    }
}
