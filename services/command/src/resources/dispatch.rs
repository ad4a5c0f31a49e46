//! What a request waits for: the end of its command, here or in the cluster of its user.

use std::time::Duration;

use database::data::Failure;
use http::Response;
use sha2::{Digest, Sha256};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};
use wsgiservice::{IdempotencyKey, Request, content::Body};

use super::pass::Passed;
use crate::{
    database::{Found, State, new_id},
    refusal::Refusal,
    runner::{DAY, LONGEST_WAIT, NewCommand, NewUndo, Outcome, Runner, Stopped},
    work::Work,
};

/// How long before its deadline a request is answered, at most.
const MARGIN: Duration = Duration::from_millis(200);

/// Serves the requests for commands. It is cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Dispatch {
    runner: Runner,
}

/// What a request asks for.
#[derive(Clone, Debug)]
pub(super) enum Command {
    /// A change or a batch.
    Work(Work),
    /// The undo of a ticket.
    Undo { ticket: String, force: bool },
}

/// A request for a command.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) user: &'a str,
    pub(super) key: Option<IdempotencyKey>,
    pub(super) command: Command,
    /// How it is passed on to another cluster.
    pub(super) passed: Passed,
}

impl Dispatch {
    pub(super) fn new(runner: Runner) -> Self {
        Self { runner }
    }

    pub(super) fn runner(&self) -> &Runner {
        &self.runner
    }

    /// Executes a command here, or passes it on to the cluster of its user.
    pub(super) async fn execute(&self, call: Call<'_>) -> Result<Response<Body>, Refusal> {
        let until = Instant::now() + time_to_wait(call.request);
        let key = call.key.as_ref().map_or_else(new_id, |key| key.key().to_owned());
        let fingerprint = call.passed.fingerprint();
        let mut has_begun = false;
        loop {
            let response = match self.attempt(&call, &key, &fingerprint, until).await {
                // The row is that of another worker: as if the request came again.
                Ok(None) if Instant::now() < until => {
                    has_begun = true;
                    continue;
                }
                Ok(None) => Err(Refusal::key_running(&key)),
                Err(Refusal::Data(Failure::Moved { .. })) if self.may_pass_on(&call) => {
                    self.pass_on(call.request, call.user, &key, &call.passed).await
                }
                Ok(Some(response)) => Ok(response),
                Err(refusal) => Err(refusal),
            };
            return match has_begun && says_not_executed(&response) {
                true => Err(Refusal::key_running(&key)),
                false => response,
            };
        }
    }

    /// Executes a command here. `None` if another worker has taken its row over.
    async fn attempt(
        &self,
        call: &Call<'_>,
        key: &str,
        fingerprint: &str,
        until: Instant,
    ) -> Result<Option<Response<Body>>, Refusal> {
        self.runner.data().check_write(call.user).await?;
        if let Some(response) = self.earlier(call, key, fingerprint).await? {
            return Ok(Some(response));
        }
        let outcome = self.begin(call, key, fingerprint)?;
        match timeout_at(until, outcome).await {
            Ok(Ok(Ok(answer) | Err(Stopped::Answered(answer)))) => {
                Ok(Some(answer.into_response(false)?))
            }
            Ok(Ok(Err(Stopped::Lost | Stopped::Refused(Refusal::Data(Failure::Moved { .. }))))) => {
                Ok(None)
            }
            Ok(Ok(Err(Stopped::Refused(refusal)))) => Err(refusal),
            // Too late, or the server stops.
            Err(_) | Ok(Err(_)) => Err(Refusal::key_running(key)),
        }
    }

    fn begin(
        &self,
        call: &Call<'_>,
        key: &str,
        fingerprint: &str,
    ) -> Result<oneshot::Receiver<Outcome>, Refusal> {
        let (user, key, fingerprint) =
            (call.user.to_owned(), key.to_owned(), fingerprint.to_owned());
        match call.command.clone() {
            Command::Work(work) => self.runner.begin(NewCommand { user, key, fingerprint, work }),
            Command::Undo { ticket, force } => {
                self.runner.begin_undo(NewUndo { user, ticket, key, fingerprint, force })
            }
        }
    }

    /// The response to a request that came before.
    async fn earlier(
        &self,
        call: &Call<'_>,
        key: &str,
        fingerprint: &str,
    ) -> Result<Option<Response<Body>>, Refusal> {
        let found = Found::by_key(self.runner.data(), call.user, key).await?;
        if found.as_ref().is_some_and(|found| found.fingerprint != fingerprint) {
            return Err(Refusal::key_reused());
        }
        match (&call.command, found) {
            (Command::Work(_), None) => Ok(None),
            (Command::Work(_), Some(found)) => self.replayed(found, key, true).map(Some),
            (Command::Undo { ticket, .. }, found) => {
                self.earlier_undo(call.user, ticket, key, found.is_some()).await
            }
        }
    }

    /// The response to the undo of a ticket that is not open.
    async fn earlier_undo(
        &self,
        user: &str,
        ticket: &str,
        key: &str,
        is_replay: bool,
    ) -> Result<Option<Response<Body>>, Refusal> {
        let data = self.runner.data();
        let found = Found::by_id(data, user, ticket).await?.ok_or(Refusal::UnknownTicket)?;
        match found.state {
            State::Open if found.created < test_hooks::now() - DAY => Err(Refusal::expired()),
            State::Open => Ok(None),
            State::Undoing => Err(Refusal::key_running(key)),
            State::Expired => Err(Refusal::expired()),
            State::Failed => Err(Refusal::failed()),
            State::Undone => {
                let redo = found.redo.unwrap_or_default();
                let redo = Found::by_id(data, user, &redo).await?;
                self.replayed(redo.ok_or(Refusal::UnknownTicket)?, key, is_replay).map(Some)
            }
            _ => Err(Refusal::UnknownTicket),
        }
    }

    /// The response to a request whose command is known.
    fn replayed(
        &self,
        found: Found,
        key: &str,
        is_replay: bool,
    ) -> Result<Response<Body>, Refusal> {
        match (found.answer, found.state) {
            (Some(answer), _) => {
                if is_replay {
                    self.runner.data().count_replay();
                }
                Ok(answer.into_response(is_replay)?)
            }
            (None, State::Failed) => Err(Refusal::failed()),
            (None, _) => Err(Refusal::key_running(key)),
        }
    }
}

/// Whether a response could be taken to say that nothing was executed, which is not known of a command that has begun.
fn says_not_executed(response: &Result<Response<Body>, Refusal>) -> bool {
    match response {
        Ok(response) => matches!(response.status().as_u16(), 421 | 423 | 429 | 500..),
        Err(Refusal::Data(failure)) => !matches!(failure, Failure::UserGone { .. }),
        Err(refusal) => {
            matches!(refusal, Refusal::Busy { .. } | Refusal::Unreachable(_) | Refusal::Late)
        }
    }
}

/// How long a request waits: it is answered before its client gives up.
pub(super) fn time_to_wait(request: &Request) -> Duration {
    let left = request.time_left().unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
    left.saturating_sub(MARGIN.min(left / 4))
}

impl Passed {
    /// By what a resend is told from another request: the method, the path with the query, and the content.
    fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for part in [self.method.as_str(), &self.path, &self.query] {
            hash.update(part);
            hash.update("\n");
        }
        if let Some(content) = &self.content {
            hash.update(&content.bytes.0);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
