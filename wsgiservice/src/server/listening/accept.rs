//! Accepting connections, until the server stops.

use std::{future::Future, net::SocketAddr, pin::pin, time::Duration};

use tokio::net::{TcpListener, TcpStream};

/// How long to wait after a failed accept, for example when the process has no file descriptors left.
const PAUSE: Duration = Duration::from_millis(100);

/// Hands over each connection with the address of its client, until `stop` completes. The listener is closed then.
pub(super) async fn accept(
    listener: TcpListener,
    stop: impl Future<Output = ()>,
    mut hand_over: impl FnMut(TcpStream, SocketAddr),
) {
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            (stream, peer) = next(&listener) => hand_over(stream, peer),
            () = &mut stop => break,
        }
    }
    drop(listener);
    tracing::info!("stopping");
}

async fn next(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
