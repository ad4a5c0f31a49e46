//! The server: it accepts connections, responds to their requests, and stops when it is told to.
//!
//! A connection is a task ([`connection`]) in which hyper reads requests from a [`socket`]. [`dispatch`] runs their
//! exchanges, [`write`](mod@write) batches the responses, and [`timeouts`] closes connections that wait for too long.

mod connection;
mod connection_state;
mod dispatch;
mod log_setup;
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

/// How long to wait after a failed accept, for example when the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves connections until `stop` completes, then waits until the requests in progress have ended.
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

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
