//! Which clients may read what describes the application.

use tracing::field::display;

use crate::{
    http::{forwarded, incoming::Request, network::Network},
    once_a_minute::OnceAMinute,
};

/// The networks of trusted clients and proxies.
#[derive(Debug)]
pub(crate) struct Trust {
    networks: Vec<Network>,
    /// Whether the application or the settings chose the networks.
    is_chosen: bool,
    hidden: OnceAMinute,
}

impl Trust {
    /// These networks; without a choice, only this host.
    pub(super) fn new(chosen: Option<Vec<Network>>) -> Self {
        let is_chosen = chosen.is_some();
        let networks = chosen.unwrap_or_else(Network::loopback);
        Self { networks, is_chosen, hidden: OnceAMinute::default() }
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

    /// Tells the operator why a client gets a 404, from which the client must not learn that there is something to read.
    pub(super) fn log_hidden(&self, request: &Request) {
        if !self.hidden.is_due() {
            return;
        }
        let reason = match request.peer() {
            None => "the host of the service passes no address of a peer on with the request",
            Some(_) if self.has_peer(request) => {
                "its request was forwarded, and the networks of the setting `trusted` must have the proxy and all clients that it names"
            }
            Some(_) => "it is not in the networks of the setting `trusted`",
        };
        let peer = request.peer().map(display);
        tracing::info!(peer, "a client that may not read `/_internal` got a 404: {reason}");
    }

    /// Whether a request comes from a trusted network; a request without a peer does not.
    pub(crate) fn has_peer(&self, request: &Request) -> bool {
        let peer = request.peer().map(|peer| peer.ip());
        peer.is_some_and(|peer| self.networks.iter().any(|network| network.contains(peer)))
    }
}
