//! The server: a socket, a runtime, and an orderly end.

mod connection;
mod dispatch;
mod log;
mod open_connections;
mod per_core;
mod run;
mod signals;
mod socket;
mod timeouts;
mod write;

use std::{future::Future, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use tokio::net::{TcpListener, TcpStream};

pub use self::run::run;
use self::{connection::Connections, timeouts::Timeouts};
use crate::application::Service;

/// How long to wait where no connection can be accepted, such as without file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Answers on a listener until it is told to stop, and what was begun has ended.
async fn serve(listener: TcpListener, service: Service, stop: impl Future<Output = ()>) {
    let timeouts = Timeouts::start();
    let connections = Connections::new(service, Arc::clone(&timeouts));
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            (stream, peer) = accept(&listener) => connections.add(stream, peer),
            () = &mut stop => break,
        }
    }
    drop(listener);
    tracing::info!("stopping");
    timeouts.shut_down();
    connections.drain().await;
}

/// The next connection.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
