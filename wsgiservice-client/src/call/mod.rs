//! From a call to its response: where it goes, and how often.

use std::{pin::pin, sync::Arc, time::Duration};

use http::{HeaderMap, Method};
use tokio::time::Instant;
use tracing::Instrument;

use crate::{
    body::Body,
    context::CallContext,
    directory::{CallOutcome, Directory, Group, Service},
    error::{Error, ErrorKind, Result},
    housekeeping,
    locate::{Locate, Target},
    response::{Origin, Response, Responses},
    shared::Shared,
};

mod all;
mod attempt;
mod first;
mod hedge;
mod look_up;
mod prepared;
mod run;
#[cfg(feature = "opentelemetry")]
mod span;
mod user;

use attempt::Received;
use first::Ended;
use prepared::{Prepared, Wanted, is_safe};
use run::Run;

/// A call as the caller has built it.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) shared: Arc<Shared>,
    pub(crate) context: CallContext,
    pub(crate) method: Method,
    pub(crate) service: String,
    pub(crate) target: Target,
    /// The path and the query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Body,
    pub(crate) timeout: Option<Duration>,
    pub(crate) hedges: bool,
    /// The first mistake in building it.
    pub(crate) problem: Option<Error>,
}

/// A call whose service is known.
struct ReadyCall {
    shared: Arc<Shared>,
    directory: Arc<Directory>,
    prepared: Prepared,
    content: Body,
    target: Target,
    /// A deadline that was asked for, which the default is not.
    asked_deadline: Option<Instant>,
}

impl Call {
    /// Performs a call that has one response.
    pub(crate) async fn response(self: Box<Self>) -> Result<Response> {
        let ready = self.ready()?;
        let span = ready.span();
        // Pinned, so that only a reference to it is moved.
        pin!(ready.response()).instrument(span).await
    }

    /// Performs a call to all clusters.
    pub(crate) async fn responses(self: Box<Self>) -> Result<Responses> {
        let ready = self.ready()?;
        let span = ready.span();
        ready.responses().instrument(span).await
    }

    fn ready(self) -> Result<ReadyCall> {
        let directory = housekeeping::directory(&self.shared);
        let service = directory.service(&self.service)?;
        if let Some(problem) = self.problem {
            return Err(counted(problem, &service));
        }
        let is_stream = self.content.progress().is_some();
        let now = Instant::now();
        // A timeout that is too long for the clock is none.
        let asked = self.timeout.and_then(|timeout| now.checked_add(timeout));
        let asked_deadline = earlier(asked, self.context.deadline);
        let default =
            (!is_stream && self.timeout.is_none()).then(|| now + service.entry.timeouts.call);
        let wanted = Wanted {
            method: self.method,
            target: self.path,
            headers: self.headers,
            trace: self.context.trace(),
            hedges: self.hedges,
            deadline: earlier(asked_deadline, default),
        };
        Ok(ReadyCall {
            directory,
            prepared: Prepared::new(Arc::clone(&service), wanted)
                .map_err(|error| counted(error, &service))?,
            shared: self.shared,
            content: self.content,
            target: self.target,
            asked_deadline,
        })
    }
}

impl ReadyCall {
    fn span(&self) -> tracing::Span {
        let method = self.prepared.method();
        tracing::debug_span!(
            "call",
            service = &*self.prepared.service.name,
            method = method.as_str()
        )
    }

    async fn response(self) -> Result<Response> {
        let Self { shared, directory, prepared, content, target, asked_deadline } = self;
        let counting = Counting::new(&prepared.service);
        let ended = located(&shared, &directory, &prepared, content, target).await;
        counting.end(&ended);
        finish(ended, &prepared, asked_deadline)
    }

    async fn responses(self) -> Result<Responses> {
        let groups = self.prepared.service.by_distance();
        if self.content.progress().is_some() {
            let error = Error::invalid("a stream can be sent to one cluster only");
            return Err(counted(error, &self.prepared.service));
        }
        if groups.is_empty() {
            return Err(counted(nowhere(), &self.prepared.service));
        }
        let countings: Vec<_> =
            groups.iter().map(|_| Counting::new(&self.prepared.service)).collect();
        let ended = all::all(&self.prepared, self.content, &groups).await;
        let finished = ended.into_iter().zip(countings).map(|((cluster, ended), counting)| {
            counting.end(&ended);
            (cluster, finish(ended, &self.prepared, self.asked_deadline))
        });
        Ok(Responses::new(finished.collect()))
    }
}

