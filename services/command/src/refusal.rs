//! Why a command is refused.

use database::data::Failure;
use wsgiservice::Problem;

use crate::{answer::StepFailed, work::StepFailure};

/// Why a command is refused. The member `code` tells programs what the text tells people.
#[derive(Debug, thiserror::Error, Problem)]
pub(crate) enum Refusal {
    /// The command is being executed. The request is sent again with the key that the response has.
    #[error("the request is being executed")]
    #[problem(409, type = "key-running", retry_after = 1)]
    KeyRunning {
        #[problem(extension)]
        code: &'static str,
        #[problem(header = "Idempotency-Key")]
        key: String,
    },
    /// Others have changed what is to be undone.
    #[error("it was changed since; `force=1` undoes that, too")]
    #[problem(409, type = "changed-since", only = [post])]
    ChangedSince {
        /// The paths that were changed.
        #[problem(extension)]
        conflicts: Vec<String>,
        #[problem(extension)]
        code: &'static str,
    },
    /// A step of a batch was refused, and those before it were undone.
    #[error("step {failed_step}, of {path}, was refused: {step_status}")]
    #[problem(424, type = "step-failed", only = [crate::resources::Batch])]
    StepFailed {
        /// The step, from 1.
        #[problem(extension)]
        failed_step: usize,
        path: Box<str>,
        /// The status with which it was refused.
        #[problem(extension)]
        step_status: u16,
        /// What the service has said.
        #[problem(extension)]
        problem: Box<serde_json::Value>,
        /// The paths of the steps that were undone.
        #[problem(extension)]
        compensated: Box<[String]>,
        /// The paths of the steps that others have changed since.
        #[problem(extension)]
        kept: Box<[String]>,
        #[problem(extension)]
        code: &'static str,
    },
    /// The command was given up after a day, and a person has to decide.
    #[error("the command has failed: its outcome is unknown")]
    #[problem(409, type = "failed")]
    Failed {
        #[problem(extension)]
        code: &'static str,
    },
    /// The key was used for another request.
    #[error("the Idempotency-Key was used for another request")]
    #[problem(422, type = "key-reused")]
    KeyReused {
        #[problem(extension)]
        code: &'static str,
    },
    /// The time in which it can be undone is over.
    #[error("the ticket has expired")]
    #[problem(410, type = "expired")]
    Expired {
        #[problem(extension)]
        code: &'static str,
    },
    /// The user was removed.
    #[error("the user was removed")]
    #[problem(410, type = "user-gone")]
    Gone {
        #[problem(extension)]
        code: &'static str,
    },
    /// No such ticket.
    #[error("unknown ticket")]
    #[problem(404)]
    UnknownTicket,
    /// No service has this resource.
    #[error("{0}")]
    #[problem(404)]
    UnknownResource(String),
    /// The batch is wrong.
    #[error("{0}")]
    #[problem(400)]
    Malformed(String),
    /// As many commands as possible are being executed.
    #[error("too many commands are being executed")]
    #[problem(503, type = "busy", retry_after = 1)]
    Busy {
        #[problem(extension)]
        code: &'static str,
    },
    /// A service did not respond. Nothing was executed.
    #[error("{0}")]
    #[problem(503, retry_after = 1)]
    Unreachable(String),
    /// The time of the request has passed before the service has responded.
    #[error("the service did not respond in time")]
    #[problem(504)]
    Late,
    /// What a batch that has failed has responded, which is kept.
    #[error(transparent)]
    #[problem(transparent)]
    Kept(Problem),
    #[error(transparent)]
    #[problem(transparent)]
    Data(#[from] Failure),
}

impl Refusal {
    pub(crate) fn key_running(key: &str) -> Self {
        Self::KeyRunning { code: "key-running", key: quoted(key) }
    }

    pub(crate) fn key_reused() -> Self {
        Self::KeyReused { code: "key-reused" }
    }

    pub(crate) fn busy() -> Self {
        Self::Busy { code: "busy" }
    }

    pub(crate) fn expired() -> Self {
        Self::Expired { code: "expired" }
    }

    pub(crate) fn failed() -> Self {
        Self::Failed { code: "failed" }
    }

    pub(crate) fn step_failed(failed: StepFailed) -> Self {
        let StepFailed { failure, compensated, kept } = failed;
        let StepFailure { step, path, status, problem } = failure;
        Self::StepFailed {
            failed_step: step,
            path: path.into(),
            step_status: status,
            problem: Box::new(problem),
            compensated: compensated.into(),
            kept: kept.into(),
            code: "step-failed",
        }
    }

    pub(crate) fn changed_since(conflicts: Vec<String>) -> Self {
        Self::ChangedSince { conflicts, code: "changed-since" }
    }
}

/// A key as a string of RFC 9651, which every key fits into.
pub(crate) fn quoted(key: &str) -> String {
    format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))
}
