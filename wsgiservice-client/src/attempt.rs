//! One try of a call at one endpoint.

use std::{sync::Arc, time::Duration};

use http::StatusCode;

/// One try of a call at one endpoint.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub(crate) cluster: Arc<str>,
    pub(crate) endpoint: Arc<str>,
    pub(crate) outcome: AttemptOutcome,
    pub(crate) duration: Duration,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// The endpoint sent a response with this status.
    Response(StatusCode),
    /// The endpoint has provably not executed the request: there was no connection, it was not written, or the endpoint
    /// refused it before it looked at it.
    Refused,
    /// The connection broke, or what came is not HTTP. The endpoint may have executed the request.
    Failed,
    /// The time ran out before the head of a response. The endpoint may have executed the request.
    TimedOut,
    /// Another attempt of the call had a response first. The endpoint may have executed the request.
    Cancelled,
}

impl Attempt {
    /// The cluster of the endpoint.
    #[must_use]
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// The address of the endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// How the attempt ended.
    #[must_use]
    pub fn outcome(&self) -> AttemptOutcome {
        self.outcome
    }

    /// How long it took until the head of the response, or until it failed.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }
}
