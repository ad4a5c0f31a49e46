//! The attempts of a call in one cluster, or in several in turn.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    attempt::{Received, Verdict, attempt, late},
    prepared::Prepared,
};
use crate::{
    attempt::Attempt,
    body::{Body, STALLED},
    directory::{Choice, Group, Wish, choose},
    endpoint::{Endpoint, InFlight},
    error::{Error, ErrorKind, Result},
    retry_after::{retry_after, spread},
};

/// The wait before a second attempt at an endpoint, at most; each further one is twice as long, up to a second.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(25), Duration::from_secs(1));

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
    pub(super) content: Body,
    /// Whether the content can be sent once only.
    is_stream: bool,
    pub(super) attempts: Vec<Attempt>,
    pub(super) tried: Vec<Arc<Endpoint>>,
    /// How many attempts there may be.
    pub(super) left: u32,
    /// How often the call has waited.
    waits: u32,
    /// Whether a second endpoint may be asked while the first one takes long.
    pub(super) hedges: bool,
    /// Whether an attempt may have been executed.
    pub(super) may_have_executed: bool,
}

/// What happened last, and what it costs to go on.
struct Last {
    outcome: Result<Received>,
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
    place: InFlight,
}

impl<'a> Run<'a> {
    pub(super) fn new(prepared: &'a Prepared, content: Body) -> Self {
        let is_stream = content.progress().is_some();
        Self {
            prepared,
            content,
            is_stream,
            attempts: Vec::with_capacity(1),
            tried: Vec::new(),
            left: if is_stream { 1 } else { prepared.service.entry.attempts },
            waits: 0,
            hedges: prepared.hedges,
            may_have_executed: false,
        }
    }

    /// Never asks two endpoints at the same time.
    pub(super) fn without_hedges(self) -> Self {
        Self { hedges: false, ..self }
    }

    /// Whether the call can be sent again to another cluster, to which its user has moved.
    pub(super) fn can_follow(&self) -> bool {
        !self.is_stream && (!self.is_bound() || self.prepared.has_key)
    }

    /// Whether the call can be sent again to the same cluster.
    pub(super) fn can_repeat(&self) -> bool {
        !self.is_stream && (!self.may_have_executed || self.prepared.is_repeatable)
    }

    /// Whether the call may have changed something, and stays where that is.
    pub(super) fn is_bound(&self) -> bool {
        self.may_have_executed && !self.prepared.is_safe
    }

    /// Forgets the last attempt, which was not executed.
    pub(super) fn give_back(&mut self) {
        self.left = self.left.saturating_add(1);
        self.tried.clear();
    }

    /// Calls the service in the first of the clusters that has a response.
    pub(super) async fn in_clusters(&mut self, groups: &[Arc<Group>]) -> Result<Received> {
        let mut only: Option<[Arc<Group>; 1]> = None;
        let mut position = 0;
        let mut last: Option<Last> = None;
        loop {
            let groups = only.as_ref().map_or(groups, |only| only.as_slice());
            let why = last.as_ref().map(|last| last.why);
            if let Some(last) = last.take()
                && let Err(last) = self.wait(last, groups).await
            {
                return last.outcome;
            }
            if !self.prepared.has_time_after(Duration::ZERO) {
                return Err(self.late());
            }
            let next = self.next(groups, position, why).await?;
            position = next.position;
            let Some(group) = groups.get(position).map(Arc::clone) else {
                return Err(self.nowhere());
            };
            let wait = |outcome, why, wait, group| Some(Last { outcome, group, why, wait });
            match self.attempt(&group, &next.endpoint, next.place).await {
                Verdict::Response(received) => match self.asked_to_wait(&received) {
                    Some(time) => last = wait(Ok(received), Why::Asked, Some(time), group),
                    None => return Ok(received),
                },
                Verdict::Refused(error) => {
                    self.tried.push(next.endpoint);
                    last = wait(Err(error), Why::Refused, None, group);
                }
                Verdict::Failed(outcome, time) => {
                    self.may_have_executed = true;
                    self.tried.push(next.endpoint);
                    if !self.prepared.is_repeatable {
                        return outcome;
                    }
                    if !self.prepared.is_safe {
                        // What was perhaps executed in a cluster is not executed in another.
                        (only, position) = (Some([Arc::clone(&group)]), 0);
                    }
                    last = wait(outcome, Why::Failed, time, group);
                }
                Verdict::Late { error, was_written } => {
                    self.may_have_executed |= was_written;
                    return Err(error);
                }
            }
        }
    }

