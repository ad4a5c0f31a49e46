//! The runtimes of a server that owns its process: one single-threaded runtime per core, each with connections of its own,
//! or one for all cores. This thread accepts the connections, and no method can keep it from stopping the server.

use std::{future::Future, io, sync::Arc, thread, time::Duration};

use futures_util::FutureExt;
use tokio::{
    net::{TcpListener, TcpStream},
    runtime,
    sync::{mpsc, oneshot},
};
use tokio_util::sync::CancellationToken;

use super::{
    accept::{Accepted, accept},
    connection::Connections,
    open_connections::OpenConnections,
    server_state::ServerState,
    stopping::Drained,
};
use crate::{application::Service, server::Runtime};

/// How long to wait for what is cut off to be logged. Only a method that blocks its thread takes all of this time.
const GRACE: Duration = Duration::from_millis(500);

/// A thread that serves the connections sent to it.
struct Worker {
    connections: mpsc::UnboundedSender<Accepted>,
    open_connections: Arc<OpenConnections>,
    end: oneshot::Receiver<Drained>,
}

/// Serves connections until `stop` completes, then waits until the requests in progress have ended, or cuts them off if
/// that is to be `at_once`.
///
/// The workers take turns: each of n gets every n-th connection. A worker whose thread is blocked is left behind.
///
/// # Errors
/// If a worker cannot be started, or has panicked, or if requests did not end in time.
pub(super) async fn serve(
    listener: TcpListener,
    service: Service,
    runtime: Runtime,
    stop: impl Future<Output = ()>,
    at_once: CancellationToken,
) -> io::Result<()> {
    let server = ServerState::start(service, at_once.clone());
    let count = match runtime {
        Runtime::PerCore => thread::available_parallelism().map_or(1, usize::from),
        Runtime::Shared => 1,
    };
    let start = |_| Worker::start(server.clone(), runtime);
    let workers = (0..count).map(start).collect::<Result<Vec<_>, _>>()?;
    let (max, stop_time) = (server.limits().connections, server.limits().stop_time);
    let mut turns = workers.iter().cycle();
    accept(listener, max, &server.statistics().connections, stop, |accepted| {
        if let Some(worker) = turns.next() {
            worker.send(accepted);
        }
    })
    .await;
    drop(server);
    let drained = tokio::select! {
        drained = drain(workers) => drained?,
        // The workers end by themselves in time, unless a method blocks one of them.
        () = tokio::time::sleep(stop_time + GRACE) => Drained::CutOff,
        () = at_once.cancelled().then(|()| tokio::time::sleep(GRACE)) => Drained::CutOff,
    };
    drained.result(stop_time)
}

/// Waits until all workers have ended, and until the requests that they cut off are logged.
async fn drain(workers: Vec<Worker>) -> io::Result<Drained> {
    // This closes the channels of all workers before it waits for the first of them.
    let ends: Vec<_> = workers.into_iter().map(|it| (it.end, it.open_connections)).collect();
    let mut all = Drained::Completely;
    for (end, open_connections) in ends {
        let drained = end.await.map_err(|_| io::Error::other("a worker thread panicked"))?;
        if drained == Drained::CutOff {
            all = drained;
            // The threads of a shared runtime drop its tasks, and with them the connections, after the worker has ended.
            open_connections.all_closed().await;
        }
    }
    Ok(all)
}

impl Worker {
    fn start(server: ServerState, runtime: Runtime) -> io::Result<Self> {
        let mut builder = match runtime {
            Runtime::PerCore => runtime::Builder::new_current_thread(),
            Runtime::Shared => runtime::Builder::new_multi_thread(),
        };
        let runtime = builder.enable_all().build()?;
        let (connections, accepted) = mpsc::unbounded_channel();
        let (ended, end) = oneshot::channel();
        let open_connections = Arc::default();
        let served = Connections::new(server, Arc::clone(&open_connections));
        thread::Builder::new().name("worker".to_owned()).spawn(move || {
            let drained = runtime.block_on(work(served, accepted));
            // Work that blocks must not keep the process.
            runtime.shutdown_background();
            let _ = ended.send(drained);
        })?;
        Ok(Self { connections, open_connections, end })
    }

    fn send(&self, accepted: Accepted) {
        if self.connections.send(accepted).is_err() {
            tracing::error!("a worker thread exited unexpectedly");
        }
    }
}

/// Serves the connections that are sent to a worker, until the channel is closed and the last connection has ended.
async fn work(
    connections: Connections,
    mut accepted: mpsc::UnboundedReceiver<Accepted>,
) -> Drained {
    while let Some(accepted) = accepted.recv().await {
        match moved(accepted) {
            Ok(accepted) => connections.add(accepted),
            Err(error) => {
                connections.statistics().connections.count_refused();
                tracing::warn!(%error, "cannot move a connection to a worker thread");
            }
        }
    }
    connections.drain().await
}

/// A connection, moved to the runtime of this thread.
fn moved(accepted: Accepted) -> io::Result<Accepted> {
    let stream = TcpStream::from_std(accepted.stream.into_std()?)?;
    Ok(Accepted { stream, ..accepted })
}
