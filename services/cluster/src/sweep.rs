//! The removal of anonymous users who have not come back.

use std::ops::ControlFlow;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use schemars::JsonSchema;
use serde::Serialize;
use test_hooks::now;
use wsgiservice::server::Stopping;

use crate::{
    database::{Row, State},
    mover::{Mover, Stopped},
    refusal::Refusal,
};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// For how long a user is idle who is removed.
pub(crate) const IDLE: i64 = 30 * DAY;

/// For how long a user who was removed is known as such.
const REMEMBERED: i64 = 7 * DAY;

/// How many users are read at once, and how many of them are swept at the same time.
const BATCH: i64 = 100;
const AT_A_TIME: usize = 8;

/// What a sweep has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Swept {
    /// How many users it has removed.
    pub(crate) expired: u64,
    /// How many users it has not removed, since they have come back, or since a service could not be asked.
    pub(crate) kept: u64,
}

impl Mover {
    /// Sweeps every hour until the server stops.
    pub(crate) async fn sweep_hourly(&self, stopping: &Stopping) {
        let hour = Duration::from_secs(60 * 60);
        let (mover, told) = (self.clone(), stopping.clone());
        test_hooks::every(hour, stopping, move || mover.clone().sweep_unless(told.clone())).await;
    }

    async fn sweep_unless(self, stopping: Stopping) -> ControlFlow<()> {
        tokio::select! {
            () = stopping.requested() => return ControlFlow::Break(()),
            swept = self.sweep() => match swept {
                Ok(Swept { expired, kept }) => tracing::info!(expired, kept, "swept"),
                Err(error) => tracing::warn!(%error, "a sweep has failed"),
            },
        }
        ControlFlow::Continue(())
    }

    /// Removes the anonymous users who are idle, and forgets those who were removed long ago.
    pub(crate) async fn sweep(&self) -> Result<Swept, Refusal> {
        self.directory().forget(now() - REMEMBERED).await?;
        let before = now() - IDLE;
        let (mut swept, mut after) = (Swept::default(), (i64::MIN, String::new()));
        loop {
            let rows = self.directory().idle(before, &after, BATCH).await?;
            let Some(last) = rows.last() else { return Ok(swept) };
            after = (last.last_seen, last.user.clone());
            let sweeping = stream::iter(rows).map(|row| async move { self.sweep_user(&row).await });
            let outcomes: Vec<_> = sweeping.buffer_unordered(AT_A_TIME).collect().await;
            for outcome in outcomes {
                let Some(is_expired) = outcome? else { continue };
                self.figures().swept(is_expired);
                *(if is_expired { &mut swept.expired } else { &mut swept.kept }) += 1;
            }
        }
    }

    /// Removes a user, unless a service has written for the user, or the user comes back. `None` if another change was first.
    async fn sweep_user(&self, row: &Row) -> Result<Option<bool>, Refusal> {
        let row = match self.directory().swap(row, row.expiring()).await {
            Err(Refusal::Stale) => return Ok(None),
            swapped => swapped?,
        };
        self.reached("sweep::after_expiring").await;
        if let Err(Stopped::Failed(error)) = self.expire(&row).await {
            tracing::warn!(user = row.user, error, "a user cannot be swept");
            // Nobody is held for a service that is not there.
            match self.directory().swap(&row, row.taken_back()).await {
                Ok(_) | Err(Refusal::Stale) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        // The services are told: at once, or by the task beside the server.
        let found = self.directory().find(&row.user).await?;
        let removed = found.filter(|row| row.state == State::Gone);
        match &removed {
            Some(row) if self.purge(row).await.is_ok() => {}
            _ => self.wake(&row.user),
        }
        Ok(Some(removed.is_some()))
    }
}
