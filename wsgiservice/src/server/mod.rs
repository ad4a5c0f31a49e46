//! The server: a socket, a runtime, and an orderly end.

mod signal;

use std::{future::Future, io::Write, net::SocketAddr, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::net::{TcpListener, TcpStream};

pub(crate) use self::signal::stop_signal;
use crate::{
    application::{Application, Service},
    body::Body,
    error::Result,
};

/// How long the fields of a request may take to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long what was begun may take to end.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait where no connection can be accepted, such as without file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Runs an application whose set-up is asynchronous, and owns the process: command line, log, runtime, signals.
///
/// # Errors
/// What the set-up or [`Application::build`] finds wrong, or why it cannot listen.
///
/// ```no_run
/// # use wsgiservice::{mount, resource};
/// # #[mount("/")]
/// # struct Users { pool: () }
/// # #[resource]
/// # impl Users { fn get(&self) -> u8 { 0 } }
/// # async fn connect() -> Result<(), std::io::Error> { Ok(()) }
/// use wsgiservice::Application;
///
/// fn main() -> wsgiservice::Result<()> {
///     wsgiservice::run(async {
///         let pool = connect().await?;
///         Ok(Application::new("users").mount(Users { pool }))
///     })
/// }
/// ```
pub fn run(application: impl Future<Output = Result<Application>>) -> Result<()> {
    let log = tracing_subscriber::EnvFilter::try_from_default_env();
    let log = log.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    // A program that has a log of its own keeps it.
    let _ = tracing_subscriber::fmt().with_env_filter(log).with_writer(std::io::stderr).try_init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut application = application.await?;
        let settings = application.resolve_settings();
        let (address, command) = (settings.bind, settings.command.clone());
        if let Some(command) = command {
            // What cannot be built has nothing to tell, either.
            let documentation = application.documentation();
            application.build()?;
            return Ok(command.run(&documentation)?);
        }
        let name = application.name().to_owned();
        let service = application.build()?;
        let listener = bind(address).await?;
        let stop = stop_signal()?;
        let address = listener.local_addr()?;
        announce(std::io::stdout(), &name, address);
        serve(listener, service, stop).await;
        Ok(())
    })
}

/// Says where a service is, at once: whoever reads the first line may go away, and a service outlives its readers.
fn announce(mut output: impl Write, name: &str, address: SocketAddr) {
    let text = format!(
        "{name} listens on http://{address}/\n{name} tells what it is on http://{address}/_internal/help\n"
    );
    if let Err(error) = output.write_all(text.as_bytes()) {
        tracing::debug!(%error, "nobody reads where the service is");
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    Ok(listener.map_err(|error| {
        std::io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
    })?)
}

/// Answers on a listener until it is told to stop, and what was begun has ended.
pub(crate) async fn serve(listener: TcpListener, service: Service, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => connect(stream, peer, service.clone(), &connections),
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            () = &mut stop => break,
        }
    }
    drop(listener);
    tracing::info!("stopping");
    if tokio::time::timeout(DRAIN_TIMEOUT, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

fn connect(stream: TcpStream, peer: SocketAddr, service: Service, connections: &GracefulShutdown) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY cannot be set");
    }
    let answer = service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let service = service.clone();
        async move {
            let response = service.answer(request.map(Body::new), Some(peer)).await;
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), answer);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, %peer, "the connection broke");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An output that nobody reads.
    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_service_outlives_whoever_reads_its_output() {
        announce(Closed, "users", SocketAddr::from(([127, 0, 0, 1], 8001)));
    }
}
