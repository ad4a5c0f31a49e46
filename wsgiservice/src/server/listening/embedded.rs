//! Serving on the runtime of the caller.

use std::{future::Future, io, sync::Arc};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{accept::accept, connection::Connections, server_state::ServerState};
use crate::application::Service;

/// Serves connections until `stop` completes, then waits until the requests in progress have ended, or cuts them off if
/// that is to be `at_once`.
///
/// # Errors
/// If requests did not end in time.
pub(super) async fn serve(
    listener: TcpListener,
    service: Service,
    stop: impl Future<Output = ()>,
    at_once: CancellationToken,
) -> io::Result<()> {
    let server = ServerState::start(service, at_once);
    let connections = Connections::new(server.clone(), Arc::default());
    let counted = &server.statistics().connections;
    accept(listener, server.limits().connections, counted, stop, |it| connections.add(it)).await;
    connections.drain().await.result(server.limits().stop_time)
}
