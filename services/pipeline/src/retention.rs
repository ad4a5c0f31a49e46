//! Removes messages that ended long ago.

use std::{ops::ControlFlow, time::Duration};

use database::Error;
use wsgiservice::server::Stopping;

use crate::{spool::Spool, time};

/// How long a message is known after its last delivery has ended: a relay sends it again for so long.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// How often it is looked for them.
const PERIOD: Duration = Duration::from_hours(1);

/// Removes once in an hour what has been kept long enough, until the server stops.
pub(crate) async fn run(spool: &Spool, stopping: &Stopping) {
    test_hooks::every(PERIOD, stopping, || async {
        if let Err(error) = remove_old(spool).await {
            tracing::warn!(%error, "old messages could not be removed; it is tried again in an hour");
        }
        ControlFlow::Continue(())
    })
    .await;
}

/// Removes the messages that have been kept long enough.
pub(crate) async fn remove_old(spool: &Spool) -> Result<(), Error> {
    let kept = match test_hooks::rule("pipeline::known_7_days") {
        true => KEPT,
        false => Duration::from_hours(24),
    };
    let before = test_hooks::now() - time::milliseconds(kept);
    while !spool.remove_some(before).await? {}
    Ok(())
}
