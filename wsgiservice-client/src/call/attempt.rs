//! One attempt at one endpoint.

use std::{future::pending, pin::pin, sync::Arc, time::Duration};

use http::{Response, StatusCode};
use tokio::time::{Instant, sleep_until};
use tracing::Instrument;

use super::prepared::Prepared;
use crate::{
    attempt::{Attempt, AttemptOutcome},
    body::{Body, Progress, STALLED},
    directory::{CallOutcome, Group},
    endpoint::{Content, Endpoint, InFlight, Mark, SHORTEST_TIMEOUT, SendError, SendTrace},
    error::{BoxError, Error, ErrorKind},
    retry_after::retry_after,
};

/// A response, and where it comes from.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) response: Response<Content>,
    pub(super) group: Arc<Group>,
    pub(super) endpoint: Arc<Endpoint>,
}

impl Received {
    /// The other cluster that `X-Cluster` names.
    pub(super) fn other_cluster(&self) -> Option<Arc<str>> {
        let name = self.response.headers().get("x-cluster")?.to_str().ok()?;
        (!name.is_empty() && name != &*self.group.cluster).then(|| name.into())
    }
}

/// How an attempt ended.
pub(super) struct Tried {
    pub(super) attempt: Attempt,
    pub(super) verdict: Verdict,
}

/// What follows from an attempt.
pub(super) enum Verdict {
    /// The response is that of the call.
    Response(Received),
    /// The request was not executed.
    Refused(Error),
    /// The request may have been executed. A response, if there is one, is that of a proxy: 502, 503 or 504.
    Failed(Result<Received, Error>, Option<Duration>),
    /// The time of the call is used up.
    Late {
        error: Error,
        /// Whether the request may have been executed.
        was_written: bool,
    },
}

/// Sends the request of a call to an endpoint, which has a place for it.
pub(super) async fn attempt(
    prepared: &Prepared,
    content: Body,
    group: &Arc<Group>,
    endpoint: &Arc<Endpoint>,
    place: InFlight,
) -> Tried {
    let span = tracing::debug_span!(
        "attempt",
        otel.kind = "client",
        http.request.method = prepared.method().as_str(),
        service = &*prepared.service.name,
        cluster = &*group.cluster,
        endpoint = &*endpoint.name
    );
    // Pinned, so that only a reference to it is moved.
    let sending = pin!(Sending::new(prepared, group, endpoint).send(content, place));
    sending.instrument(span).await
}

/// An attempt that has begun. If it is dropped, the caller no longer waits.
struct Sending<'a> {
    prepared: &'a Prepared,
    group: &'a Arc<Group>,
    endpoint: &'a Arc<Endpoint>,
    started: Instant,
    trace: SendTrace,
    is_pending: bool,
}

impl<'a> Sending<'a> {
    fn new(prepared: &'a Prepared, group: &'a Arc<Group>, endpoint: &'a Arc<Endpoint>) -> Self {
        let (started, trace) = (Instant::now(), SendTrace::default());
        Self { prepared, group, endpoint, started, trace, is_pending: true }
    }

    async fn send(mut self, content: Body, place: InFlight) -> Tried {
        let progress = content.progress();
        if let Some(progress) = &progress {
            progress.made();
        }
        let request = self.prepared.request(content, self.started);
        let conditions = &self.prepared.conditions;
        let sent = self.endpoint.send(request, conditions, place, &self.trace);
        let tried = tokio::select! {
            biased;
            sent = sent => self.sent(sent),
            () = late(self.prepared.deadline) => self.late(),
            () = late(self.attempt_limit()) => self.timed_out("no response in the time of an attempt"),
            () = stalled(progress, self.prepared.deadline) => self.timed_out("no byte was sent or received for 10 s"),
        };
        self.is_pending = false;
        tried
    }

    fn attempt_limit(&self) -> Option<Instant> {
        Some(self.started + self.prepared.service.entry.timeouts.attempt?)
    }

    fn sent(&self, sent: Result<Response<Content>, SendError>) -> Tried {
        match sent {
            Ok(response) => self.received(response),
            Err(SendError::Refused(source)) => {
                let error = self.error(ErrorKind::Connect, "cannot connect to", source);
                self.tried(Mark::Refused, AttemptOutcome::Refused, Verdict::Refused(error))
            }
            Err(SendError::Failed(source)) => {
                let error = self.error(ErrorKind::Protocol, "no response from", source);
                let verdict = Verdict::Failed(Err(error), None);
                self.tried(Mark::Failed, AttemptOutcome::Failed, verdict)
            }
        }
    }

