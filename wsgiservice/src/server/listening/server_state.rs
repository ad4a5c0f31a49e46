//! What all connections of a server share.

use std::sync::Arc;

use super::{in_flight::InFlight, timeouts::Timeouts};
use crate::{application::Service, limits::Limits, statistics::Statistics};

/// The service, and what is known of its connections and requests.
#[derive(Clone, Debug)]
pub(super) struct ServerState {
    pub(super) service: Service,
    pub(super) timeouts: Arc<Timeouts>,
    pub(super) in_flight: Arc<InFlight>,
}

impl ServerState {
    /// The state of a new server, whose tick runs.
    pub(super) fn start(service: Service) -> Self {
        let timeouts = Timeouts::start(service.limits(), service.statistics());
        let in_flight = InFlight::new(service.limits().requests);
        Self { service, timeouts, in_flight }
    }

    pub(super) fn statistics(&self) -> &Statistics {
        self.service.statistics()
    }

    pub(super) fn limits(&self) -> &Limits {
        self.service.limits()
    }
}
