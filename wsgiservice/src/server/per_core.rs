//! A runtime for each core, with connections of its own.

use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpStream},
    pin::pin,
    sync::Arc,
    thread::{self, JoinHandle},
};

use tokio::{net::TcpListener, sync::mpsc};

use super::{accept, connection::Connections, timeouts::Timeouts, write};
use crate::application::Service;

/// A connection that was accepted, and whom it comes from.
type Accepted = (TcpStream, SocketAddr);

/// A core, which answers what it is sent.
struct Core {
    connections: mpsc::UnboundedSender<Accepted>,
    thread: JoinHandle<()>,
}

/// Answers on a listener until it is told to stop, and what was begun has ended: each core its share of the connections,
/// which it gets in turn.
///
/// # Errors
/// Where a core cannot be given a thread or a runtime.
pub(super) async fn serve(
    listener: TcpListener,
    service: Service,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let count = thread::available_parallelism().map_or(1, usize::from);
    let timeouts = Timeouts::start();
    let cores = (0..count)
        .map(|_| Core::start(service.clone(), Arc::clone(&timeouts)))
        .collect::<Result<Vec<_>, _>>()?;
    let mut stop = pin!(stop);
    for core in cores.iter().cycle() {
        tokio::select! {
            (stream, peer) = accept(&listener) => match stream.into_std() {
                Ok(stream) => core.take((stream, peer)),
                Err(error) => tracing::warn!(%error, "a connection cannot be handed on"),
            },
            () = &mut stop => break,
        }
    }
    drop(listener);
    tracing::info!("stopping");
    timeouts.shut_down();
    // All are told that no more will come, before any of them is awaited.
    let threads: Vec<_> = cores.into_iter().map(|core| core.thread).collect();
    let end = move || threads.into_iter().map(JoinHandle::join).filter(Result::is_err).count();
    match tokio::task::spawn_blocking(end).await.map_err(io::Error::other)? {
        0 => Ok(()),
        panicked => Err(io::Error::other(format!("{panicked} cores panicked"))),
    }
}

impl Core {
    fn start(service: Service, timeouts: Arc<Timeouts>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (connections, accepted) = mpsc::unbounded_channel();
        let thread = thread::Builder::new().name("core".to_owned());
        let thread = thread.spawn(move || runtime.block_on(answer(service, timeouts, accepted)))?;
        Ok(Self { connections, thread })
    }

    fn take(&self, accepted: Accepted) {
        if self.connections.send(accepted).is_err() {
            tracing::error!("a core is gone");
        }
    }
}

/// Answers the connections that come, until no more will.
async fn answer(
    service: Service,
    timeouts: Arc<Timeouts>,
    mut accepted: mpsc::UnboundedReceiver<Accepted>,
) {
    tokio::spawn(write::flush_task());
    let connections = Connections::new(service, timeouts);
    while let Some((stream, peer)) = accepted.recv().await {
        match tokio::net::TcpStream::from_std(stream) {
            Ok(stream) => connections.add(stream, peer),
            Err(error) => tracing::warn!(%error, "a connection cannot be taken"),
        }
    }
    connections.drain().await;
    write::flush();
}
