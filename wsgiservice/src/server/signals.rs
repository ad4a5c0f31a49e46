//! The signals that end a server.

use std::{future::Future, io};

/// Awaits from now on that the process is told to stop: SIGTERM or SIGINT.
///
/// # Errors
/// Where the system has no such signals to give.
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

/// Awaits that the process is told to stop: Ctrl-C.
///
/// # Errors
/// None here.
#[cfg(not(unix))]
pub(super) fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "signals cannot be awaited");
            std::future::pending::<()>().await;
        }
    })
}
