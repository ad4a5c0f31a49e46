//! How many calls ended how.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::error::ErrorKind;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallOutcome {
    /// A response with a status of 2xx.
    Success,
    /// A response with a status of 3xx.
    Redirect,
    /// A response with a status of 4xx.
    ClientError,
    /// A response with a status of 5xx.
    ServerError,
    /// The call was wrong.
    InvalidRequest,
    /// The cluster of the user was unknown.
    Unresolved,
    /// There was no endpoint.
    NoEndpoint,
    /// Each endpoint had as many calls as it may.
    Overloaded,
    /// The deadline passed first.
    DeadlineExceeded,
    /// No endpoint could be reached.
    Connect,
    /// The connection broke, or what came was not HTTP.
    Protocol,
    /// The caller no longer waited.
    Cancelled,
}

const OUTCOMES: [CallOutcome; 12] = [
    CallOutcome::Success,
    CallOutcome::Redirect,
    CallOutcome::ClientError,
    CallOutcome::ServerError,
    CallOutcome::InvalidRequest,
    CallOutcome::Unresolved,
    CallOutcome::NoEndpoint,
    CallOutcome::Overloaded,
    CallOutcome::DeadlineExceeded,
    CallOutcome::Connect,
    CallOutcome::Protocol,
    CallOutcome::Cancelled,
];

/// How many calls to a service in a cluster ended in this way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Count {
    /// The name of the service.
    pub service: String,
    /// The cluster of the last attempt, if there was one.
    pub cluster: Option<String>,
    /// How the calls ended.
    pub outcome: CallOutcome,
    /// How many calls there were.
    pub calls: u64,
}

/// How many calls ended how.
#[derive(Debug, Default)]
pub(crate) struct Counts([AtomicU64; 12]);

impl Counts {
    pub(crate) fn add(&self, outcome: CallOutcome) {
        if let Some(count) = self.0.get(outcome as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The outcomes that there were.
    pub(crate) fn read(&self) -> impl Iterator<Item = (CallOutcome, u64)> {
        let counts = OUTCOMES.into_iter().zip(&self.0);
        let counts = counts.map(|(outcome, count)| (outcome, count.load(Ordering::Relaxed)));
        counts.filter(|(_, calls)| *calls > 0)
    }
}

impl CallOutcome {
    pub(crate) fn of(result: Result<http::StatusCode, ErrorKind>) -> Self {
        match result {
            Ok(status) if status.is_redirection() => Self::Redirect,
            Ok(status) if status.is_client_error() => Self::ClientError,
            Ok(status) if status.is_server_error() => Self::ServerError,
            Ok(_) => Self::Success,
            Err(ErrorKind::Unresolved) => Self::Unresolved,
            Err(ErrorKind::NoEndpoint) => Self::NoEndpoint,
            Err(ErrorKind::Overloaded) => Self::Overloaded,
            Err(ErrorKind::DeadlineExceeded) => Self::DeadlineExceeded,
            Err(ErrorKind::Connect) => Self::Connect,
            Err(ErrorKind::Protocol | ErrorKind::Status | ErrorKind::Decode) => Self::Protocol,
            Err(ErrorKind::InvalidRequest | ErrorKind::UnknownService) => Self::InvalidRequest,
        }
    }
}

/// As a label of a metric: `client_error`.
impl fmt::Display for CallOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Success => "success",
            Self::Redirect => "redirect",
            Self::ClientError => "client_error",
            Self::ServerError => "server_error",
            Self::InvalidRequest => "invalid_request",
            Self::Unresolved => "unresolved",
            Self::NoEndpoint => "no_endpoint",
            Self::Overloaded => "overloaded",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Connect => "connect",
            Self::Protocol => "protocol",
            Self::Cancelled => "cancelled",
        })
    }
}
