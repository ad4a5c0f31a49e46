//! A call to the cluster that holds a user.

use std::{slice, sync::Arc, time::Duration};

use http::StatusCode;

use super::{attempt::Answer, run::Run};
use crate::{
    client::RestClient,
    directory::Directory,
    error::{Error, ErrorKind, Result},
    retry_after::retry_after,
    users::Purpose,
};

/// How often a call follows a user who has moved.
const MOVES: u32 = 2;

/// The wait for a user who is being moved, if the service does not say how long.
const FROZEN: Duration = Duration::from_secs(1);

/// Calls the service in the cluster that holds a user.
pub(super) async fn for_user(
    run: &mut Run<'_>,
    client: &RestClient,
    directory: &Arc<Directory>,
    user: &str,
) -> Result<Answer> {
    let service = &run.prepared.service;
    if let Some(global) = service.global() {
        return run.in_clusters(slice::from_ref(global)).await;
    }
    if matches!(user, "" | "." | "..") {
        return Err(Error::invalid(format!("{user:?} cannot be the ID of a user")));
    }
    // A `DELETE` of nothing assigns no cluster.
    let purpose = match run.prepared.is_safe || run.prepared.deletes() {
        true => Purpose::Find,
        false => Purpose::Assign,
    };
    let mut cluster = run.in_time(client.cluster_of(directory, user, purpose)).await??;
    let mut moves = 0;
    loop {
        let group = service.in_cluster(&cluster).ok_or_else(|| {
            let message = format!("service `{}` is not in cluster `{cluster}`", service.name);
            Error::new(ErrorKind::NoEndpoint, message)
        })?;
        let answer = run.in_clusters(slice::from_ref(group)).await?;
        match answer.response.status() {
            StatusCode::MISDIRECTED_REQUEST => {
                let Some(other) = answer.named_cluster() else { return Ok(answer) };
                if moves == MOVES || !run.can_follow() {
                    return Ok(answer);
                }
                moves += 1;
                // The service knows best if the cluster service is down.
                let found =
                    run.in_time(client.cluster_of(directory, user, Purpose::Refresh)).await?;
                cluster = found.ok().filter(|it| **it != *cluster).unwrap_or(other);
            }
            StatusCode::LOCKED if run.can_follow() => {
                let wait = retry_after(answer.response.headers()).unwrap_or(FROZEN);
                if !run.pause(wait).await {
                    return Ok(answer);
                }
                cluster =
                    run.in_time(client.cluster_of(directory, user, Purpose::Refresh)).await??;
            }
            _ => return Ok(answer),
        }
        run.give_back();
    }
}
