//! The signals that stop a server.

use std::{future::Future, io};

/// Returns a future that completes when the process gets SIGTERM or SIGINT. Signals count from the call on, not from
/// the first poll.
///
/// # Errors
/// If the signal handlers cannot be installed.
#[cfg(unix)]
pub(super) fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Returns a future that completes on Ctrl-C.
///
/// # Errors
/// Never on this platform.
#[cfg(not(unix))]
pub(super) fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot wait for Ctrl-C; the server will not stop on it");
            std::future::pending::<()>().await;
        }
    })
}