    fn received(&self, response: Response<Content>) -> Tried {
        let status = response.status();
        if status.is_informational() {
            let source = format!("an unexpected status of {status}");
            return self.sent(Err(SendError::Failed(source.into())));
        }
        let mark = match status {
            StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Mark::Failed,
            StatusCode::INTERNAL_SERVER_ERROR => Mark::Neutral,
            _ => Mark::Good,
        };
        let (group, endpoint) = (Arc::clone(self.group), Arc::clone(self.endpoint));
        let received = Received { response, group, endpoint };
        let verdict = match mark {
            Mark::Failed => {
                let wait = retry_after(received.response.headers());
                if let (StatusCode::SERVICE_UNAVAILABLE, Some(pause)) = (status, wait) {
                    self.endpoint.record.rest(pause);
                }
                Verdict::Failed(Ok(received), wait)
            }
            _ => Verdict::Response(received),
        };
        self.tried(mark, AttemptOutcome::Response(status), verdict)
    }

    fn timed_out(&self, reason: &'static str) -> Tried {
        if !self.trace.is_written() {
            let error = self.error(ErrorKind::Connect, "cannot connect to", reason);
            return self.tried(Mark::Refused, AttemptOutcome::Refused, Verdict::Refused(error));
        }
        self.retire();
        let error = self.error(ErrorKind::DeadlineExceeded, "no response from", reason);
        self.tried(Mark::TimedOut, AttemptOutcome::TimedOut, Verdict::Failed(Err(error), None))
    }

    fn late(&self) -> Tried {
        let was_written = self.trace.is_written();
        let error = self.error(
            ErrorKind::DeadlineExceeded,
            "no response in time from",
            "deadline exceeded",
        );
        let verdict = Verdict::Late { error, was_written };
        if !was_written {
            return self.tried(Mark::Cancelled, AttemptOutcome::Refused, verdict);
        }
        self.retire();
        self.tried(Mark::TimedOut, AttemptOutcome::TimedOut, verdict)
    }

    /// A connection without a response is given no more requests, unless the caller was in a hurry.
    fn retire(&self) {
        if self.started.elapsed() >= SHORTEST_TIMEOUT {
            self.endpoint.retire(&self.trace);
        }
    }

    fn tried(&self, mark: Mark, outcome: AttemptOutcome, verdict: Verdict) -> Tried {
        let duration = self.started.elapsed();
        #[cfg(feature = "opentelemetry")]
        super::span::end(outcome);
        if let Some(ejection) = self.endpoint.record.mark(mark, duration) {
            self.group.count_ejection(ejection);
        }
        self.group.counters().attempts.add(outcome.into());
        if matches!(mark, Mark::Good | Mark::Neutral) {
            self.group.durations().add(duration);
        }
        let (cluster, endpoint) =
            (Arc::clone(&self.group.cluster), Arc::clone(&self.endpoint.name));
        Tried { attempt: Attempt { cluster, endpoint, outcome, duration }, verdict }
    }

    fn error(&self, kind: ErrorKind, what: &str, source: impl Into<BoxError>) -> Error {
        let (service, source) = (&self.prepared.service.name, source.into());
        let endpoint = &self.endpoint.name;
        let message = format!("{what} service `{service}` at {endpoint}: {source}");
        Error::new(kind, message).because(source)
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        if self.is_pending {
            self.endpoint.record.mark(Mark::Cancelled, self.started.elapsed());
            self.group.counters().attempts.add(CallOutcome::Cancelled);
        }
    }
}

/// Waits until a time, or for ever.
pub(super) async fn late(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}

/// Waits until a stream has had no byte for too long. After its end, the service may work until the deadline, if there is one.
async fn stalled(progress: Option<Progress>, deadline: Option<Instant>) {
    let Some(progress) = progress else { return pending().await };
    loop {
        let (last, has_ended) = progress.last();
        if has_ended && deadline.is_some() {
            return pending().await;
        }
        let until = last + STALLED;
        if until <= Instant::now() {
            return;
        }
        sleep_until(until).await;
    }
}
