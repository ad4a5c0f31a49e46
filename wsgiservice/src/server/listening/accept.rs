//! Accepting connections, until the server stops.

use std::{future::Future, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use crate::{once_a_minute::OnceAMinute, statistics};

/// How long to wait after a failed accept, for example when the process has no file descriptors left.
const PAUSE: Duration = Duration::from_millis(100);

/// A connection that was accepted.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) stream: TcpStream,
    /// The address of its client.
    pub(super) peer: SocketAddr,
    /// Its place among the connections that may be open.
    pub(super) place: OwnedSemaphorePermit,
}

/// Hands over each connection, until `stop` completes. The listener is closed then.
///
/// At most `max` connections are open. Further ones wait in the queue of the listener.
pub(super) async fn accept(
    listener: TcpListener,
    max: usize,
    connections: &statistics::Connections,
    stop: impl Future<Output = ()>,
    mut hand_over: impl FnMut(Accepted),
) {
    let places = Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS)));
    let (too_many, failed) = (OnceAMinute::default(), OnceAMinute::default());
    let mut stop = pin!(stop);
    loop {
        if places.available_permits() == 0 && too_many.is_due() {
            tracing::warn!(limit = max, "too many connections; more wait");
        }
        tokio::select! {
            accepted = next(&listener, &places, connections, &failed) => hand_over(accepted),
            () = &mut stop => break,
        }
    }
    drop(listener);
    tracing::info!("stopping");
}

async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    connections: &statistics::Connections,
    failed: &OnceAMinute,
) -> Accepted {
    let Ok(place) = Arc::clone(places).acquire_owned().await else {
        // Nobody closes it.
        return std::future::pending().await;
    };
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return Accepted { stream, peer, place },
            Err(error) => {
                connections.count_refused();
                if failed.is_due() {
                    tracing::warn!(%error, "cannot accept a connection; it waits");
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
