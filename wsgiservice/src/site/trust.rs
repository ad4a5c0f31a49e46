//! Which clients may read what describes the application.

use crate::http::{forwarded, incoming::Request, network::Network};

/// The networks of trusted clients and proxies.
#[derive(Debug)]
pub(crate) struct Trust {
    networks: Vec<Network>,
    /// Whether the application or the settings chose the networks.
    is_chosen: bool,
}

impl Trust {
    /// These networks; without a choice, only this host.
    pub(super) fn new(chosen: Option<Vec<Network>>) -> Self {
        Self { is_chosen: chosen.is_some(), networks: chosen.unwrap_or_else(Network::loopback) }
    }

    /// Whether a request comes from a client that may read `/_internal/`.
    ///
    /// Behind a proxy, the client is another one. So what a proxy forwards is trusted only if the networks were chosen, and
    /// have all the clients that the proxies name.
    pub(crate) fn has_client(&self, request: &Request) -> bool {
        let is_trusted = |address| self.networks.iter().any(|network| network.contains(address));
        self.has_peer(request)
            && (!forwarded::is_forwarded(request.fields())
                || self.is_chosen && forwarded::all_addresses(request.fields(), is_trusted))
    }

    /// Whether a request comes from a trusted network; a request without a peer does not.
    pub(crate) fn has_peer(&self, request: &Request) -> bool {
        let peer = request.peer().map(|peer| peer.ip());
        peer.is_some_and(|peer| self.networks.iter().any(|network| network.contains(peer)))
    }
}
