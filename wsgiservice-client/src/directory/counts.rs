//! What a client counts: calls, attempts, ejections, and what the cache did.

use std::fmt;

use super::counters::{Counters, Variants};
use crate::{attempt::AttemptOutcome, endpoint::Ejection, error::ErrorKind};

/// What a client has counted since it was made.
///
/// What happened never is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// How calls ended. The cluster is that of the last attempt, if there was one.
    pub calls: Vec<Count<CallOutcome>>,
    /// How attempts ended, of which a call has several if it is sent again, or none if it is sent nowhere.
    pub attempts: Vec<Count<CallOutcome>>,
    /// How often an endpoint was taken out of service, and why. One that fails when it is tried again is ejected again.
    pub ejections: Vec<Count<EjectionReason>>,
    /// How many endpoints are out of service now, and why: 0 for a reason that took one out before.
    pub ejected_endpoints: Vec<Count<EjectionReason>>,
    /// What the cache did with calls that a stored response can serve. The cluster is unknown.
    pub cache: Vec<Count<CacheOutcome>>,
}

/// How often something happened with a service in a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Count<K> {
    /// The name of the service.
    pub service: String,
    /// The cluster, if it is known.
    pub cluster: Option<String>,
    /// What happened.
    pub what: K,
    /// How often it happened.
    pub count: u64,
}

/// How a call or an attempt ended.
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
    /// The caller no longer waited, or another attempt had a response first.
    Cancelled,
}

/// Why an endpoint was taken out of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EjectionReason {
    /// It could not be reached.
    Unreachable,
    /// Its calls failed.
    Failing,
    /// It missed checks of its health.
    Unhealthy,
}

/// What the cache did with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CacheOutcome {
    /// A stored response was used, without a call.
    Hit,
    /// A stored response was used, after the service said that it is still right.
    Revalidated,
    /// A stored response was used, since the service failed.
    Stale,
    /// No stored response could be used.
    Miss,
}

pub(crate) type OutcomeCounters = Counters<CallOutcome, { CallOutcome::ALL.len() }>;

pub(crate) type EjectionCounters = Counters<EjectionReason, { EjectionReason::ALL.len() }>;

pub(crate) type CacheCounters = Counters<CacheOutcome, { CacheOutcome::ALL.len() }>;

impl Variants for CallOutcome {
    const ALL: &'static [Self] = &[
        Self::Success,
        Self::Redirect,
        Self::ClientError,
        Self::ServerError,
        Self::InvalidRequest,
        Self::Unresolved,
        Self::NoEndpoint,
        Self::Overloaded,
        Self::DeadlineExceeded,
        Self::Connect,
        Self::Protocol,
        Self::Cancelled,
    ];

    fn position(self) -> usize {
        self as usize
    }
}

impl Variants for EjectionReason {
    const ALL: &'static [Self] = &[Self::Unreachable, Self::Failing, Self::Unhealthy];

    fn position(self) -> usize {
        self as usize
    }
}

impl Variants for CacheOutcome {
    const ALL: &'static [Self] = &[Self::Hit, Self::Revalidated, Self::Stale, Self::Miss];

    fn position(self) -> usize {
        self as usize
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

impl From<AttemptOutcome> for CallOutcome {
    fn from(outcome: AttemptOutcome) -> Self {
        match outcome {
            AttemptOutcome::Response(status) => Self::of(Ok(status)),
            AttemptOutcome::Refused => Self::Connect,
            AttemptOutcome::Failed => Self::Protocol,
            AttemptOutcome::TimedOut => Self::DeadlineExceeded,
            AttemptOutcome::Cancelled => Self::Cancelled,
        }
    }
}

impl From<Ejection> for EjectionReason {
    fn from(ejection: Ejection) -> Self {
        match ejection {
            Ejection::Unreachable => Self::Unreachable,
            Ejection::Failing { .. } => Self::Failing,
            Ejection::Unhealthy => Self::Unhealthy,
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

/// As a label of a metric.
impl fmt::Display for EjectionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "unreachable",
            Self::Failing => "failing",
            Self::Unhealthy => "unhealthy",
        })
    }
}

/// As a label of a metric.
impl fmt::Display for CacheOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hit => "hit",
            Self::Revalidated => "revalidated",
            Self::Stale => "stale",
            Self::Miss => "miss",
        })
    }
}
