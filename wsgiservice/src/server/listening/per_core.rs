//! One single-threaded runtime per core, each with connections of its own.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    sync::Arc,
    thread::{self, JoinHandle},
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::{accept::accept, connection::Connections, timeouts::Timeouts};
use crate::application::Service;

/// An accepted connection and the address of its client.
type Accepted = (std::net::TcpStream, SocketAddr);

/// A thread that serves the connections sent to it.
struct Worker {
    connections: mpsc::UnboundedSender<Accepted>,
    thread: JoinHandle<()>,
}

/// Serves connections until `stop` completes, then waits until the requests in progress have ended.
///
/// The workers take turns: each of n gets every n-th connection.
///
/// # Errors
/// If a worker cannot be started, or has panicked.
pub(super) async fn serve(
    listener: TcpListener,
    service: Service,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let count = thread::available_parallelism().map_or(1, usize::from);
    let timeouts = Timeouts::start();
    let workers = (0..count)
        .map(|_| Worker::start(service.clone(), Arc::clone(&timeouts)))
        .collect::<Result<Vec<_>, _>>()?;
    let mut turns = workers.iter().cycle();
    accept(listener, stop, |stream, peer| {
        if let Some(worker) = turns.next() {
            worker.send(stream, peer);
        }
    })
    .await;
    join(workers).await
}

/// Waits until all workers have ended.
async fn join(workers: Vec<Worker>) -> io::Result<()> {
    // This closes the channels of all workers before it waits for the first of them.
    let threads: Vec<_> = workers.into_iter().map(|worker| worker.thread).collect();
    let join = move || threads.into_iter().map(JoinHandle::join).filter(Result::is_err).count();
    match tokio::task::spawn_blocking(join).await.map_err(io::Error::other)? {
        0 => Ok(()),
        panicked => Err(io::Error::other(format!("{panicked} worker threads panicked"))),
    }
}

impl Worker {
    fn start(service: Service, timeouts: Arc<Timeouts>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (connections, accepted) = mpsc::unbounded_channel();
        let thread = thread::Builder::new().name("worker".to_owned());
        let thread = thread.spawn(move || runtime.block_on(work(service, timeouts, accepted)))?;
        Ok(Self { connections, thread })
    }

    fn send(&self, stream: TcpStream, peer: SocketAddr) {
        match stream.into_std().map(|stream| self.connections.send((stream, peer))) {
            Ok(Ok(())) => {}
            Ok(Err(_)) => tracing::error!("a worker thread exited unexpectedly"),
            Err(error) => tracing::warn!(%error, "cannot hand a connection to a worker thread"),
        }
    }
}

/// Serves the connections that are sent to a worker, until the channel is closed and the last connection has ended.
async fn work(
    service: Service,
    timeouts: Arc<Timeouts>,
    mut accepted: mpsc::UnboundedReceiver<Accepted>,
) {
    let connections = Connections::new(service, timeouts);
    while let Some((stream, peer)) = accepted.recv().await {
        match TcpStream::from_std(stream) {
            Ok(stream) => connections.add(stream, peer),
            Err(error) => tracing::warn!(%error, "cannot register a connection with the runtime"),
        }
    }
    connections.drain().await;
}
