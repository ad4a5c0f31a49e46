//! One multi-threaded runtime for all connections.

use std::{future::Future, sync::Arc};

use tokio::net::TcpListener;

use super::{accept::accept, connection::Connections, timeouts::Timeouts};
use crate::application::Service;

/// Serves connections until `stop` completes, then waits until the requests in progress have ended.
pub(super) async fn serve(listener: TcpListener, service: Service, stop: impl Future<Output = ()>) {
    let timeouts = Timeouts::start();
    let connections = Connections::new(service, Arc::clone(&timeouts));
    accept(listener, stop, |stream, peer| connections.add(stream, peer)).await;
    timeouts.shut_down();
    connections.drain().await;
}
