//! The signals that stop a server.

use std::{future::Future, io};

use futures_util::FutureExt;

/// Returns a future that completes when the process gets SIGTERM or SIGINT, with another one that completes at the next
/// one of these. Signals count from the call on, not from the first poll.
///
/// # Errors
/// If the signal handlers cannot be installed.
#[cfg(unix)]
pub(super) fn stop_signal() -> io::Result<impl Future<Output = impl Future<Output = ()>>> {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    async fn next((mut terminate, mut interrupt): (Signal, Signal)) -> (Signal, Signal) {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        (terminate, interrupt)
    }

    let signals = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(next(signals).map(|signals| next(signals).map(drop)))
}

/// Returns a future that completes on Ctrl-C, with another one that completes at the next Ctrl-C.
///
/// # Errors
/// Never on this platform.
#[cfg(not(unix))]
pub(super) fn stop_signal() -> io::Result<impl Future<Output = impl Future<Output = ()>>> {
    async fn next() {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot wait for Ctrl-C; the server will not stop on it");
            std::future::pending::<()>().await;
        }
    }

    Ok(next().map(|()| next()))
}
