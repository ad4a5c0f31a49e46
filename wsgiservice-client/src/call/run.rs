//! The attempts of a call in one cluster, or in several in turn.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use tokio::time::{sleep, timeout_at};

use super::{
    attempt::{Answer, Tried, Verdict, attempt, late},
    prepared::Prepared,
};
use crate::{
    attempt::Attempt,
    body::Body,
    directory::{Choice, Group, Wish, choose},
    endpoint::Endpoint,
    error::{Error, ErrorKind, Result},
    retry_after::{retry_after, spread},
};

/// The wait before a second attempt at an endpoint, at most; each further one is twice as long, up to a second.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(25), Duration::from_secs(1));

/// The shortest time after which a hedge is sent.
const EARLIEST_HEDGE: Duration = Duration::from_millis(10);

/// Which endpoints are asked for in turn, until there is one.
const PASSES: [Pass; 5] = [
    Pass { again: false, is_last: false, all: false },
    Pass { again: false, is_last: true, all: false },
    Pass { again: true, is_last: true, all: false },
    Pass { again: false, is_last: true, all: true },
    Pass { again: true, is_last: true, all: true },
];

/// What is overlooked in an endpoint.
struct Pass {
    /// That the call was sent to it already.
    again: bool,
    /// That it fails, for half of those that do.
    is_last: bool,
    /// That it was ejected.
    all: bool,
}

/// The attempts of a call.
pub(super) struct Run<'a> {
    pub(super) prepared: &'a Prepared,
    content: Body,
    pub(super) attempts: Vec<Attempt>,
    tried: Vec<Arc<Endpoint>>,
    /// How many attempts there may be.
    left: u32,
    /// How often the call has waited.
    waits: u32,
    /// Whether an attempt may have been executed.
    pub(super) may_have_executed: bool,
}

/// What happened last, and what it costs to go on.
struct Last {
    outcome: Result<Answer>,
    group: Arc<Group>,
    why: Why,
    /// What the service asks to wait.
    wait: Option<Duration>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Refused,
    Failed,
    /// The service asks to come back.
    Asked,
}

/// Where the next attempt goes.
struct Next {
    position: usize,
    endpoint: Arc<Endpoint>,
    /// Whether the endpoint had an attempt of this call.
    is_again: bool,
}

impl<'a> Run<'a> {
    pub(super) fn new(prepared: &'a Prepared, content: Body) -> Self {
        // A stream can be sent once.
        let once = content.progress().is_some();
        let left = if once { 1 } else { prepared.service.entry.attempts };
        Self {
            prepared,
            content,
            attempts: Vec::with_capacity(1),
            tried: Vec::new(),
            left,
            waits: 0,
            may_have_executed: false,
        }
    }

    /// Whether the call can be sent again to another cluster, to which its user has moved.
    pub(super) fn can_follow(&self) -> bool {
        let was_sent_as_stream = self.content.progress().is_none() && self.left == 0;
        !was_sent_as_stream && (!self.may_have_executed || self.prepared.has_key)
    }

    /// Forgets the last attempt, which was not executed.
    pub(super) fn give_back(&mut self) {
        self.left = self.left.saturating_add(1);
        self.tried.clear();
    }

