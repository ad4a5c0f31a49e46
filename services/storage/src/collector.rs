//! Removes the bytes to which no row refers.
//!
//! A row that went is removed for good after 48 hours, and a user who has moved leaves no rows. Their bytes, and those of a
//! request that ended between bytes and row, go when they are older than 48 hours.

use std::{ops::ControlFlow, time::Duration};

use database::{
    IntoValue,
    data::{Data, Failure},
};
use futures_util::StreamExt;
use wsgiservice::server::Stopping;

use crate::files::{Files, Old};

/// How long bytes are kept without a row: a request takes less, and so does a move.
const KEPT: Duration = Duration::from_hours(48);

/// How often it is looked for them.
const PERIOD: Duration = Duration::from_hours(1);

/// How many are looked up at once.
const BATCH: usize = 500;

/// Removes once in an hour the bytes that nobody needs, until the server stops.
pub(crate) async fn run(data: &Data, files: &Files, stopping: &Stopping) {
    test_hooks::every(PERIOD, stopping, || async {
        if let Err(error) = collect(data, files).await {
            tracing::warn!(%error, "unused bytes could not be removed; it is tried again in an hour");
        }
        ControlFlow::Continue(())
    })
    .await;
}

/// Removes the bytes that nobody needs.
pub(crate) async fn collect(data: &Data, files: &Files) -> Result<(), Failure> {
    let before = test_hooks::now() - i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX);
    files.remove_unfinished(before).await?;
    let mut batches = files.older(before).await?.chunks(BATCH);
    while let Some(batch) = batches.next().await {
        let needed = needed(data, &batch).await?;
        for old in batch.iter().filter(|old| !needed.contains(&old.number)) {
            test_hooks::reached("collector::before_removal").await;
            if let Err(error) = files.remove(old, before).await {
                tracing::warn!(%error, "cannot remove unused bytes");
            }
        }
    }
    Ok(())
}

/// The numbers of those to which a row refers.
async fn needed(data: &Data, batch: &[Old]) -> Result<Vec<i64>, Failure> {
    let places = vec!["?"; batch.len()].join(", ");
    let find = format!("SELECT bytes FROM attachment WHERE bytes IN ({places})");
    let numbers: Vec<_> = batch.iter().map(|old| old.number.into_value()).collect();
    let rows = data.database().query(&find, &numbers).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?)
}
