//! Serving on the runtime of the caller.

use std::{future::Future, io};

use tokio::net::TcpListener;

use super::{accept::accept, connection::Connections, server_state::ServerState};
use crate::application::Service;

/// Serves connections until `stop` completes, then waits until the requests in progress have ended.
///
/// # Errors
/// If requests did not end in time.
pub(super) async fn serve(
    listener: TcpListener,
    service: Service,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let server = ServerState::start(service);
    let connections = Connections::new(server.clone());
    let counted = &server.statistics().connections;
    accept(listener, server.limits().connections, counted, stop, |it| connections.add(it)).await;
    connections.drain().await.result(server.limits().stop_time)
}