    /// Calls the service in the first of the clusters that has an answer.
    pub(super) async fn in_clusters(&mut self, groups: &[Arc<Group>]) -> Result<Answer> {
        let mut only: Option<[Arc<Group>; 1]> = None;
        let mut position = 0;
        let mut last: Option<Last> = None;
        loop {
            let groups = only.as_ref().map_or(groups, |only| only.as_slice());
            let next = match self.next(groups, position, last.as_ref()).await {
                Ok(next) => next,
                Err(error) => return last.map_or(Err(error), |last| last.outcome),
            };
            if let Some(last) = last.take()
                && let Err(last) = self.wait(last, next.is_again).await
            {
                return last.outcome;
            }
            if !self.prepared.has_time_after(Duration::ZERO) {
                return Err(self.late());
            }
            position = next.position;
            let Some(group) = groups.get(position).map(Arc::clone) else {
                return Err(self.nowhere());
            };
            match self.attempt(&group, &next.endpoint).await {
                Verdict::Answer(answer) => match self.asked_to_wait(&answer) {
                    Some(wait) => {
                        last = Some(Last {
                            outcome: Ok(answer),
                            group,
                            why: Why::Asked,
                            wait: Some(wait),
                        });
                    }
                    None => return Ok(answer),
                },
                Verdict::Refused(error) => {
                    self.tried.push(next.endpoint);
                    last = Some(Last { outcome: Err(error), group, why: Why::Refused, wait: None });
                }
                Verdict::Failed(outcome, wait) => {
                    self.may_have_executed = true;
                    self.tried.push(next.endpoint);
                    if !self.prepared.is_repeatable {
                        return outcome;
                    }
                    if !self.prepared.is_safe {
                        // What was perhaps executed in a cluster is not executed in another.
                        (only, position) = (Some([Arc::clone(&group)]), 0);
                    }
                    last = Some(Last { outcome, group, why: Why::Failed, wait });
                }
                Verdict::Late(error) => {
                    self.may_have_executed = true;
                    return Err(error);
                }
            }
        }
    }

    async fn attempt(&mut self, group: &Arc<Group>, endpoint: &Arc<Endpoint>) -> Verdict {
        if self.attempts.is_empty() {
            group.deposit();
        }
        self.left = self.left.saturating_sub(1);
        let hedge = self.prepared.hedges.then(|| group.durations().p95()).flatten();
        let tried = match hedge {
            Some(after) => Box::pin(self.hedged(group, endpoint, after.max(EARLIEST_HEDGE))).await,
            None => attempt(self.prepared, self.content.for_attempt(), group, endpoint).await,
        };
        self.attempts.push(tried.attempt);
        tried.verdict
    }

    /// Sends the request to a second endpoint if the first one takes long, and takes the first answer.
    async fn hedged(
        &mut self,
        group: &Arc<Group>,
        endpoint: &Arc<Endpoint>,
        after: Duration,
    ) -> Tried {
        let prepared = self.prepared;
        let mut first =
            std::pin::pin!(attempt(prepared, self.content.for_attempt(), group, endpoint));
        tokio::select! {
            biased;
            tried = &mut first => return tried,
            () = sleep(after) => {}
        }
        self.tried.push(Arc::clone(endpoint));
        let wish =
            Wish { tried: &self.tried, is_safe: false, is_last: false, again: false, all: false };
        let other = match choose(&group.endpoints(), wish) {
            Choice::Endpoint(other) if self.left > 0 && group.withdraw() => other,
            _ => return first.await,
        };
        self.left -= 1;
        let mut second =
            std::pin::pin!(attempt(prepared, self.content.for_attempt(), group, &other));
        let (tried, is_first) = tokio::select! {
            biased;
            tried = &mut first => (tried, true),
            tried = &mut second => (tried, false),
        };
        self.tried.push(Arc::clone(&other));
        if matches!(tried.verdict, Verdict::Answer(_) | Verdict::Late(_)) {
            return tried;
        }
        // The failure of one leaves the other running.
        self.attempts.push(tried.attempt);
        if is_first { second.await } else { first.await }
    }

    /// Pays for one more attempt and waits for it, or returns what there is.
    async fn wait(&mut self, last: Last, is_again: bool) -> std::result::Result<(), Last> {
        if last.why == Why::Failed && !last.group.withdraw() {
            return Err(last);
        }
        let longest = BACK_OFF.0.saturating_mul(1 << self.waits.min(10)).min(BACK_OFF.1);
        let back_off = if is_again { longest.mul_f64(fastrand::f64()) } else { Duration::ZERO };
        let asked = match last.why {
            // The endpoint rests; another one is asked at once.
            Why::Failed if !is_again => Duration::ZERO,
            _ => last.wait.map_or(Duration::ZERO, spread),
        };
        let wait = back_off.max(asked);
        if !self.prepared.has_time_after(wait) {
            return Err(last);
        }
        // A response that is not wanted any more frees its connection.
        drop(last);
        if !wait.is_zero() {
            self.waits += 1;
            sleep(wait).await;
        }
        Ok(())
    }

