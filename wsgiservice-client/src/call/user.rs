//! A call to the cluster that holds a user.

use std::{slice, sync::Arc, time::Duration};

use http::StatusCode;
use tokio::time::timeout;

use super::{attempt::Received, look_up::cluster_of, run::Run};
use crate::{
    directory::Directory,
    error::{Error, ErrorKind, Result},
    retry_after::retry_after,
    shared::Shared,
    users::Purpose,
};

/// How often a call follows a user who has moved.
const MOVES: u32 = 2;

/// The wait for a user who is being moved, if the service does not say how long.
const FROZEN: Duration = Duration::from_secs(1);

/// Calls the service in the cluster that holds a user.
pub(super) async fn for_user(
    run: &mut Run<'_>,
    shared: &Arc<Shared>,
    directory: &Arc<Directory>,
    user: &str,
) -> Result<Received> {
    let service = &run.prepared.service;
    if matches!(user, "" | "." | "..") {
        return Err(Error::invalid(format!("{user:?} cannot be the ID of a user")));
    }
    if let Some(global) = service.global() {
        return run.in_clusters(slice::from_ref(global)).await;
    }
    // A `DELETE` of nothing assigns no cluster.
    let purpose = match run.prepared.is_safe || run.prepared.deletes() {
        true => Purpose::Find,
        false => Purpose::Assign,
    };
    let patience = run.patience();
    let looked_up = cluster_of(shared, directory, user, purpose, patience);
    let mut cluster = run.in_time(looked_up).await??;
    let mut moves = 0;
    loop {
        let group = service.in_cluster(&cluster).ok_or_else(|| {
            let message = format!("service `{}` is not in cluster `{cluster}`", service.name);
            Error::new(ErrorKind::NoEndpoint, message)
        })?;
        let received = run.in_clusters(slice::from_ref(group)).await?;
        match received.response.status() {
            StatusCode::MISDIRECTED_REQUEST => {
                let Some(other) = received.other_cluster() else { return Ok(received) };
                if moves == MOVES || !run.can_follow() {
                    return Ok(received);
                }
                moves += 1;
                let found = refreshed(run, shared, directory, user).await?;
                // The service knows best if the cluster service is down.
                cluster = found.filter(|it| **it != *cluster).unwrap_or_else(|| {
                    shared.users().correct(user, &other);
                    other
                });
            }
            StatusCode::LOCKED if run.can_repeat() => {
                let wait = retry_after(received.response.headers()).unwrap_or(FROZEN);
                if !run.pause(wait).await {
                    return Ok(received);
                }
                // What may have been executed is led on by a 421 only.
                if !run.is_bound()
                    && let Some(found) = refreshed(run, shared, directory, user).await?
                {
                    cluster = found;
                }
            }
            _ => return Ok(received),
        }
        run.give_back();
    }
}

/// The cluster of a user past every cache; `None` if the cluster service does not say so in time.
async fn refreshed(
    run: &Run<'_>,
    shared: &Arc<Shared>,
    directory: &Arc<Directory>,
    user: &str,
) -> Result<Option<Arc<str>>> {
    let patience = run.patience();
    let looked_up = cluster_of(shared, directory, user, Purpose::Refresh, patience);
    match timeout(patience, run.in_time(looked_up)).await {
        Ok(Ok(Ok(cluster))) => Ok(Some(cluster)),
        Ok(Ok(Err(error))) if error.status() == Some(StatusCode::GONE) => Err(error),
        Ok(Err(late)) => Err(late),
        Ok(Ok(Err(_))) | Err(_) => Ok(None),
    }
}
