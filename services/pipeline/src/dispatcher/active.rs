//! Listeners that get deliveries.

use std::time::Duration;

use super::{UrlTarget, outcome::Kind, url::UrlClient};
use crate::{listener::Listener, signature::Signer, spool::Wanted};

/// How much longer than its timeout a delivery is leased: its result is written by then.
const LEASE: Duration = Duration::from_secs(5);

/// A listener that gets deliveries.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) listener: Listener,
    pub(super) target: Target,
    pub(super) signer: Option<Signer>,
    /// The cluster of this process.
    pub(super) cluster: String,
}

/// Where deliveries go.
#[derive(Debug)]
pub(super) enum Target {
    Service { name: String, path: String },
    Url(UrlClient),
}

impl Active {
    pub(super) fn new(listener: Listener, cluster: &str) -> Result<Self, String> {
        let target = match (&listener.service, &listener.url) {
            (_, Some(url)) => {
                Target::Url(UrlClient::new(UrlTarget::parse(url, cluster)?, cluster)?)
            }
            (Some(service), None) => {
                let path = listener.path.clone().unwrap_or_default();
                Target::Service { name: service.clone(), path }
            }
            (None, None) => return Err("it has no service".to_owned()),
        };
        let signer = listener.secret.as_deref().map(Signer::new).transpose()?;
        Ok(Self { listener, target, signer, cluster: cluster.to_owned() })
    }

    pub(super) fn kind(&self) -> Kind {
        match &self.target {
            Target::Service { .. } => Kind::Service,
            Target::Url(_) => Kind::Url,
        }
    }

    pub(super) fn timeout(&self) -> Duration {
        Duration::from_millis(self.listener.timeout_ms.into())
    }

    /// So many of its deliveries, to be sent now.
    pub(super) fn wanted(&self, limit: u32) -> Wanted {
        let lease = crate::time::milliseconds(self.timeout() + LEASE);
        Wanted { listener: self.listener.name.clone(), limit, lease }
    }
}
