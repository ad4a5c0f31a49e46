//! One attempt at one endpoint.

use std::{future::pending, pin::pin, sync::Arc, time::Duration};

use http::{Response, StatusCode};
use tokio::time::{Instant, sleep_until};
use tracing::Instrument;

use super::prepared::Prepared;
use crate::{
    attempt::{Attempt, AttemptOutcome},
    body::{Body, Progress},
    directory::Group,
    endpoint::{Content, Endpoint, Mark, SendError},
    error::{BoxError, Error, ErrorKind},
    retry_after::retry_after,
};

/// How long a stream may have no byte.
pub(crate) const STALLED: Duration = Duration::from_secs(10);

/// A response, and where it comes from.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) response: Response<Content>,
    pub(super) group: Arc<Group>,
    pub(super) endpoint: Arc<Endpoint>,
}

impl Answer {
    /// The cluster that `X-Cluster` names.
    pub(super) fn named_cluster(&self) -> Option<Arc<str>> {
        let name = self.response.headers().get("x-cluster")?.to_str().ok()?;
        (!name.is_empty()).then(|| name.into())
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
    Answer(Answer),
    /// The request was not executed.
    Refused(Error),
    /// The request may have been executed. A response is one that says that there is none.
    Failed(Result<Answer, Error>, Option<Duration>),
    /// The time of the call is used up.
    Late(Error),
}

/// Sends the request of a call to an endpoint.
pub(super) async fn attempt(
    prepared: &Prepared,
    content: Body,
    group: &Arc<Group>,
    endpoint: &Arc<Endpoint>,
) -> Tried {
    let span = tracing::debug_span!(
        "attempt",
        service = &*prepared.service.name,
        cluster = &*group.cluster,
        endpoint = &*endpoint.name
    );
    // Pinned, so that only a reference to it is moved.
    let sending = pin!(Sending::new(prepared, group, endpoint).send(content));
    sending.instrument(span).await
}

/// An attempt that has begun. If it is dropped, the caller no longer waits.
struct Sending<'a> {
    prepared: &'a Prepared,
    group: &'a Arc<Group>,
    endpoint: &'a Arc<Endpoint>,
    started: Instant,
    is_pending: bool,
}

impl<'a> Sending<'a> {
    fn new(prepared: &'a Prepared, group: &'a Arc<Group>, endpoint: &'a Arc<Endpoint>) -> Self {
        Self { prepared, group, endpoint, started: Instant::now(), is_pending: true }
    }

    async fn send(mut self, content: Body) -> Tried {
        let progress = content.progress();
        if let Some(progress) = &progress {
            progress.made();
        }
        let request = self.prepared.request(content, self.started);
        let sent = self.endpoint.send(request, &self.prepared.conditions);
        let tried = tokio::select! {
            biased;
            sent = sent => self.sent(sent),
            () = late(self.prepared.deadline) => self.late(),
            () = late(self.attempt_limit()) => self.timed_out("no response in the time of an attempt"),
            () = stalled(progress) => self.timed_out("no byte was sent or received for 10 s"),
        };
        self.is_pending = false;
        tried
    }

    fn attempt_limit(&self) -> Option<Instant> {
        Some(self.started + self.prepared.service.entry.timeouts.attempt?)
    }

    fn sent(&self, sent: Result<Response<Content>, SendError>) -> Tried {
        match sent {
            Ok(response) => self.answered(response),
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

    fn answered(&self, response: Response<Content>) -> Tried {
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
        let answer = Answer { response, group, endpoint };
        let verdict = match mark {
            Mark::Failed => {
                let wait = retry_after(answer.response.headers());
                if let (StatusCode::SERVICE_UNAVAILABLE, Some(pause)) = (status, wait) {
                    self.endpoint.record.rest(pause);
                }
                Verdict::Failed(Ok(answer), wait)
            }
            _ => Verdict::Answer(answer),
        };
        self.tried(mark, AttemptOutcome::Response(status), verdict)
    }

    fn timed_out(&self, reason: &'static str) -> Tried {
        self.endpoint.retire();
        let error = self.error(ErrorKind::DeadlineExceeded, "no response from", reason);
        self.tried(Mark::TimedOut, AttemptOutcome::TimedOut, Verdict::Failed(Err(error), None))
    }

    fn late(&self) -> Tried {
        self.endpoint.retire();
        let error = self.error(
            ErrorKind::DeadlineExceeded,
            "no response in time from",
            "deadline exceeded",
        );
        self.tried(Mark::TimedOut, AttemptOutcome::TimedOut, Verdict::Late(error))
    }

    fn tried(&self, mark: Mark, outcome: AttemptOutcome, verdict: Verdict) -> Tried {
        let duration = self.started.elapsed();
        self.endpoint.record.mark(mark, duration);
        if let AttemptOutcome::Response(_) = outcome {
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

/// Waits until a stream has had no byte for too long.
async fn stalled(progress: Option<Progress>) {
    let Some(progress) = progress else { return pending().await };
    loop {
        let until = progress.last() + STALLED;
        if until <= Instant::now() {
            return;
        }
        sleep_until(until).await;
    }
}
