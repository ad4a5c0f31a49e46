//! Serving on the runtime of the caller.

use std::{future::Future, io};

use tokio::net::TcpListener;

use super::{accept::accept, connection::Connections, server_state::ServerState};
use crate::application::Service;

/// Serves connections until `stop` completes, then waits until the requests in progress have ended, or until what `stop`
/// returned completes.
///
/// # Errors
/// If requests did not end in time.
pub(super) async fn serve<F: Future<Output = ()>>(
    listener: TcpListener,
    service: Service,
    stop: impl Future<Output = F>,
) -> io::Result<()> {
    let server = ServerState::start(service);
    let connections = Connections::new(server.clone());
    let accepting = accept(listener, server.limits().connections, stop, |it| connections.add(it));
    let stop_now = accepting.await;
    tokio::select! {
        drained = connections.drain() => drained.result(server.limits().stop_time),
        () = stop_now => Err(super::stopping::stopped_at_once()),
    }
}
