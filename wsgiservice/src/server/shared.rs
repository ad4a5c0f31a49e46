//! One runtime for all cores, on which idle cores take work from busy ones.

use std::{future::Future, io};

use tokio::{net::TcpListener, runtime};

use super::serve as serve_here;
use crate::application::Service;

/// Serves connections on a multi-threaded runtime until `stop` completes.
///
/// # Errors
/// If the runtime cannot be started, or the server has panicked.
pub(super) async fn serve(
    listener: TcpListener,
    service: Service,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    let listener = listener.into_std()?;
    let served = runtime.spawn(async move {
        serve_here(TcpListener::from_std(listener)?, service, stop).await;
        Ok(())
    });
    let served = served.await.unwrap_or_else(|error| Err(io::Error::other(error)));
    // It cannot be dropped here, where blocking is not allowed.
    runtime.shutdown_background();
    served
}
