//! What all connections of a server share.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{in_flight::InFlight, timeouts::Timeouts};
use crate::{application::Service, limits::Limits, statistics::Statistics};

/// The service, and what is known of its connections and requests.
#[derive(Clone, Debug)]
pub(super) struct ServerState {
    pub(super) service: Service,
    pub(super) timeouts: Arc<Timeouts>,
    pub(super) in_flight: Arc<InFlight>,
    /// Is cancelled if requests get no more time to end.
    pub(super) at_once: CancellationToken,
}

impl ServerState {
    /// The state of a new server, whose tick runs.
    pub(super) fn start(service: Service, at_once: CancellationToken) -> Self {
        let timeouts = Timeouts::start(service.limits(), service.statistics());
        let in_flight = InFlight::new(service.limits().requests);
        Self { service, timeouts, in_flight, at_once }
    }

    pub(super) fn statistics(&self) -> &Statistics {
        self.service.statistics()
    }

    pub(super) fn limits(&self) -> &Limits {
        self.service.limits()
    }
}
