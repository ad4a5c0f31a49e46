//! A call to the clusters by distance, until one has a success.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use http::StatusCode;
use tokio::time::sleep;

use super::{attempt::Received, prepared::Prepared, run::Run};
use crate::{attempt::Attempt, body::Body, directory::Group, error::Result};

/// The time after which the next cluster is called, too.
const STAGGER: Duration = Duration::from_millis(250);

/// How the call of one cluster ended.
pub(super) struct Ended {
    pub(super) outcome: Result<Received>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) may_have_executed: bool,
}

/// Calls the service in one cluster.
pub(super) async fn in_cluster(prepared: &Prepared, content: Body, group: Arc<Group>) -> Ended {
    let mut run = Run::new(prepared, content).without_hedges();
    let outcome = run.in_clusters(std::slice::from_ref(&group)).await;
    Ended { outcome, attempts: run.attempts, may_have_executed: run.may_have_executed }
}

/// Calls the clusters by distance, the next one after each that has no success, or after a while.
pub(super) async fn first(prepared: &Prepared, mut content: Body, groups: &[Arc<Group>]) -> Ended {
    let mut waiting = groups.iter().enumerate();
    let mut running = FuturesUnordered::new();
    let mut ended = Vec::new();
    loop {
        if let Some((position, group)) = waiting.next() {
            let call = in_cluster(prepared, content.for_attempt(), Arc::clone(group));
            running.push(async move { (position, call.await) });
        }
        let is_more = waiting.len() > 0;
        tokio::select! {
            biased;
            done = running.next() => match done {
                Some((_, call)) if call.is_success() => return with_attempts(call, ended),
                Some(call) => {
                    ended.push(call);
                    // The next one starts at once.
                }
                None => return best(ended),
            },
            () = sleep(STAGGER), if is_more => {}
        }
        if running.is_empty() && waiting.len() == 0 {
            return best(ended);
        }
    }
}

/// Calls the clusters by distance, the next one only after a response with which a cluster refuses the change.
pub(super) async fn first_with_changes(
    prepared: &Prepared,
    mut content: Body,
    groups: &[Arc<Group>],
) -> Ended {
    let mut ended = Vec::new();
    for (position, group) in groups.iter().enumerate() {
        let call = in_cluster(prepared, content.for_attempt(), Arc::clone(group)).await;
        if call.is_success() || !call.is_refused() {
            return with_attempts(call, ended);
        }
        ended.push((position, call));
    }
    best(ended)
}

impl Ended {
    fn status(&self) -> Option<StatusCode> {
        self.outcome.as_ref().ok().map(|answer| answer.response.status())
    }

    fn is_success(&self) -> bool {
        self.status().is_some_and(|status| status.is_success() || status.is_redirection())
    }

    /// Whether the cluster has certainly not executed a change.
    fn is_refused(&self) -> bool {
        !self.may_have_executed
            && self.status().is_none_or(|status| {
                status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT
            })
    }

    /// Whether the cluster does not have the resource.
    fn is_absent(&self) -> bool {
        matches!(self.status(), Some(StatusCode::NOT_FOUND | StatusCode::GONE))
    }

    /// How much a response tells: one of 4xx more than one of 5xx.
    fn rank(&self, is_absent_everywhere: bool) -> u8 {
        match self.status() {
            Some(_) if self.is_absent() && !is_absent_everywhere => 3,
            Some(status) if status.is_client_error() => 0,
            Some(_) => 1,
            None => 2,
        }
    }
}

/// The outcome that tells most if there is no success. That a resource is absent is one only if each cluster says so.
fn best(mut ended: Vec<(usize, Ended)>) -> Ended {
    let is_absent_everywhere = ended.iter().all(|(_, call)| call.is_absent());
    ended.sort_by_key(|(position, call)| (call.rank(is_absent_everywhere), *position));
    let others = ended.split_off(ended.len().min(1));
    match ended.pop() {
        Some((_, call)) => with_attempts(call, others),
        None => {
            Ended { outcome: Err(super::nowhere()), attempts: Vec::new(), may_have_executed: false }
        }
    }
}

/// Adds the attempts in other clusters before those of a call.
fn with_attempts(mut call: Ended, others: Vec<(usize, Ended)>) -> Ended {
    let own = std::mem::take(&mut call.attempts);
    call.may_have_executed |= others.iter().any(|(_, other)| other.may_have_executed);
    call.attempts = others.into_iter().flat_map(|(_, other)| other.attempts).chain(own).collect();
    call
}