    async fn attempt(
        &mut self,
        group: &Arc<Group>,
        endpoint: &Arc<Endpoint>,
        place: InFlight,
    ) -> Verdict {
        if self.attempts.is_empty() {
            group.deposit();
        }
        self.left = self.left.saturating_sub(1);
        let hedge = self.hedges.then(|| group.durations().p95()).flatten();
        let tried = match hedge {
            Some(after) => Box::pin(self.hedged(group, endpoint, place, after)).await,
            None => {
                attempt(self.prepared, self.content.for_attempt(), group, endpoint, place).await
            }
        };
        self.attempts.push(tried.attempt);
        tried.verdict
    }

    /// Pays for one more attempt and waits for it, or returns what there is.
    async fn wait(&mut self, last: Last, groups: &[Arc<Group>]) -> std::result::Result<(), Last> {
        let is_used_up = self.left == 0;
        if is_used_up || last.why == Why::Failed && !last.group.withdraw() {
            return Err(last);
        }
        let longest = self.longest_back_off();
        let is_again = !self.has_another(groups);
        let wait = match last.why {
            // At least the longest, since a service can ask to come back at once, again and again.
            Why::Asked => last.wait.map_or(longest, spread).max(longest),
            // The endpoint rests; another one is asked at once.
            Why::Failed | Why::Refused if !is_again => Duration::ZERO,
            Why::Failed | Why::Refused => {
                let back_off = longest.mul_f64(fastrand::f64());
                last.wait.map_or(back_off, |asked| spread(asked).max(back_off))
            }
        };
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

    fn longest_back_off(&self) -> Duration {
        BACK_OFF.0.saturating_mul(1 << self.waits.min(10)).min(BACK_OFF.1)
    }

    /// Whether there is an endpoint in service that had no attempt of this call.
    fn has_another(&self, groups: &[Arc<Group>]) -> bool {
        let wish =
            Wish { tried: &self.tried, may_try: false, is_last: true, again: false, all: false };
        let mut choices = groups.iter().map(|group| choose(&group.endpoints(), wish));
        choices.any(|choice| matches!(choice, Choice::Endpoint(..)))
    }

    /// How long the service asks to wait before the call is sent again.
    fn asked_to_wait(&mut self, received: &Received) -> Option<Duration> {
        if self.is_stream {
            return None;
        }
        let headers = received.response.headers();
        match received.response.status() {
            StatusCode::TOO_MANY_REQUESTS if self.left > 0 => {
                let wait = retry_after(headers)?;
                self.tried.push(Arc::clone(&received.endpoint));
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
    async fn next(&self, groups: &[Arc<Group>], position: usize, why: Option<Why>) -> Result<Next> {
        let further = groups.len().saturating_sub(position + 1);
        let is_asked = why == Some(Why::Asked);
        // Another endpoint of the cluster, while there is an attempt for each further cluster.
        let stays = why.is_none() || self.left as usize > further;
        let start = if stays || is_asked { position } else { position + 1 };
        let count = if is_asked { groups.len().min(1) } else { groups.len() };
        let service = &self.prepared.service;
        for pass in PASSES {
            for step in start..start + count {
                let position = step % groups.len();
                let Some(group) = groups.get(position) else { continue };
                self.found(group).await?;
                let wish = Wish {
                    tried: &self.tried,
                    // A check of health is what tries an endpoint, if there is one.
                    may_try: self.prepared.is_safe && service.entry.health.is_none(),
                    is_last: pass.is_last || position + 1 == groups.len(),
                    again: pass.again || is_asked,
                    all: pass.all,
                };
                match choose(&group.endpoints(), wish) {
                    Choice::Endpoint(endpoint, place) => {
                        return Ok(Next { position, endpoint, place });
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
        if group.is_found() {
            return Ok(());
        }
        // A stream has no deadline.
        let deadline = self.prepared.deadline.unwrap_or_else(|| Instant::now() + STALLED);
        timeout_at(deadline, group.found()).await.map_err(|_| self.late())
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
    pub(super) async fn pause(&mut self, wait: Duration) -> bool {
        let wait = spread(wait).max(self.longest_back_off());
        self.waits += 1;
        if !self.prepared.has_time_after(wait) {
            return false;
        }
        sleep(wait).await;
        true
    }

    /// How long the cluster service is waited for, if there is something else to go by.
    pub(super) fn patience(&self) -> Duration {
        let connect = self.prepared.service.entry.timeouts.connect;
        self.prepared.left(Instant::now()).map_or(connect, |left| (left / 4).min(connect))
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
