//! Whether the client of a request still waits for its response.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// What a request knows of its client: an extension, so that requests that nobody watches pay nothing.
#[derive(Clone, Debug)]
pub(super) struct ClientPresence(Arc<AtomicBool>);

/// The client is gone when this is dropped. The server, or a host, drops the response that nobody waits for.
#[derive(Debug)]
pub(crate) struct WaitingClient(ClientPresence);

impl ClientPresence {
    pub(super) fn is_gone(&self) -> bool {
        self.0.load(Relaxed)
    }
}

impl WaitingClient {
    pub(super) fn new() -> Self {
        Self(ClientPresence(Arc::default()))
    }

    pub(super) fn presence(&self) -> ClientPresence {
        self.0.clone()
    }
}

impl Drop for WaitingClient {
    fn drop(&mut self) {
        self.0.0.store(true, Relaxed);
    }
}