/// Performs a call where its locator says.
async fn located(
    shared: &Arc<Shared>,
    directory: &Arc<Directory>,
    prepared: &Prepared,
    content: Body,
    target: Target,
) -> Ended {
    let service = &prepared.service;
    let is_stream = content.progress().is_some();
    let mut run = Run::new(prepared, Body::default());
    let outcome = match target {
        Target::All => Err(Error::invalid("a call to all clusters has several responses")),
        Target::One(Locate::First { .. }) if is_stream => {
            Err(Error::invalid("a stream can be sent to one cluster only"))
        }
        Target::One(Locate::First { changes: true }) if !prepared.is_safe => {
            let groups = service.by_distance();
            return Box::pin(first::first_with_changes(prepared, content, &groups)).await;
        }
        Target::One(Locate::First { .. }) if prepared.is_safe => {
            // Boxed, as all that is rare: the future of each call would have room for it.
            return Box::pin(first::first(prepared, content, &service.by_distance())).await;
        }
        Target::One(Locate::First { .. }) => Err(Error::invalid(
            "`Locate::First` with `changes: false` cannot be used with a method that changes something",
        )),
        Target::One(Locate::Closest) => {
            run = Run::new(prepared, content);
            run.in_clusters(&service.by_distance()).await
        }
        Target::One(Locate::Random) => {
            run = Run::new(prepared, content);
            run.in_clusters(&by_weight(directory, service)).await
        }
        Target::One(Locate::Cluster(name)) => match service.in_cluster(&name) {
            Some(group) => {
                run = Run::new(prepared, content);
                run.in_clusters(std::slice::from_ref(group)).await
            }
            None => Err(not_in(directory, service, &name)),
        },
        Target::One(Locate::User(user)) => {
            run = Run::new(prepared, content);
            Box::pin(user::for_user(&mut run, shared, directory, &user)).await
        }
    };
    Ended { outcome, attempts: run.attempts, may_have_executed: run.may_have_executed }
}

/// The clusters in the order in which they are drawn. One of weight 0 is never drawn before another.
fn by_weight(directory: &Directory, service: &Service) -> Vec<Arc<Group>> {
    let groups = service.by_distance();
    // The smallest of exponential draws, each with the weight as its rate, is one by weight.
    let draw = |group: &Group| -fastrand::f64().ln() / directory.weight(&group.cluster);
    let mut drawn: Vec<_> = groups.iter().map(|group| (draw(group), Arc::clone(group))).collect();
    drawn.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    drawn.into_iter().map(|(_, group)| group).collect()
}

fn not_in(directory: &Directory, service: &Service, cluster: &str) -> Error {
    match directory.topology.clusters.contains_key(cluster) {
        true => {
            let message = format!("service `{}` is not in cluster `{cluster}`", service.name);
            Error::new(ErrorKind::NoEndpoint, message)
        }
        false => Error::new(ErrorKind::Unresolved, format!("unknown cluster `{cluster}`")),
    }
}

fn nowhere() -> Error {
    Error::new(ErrorKind::NoEndpoint, "the service is in no cluster")
}

fn finish(ended: Ended, prepared: &Prepared, asked_deadline: Option<Instant>) -> Result<Response> {
    let Ended { outcome, attempts, may_have_executed } = ended;
    let key = prepared.key().cloned();
    match outcome {
        Ok(Received { response, group, endpoint }) => Ok(Response::new(
            response,
            Origin {
                service: Arc::clone(&prepared.service.name),
                cluster: Arc::clone(&group.cluster),
                endpoint: Arc::clone(&endpoint.name),
                attempts,
                key,
                may_have_executed,
                deadline: prepared.deadline,
                asked_deadline,
            },
        )),
        Err(error) => Err(error.executed(may_have_executed).after(attempts).with_key(key)),
    }
}

fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The error of a call that is sent nowhere, which is counted.
fn counted(error: Error, service: &Service) -> Error {
    service.counters.add(CallOutcome::of(Err(error.kind())));
    error
}

/// Counts a call when it ends. If it is dropped first, the caller no longer waited.
struct Counting<'a> {
    service: &'a Service,
    has_ended: bool,
}

impl<'a> Counting<'a> {
    fn new(service: &'a Service) -> Self {
        Self { service, has_ended: false }
    }

    fn end(mut self, ended: &Ended) {
        self.has_ended = true;
        let status = ended.outcome.as_ref().map(|answer| answer.response.status());
        let outcome = CallOutcome::of(status.map_err(|error| error.kind()));
        let group = match &ended.outcome {
            Ok(answer) => Some(&answer.group),
            Err(_) => ended.attempts.last().and_then(|it| self.service.in_cluster(it.cluster())),
        };
        let counters = group.map_or(&*self.service.counters, |group| &group.counters().calls);
        counters.add(outcome);
    }
}

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.service.counters.add(CallOutcome::Cancelled);
        }
    }
}

/// Whether a method changes something.
pub(crate) fn changes(method: &Method) -> bool {
    !is_safe(method)
}