    /// How long the service asks to wait before the call is sent again.
    fn asked_to_wait(&mut self, answer: &Answer) -> Option<Duration> {
        let headers = answer.response.headers();
        match answer.response.status() {
            StatusCode::TOO_MANY_REQUESTS if self.left > 0 => {
                let wait = retry_after(headers)?;
                self.tried.push(Arc::clone(&answer.endpoint));
                Some(wait)
            }
            // The same call is being executed.
            StatusCode::CONFLICT if self.prepared.has_key => {
                let wait = retry_after(headers)?;
                self.may_have_executed = true;
                self.give_back();
                Some(wait)
            }
            _ => None,
        }
    }

    /// Chooses the endpoint of the next attempt, or tells why there is none.
    async fn next(
        &self,
        groups: &[Arc<Group>],
        position: usize,
        last: Option<&Last>,
    ) -> Result<Next> {
        if last.is_some() && self.left == 0 {
            return Err(self.nowhere());
        }
        let further = groups.len().saturating_sub(position + 1);
        let is_asked = last.is_some_and(|last| last.why == Why::Asked);
        // Another endpoint of the cluster, while there is an attempt for each further cluster.
        let stays = last.is_none() || self.left as usize > further;
        let start = if stays || is_asked { position } else { position + 1 };
        let count = if is_asked { groups.len().min(1) } else { groups.len() };
        for pass in PASSES {
            for step in start..start + count {
                let position = step % groups.len();
                let Some(group) = groups.get(position) else { continue };
                self.found(group).await?;
                let wish = Wish {
                    tried: &self.tried,
                    is_safe: self.prepared.is_safe,
                    is_last: pass.is_last || position + 1 == groups.len(),
                    again: pass.again || is_asked,
                    all: pass.all,
                };
                match choose(&group.endpoints(), wish) {
                    Choice::Endpoint(endpoint) => {
                        let is_again = self.tried.iter().any(|it| Arc::ptr_eq(it, &endpoint));
                        return Ok(Next { position, endpoint, is_again });
                    }
                    Choice::Full => return Err(self.overloaded()),
                    Choice::Nothing => {}
                }
            }
        }
        Err(self.nowhere())
    }

    /// Waits until the names of a group were looked up, or until the deadline.
    async fn found(&self, group: &Group) -> Result<()> {
        match self.prepared.deadline {
            Some(deadline) => timeout_at(deadline, group.found()).await.map_err(|_| self.late()),
            None => {
                group.found().await;
                Ok(())
            }
        }
    }

    fn late(&self) -> Error {
        let service = &self.prepared.service.name;
        let message = format!("the deadline of a call to service `{service}` has passed");
        Error::new(ErrorKind::DeadlineExceeded, message)
    }

    fn overloaded(&self) -> Error {
        let service = &self.prepared.service.name;
        let message = format!("each endpoint of service `{service}` has as many calls as it may");
        Error::new(ErrorKind::Overloaded, message)
    }

    fn nowhere(&self) -> Error {
        let service = &self.prepared.service.name;
        Error::new(ErrorKind::NoEndpoint, format!("service `{service}` has no endpoint"))
    }

    /// Waits, unless the deadline comes first.
    pub(super) async fn pause(&self, wait: Duration) -> bool {
        let wait = spread(wait);
        if !self.prepared.has_time_after(wait) {
            return false;
        }
        sleep(wait).await;
        true
    }

    /// Waits for something, or until the deadline.
    pub(super) async fn in_time<T>(&self, what: impl Future<Output = T>) -> Result<T> {
        tokio::select! {
            biased;
            done = what => Ok(done),
            () = late(self.prepared.deadline) => Err(self.late()),
        }
    }
}
