//! Whether the client of a request still waits for its response.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// Whether the client is connected, as an extension of the request: a `GET`, which is dropped instead, has none and costs nothing.
#[derive(Clone, Debug)]
pub(super) struct ClientPresence(Arc<AtomicBool>);

/// Marks the client as gone when it is dropped: the server, or a host, drops the future of the response if the client disconnects.
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
