//! Why a call has no response.

use std::{error::Error as StdError, fmt, sync::Arc};

use http::{HeaderValue, StatusCode};

use crate::attempt::Attempt;

/// A result whose error is that of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of any type.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a call has no response, or why its response is of no use.
///
/// A response of any status is no error, until [`Response::error_for_status`](crate::Response::error_for_status) makes
/// it one.
///
/// ```
/// use wsgiservice_client::{ClosestCluster, ErrorKind, RestClient};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> wsgiservice_client::Result<()> {
/// let client = RestClient::builder().build()?;
/// let error = client.get("label", ClosestCluster, "/1/label/abc").await.unwrap_err();
///
/// assert_eq!(error.kind(), ErrorKind::UnknownService);
/// assert_eq!(error.to_string(), "unknown service `label`");
/// assert!(!error.may_have_executed());
/// # Ok(())
/// # }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<BoxError>,
    status: Option<StatusCode>,
    may_have_executed: bool,
    attempts: Vec<Attempt>,
    idempotency_key: Option<HeaderValue>,
}

/// What kind of error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The call or the topology is wrong. Nothing was sent.
    InvalidRequest,
    /// The topology has no service of this name. Nothing was sent.
    UnknownService,
    /// The cluster of the user is unknown. Nothing was sent to the service.
    Unresolved,
    /// No cluster that the locator allows has an endpoint of the service.
    NoEndpoint,
    /// Each endpoint has as many calls as it may. Nothing was sent.
    Overloaded,
    /// The deadline passed first.
    DeadlineExceeded,
    /// No endpoint could be reached.
    Connect,
    /// The connection broke, or what the endpoint sent is not HTTP.
    Protocol,
    /// The status is 400 or greater. Only [`Response::error_for_status`](crate::Response::error_for_status) makes it.
    Status,
    /// The content is not what the caller expected.
    Decode,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            source: None,
            status: None,
            may_have_executed: false,
            attempts: Vec::new(),
            idempotency_key: None,
        }))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequest, message)
    }

    pub(crate) fn because(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Sets whether the call may have been executed.
    pub(crate) fn executed(mut self, may_have_executed: bool) -> Self {
        self.0.may_have_executed = may_have_executed;
        self
    }

    pub(crate) fn after(mut self, attempts: Vec<Attempt>) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_key(mut self, key: Option<HeaderValue>) -> Self {
        self.0.idempotency_key = key;
        self
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The status of the response, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The attempts that were made, in order.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// The value of `Idempotency-Key` that the call had, with which it can be sent again.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&HeaderValue> {
        self.0.idempotency_key.as_ref()
    }

    /// Whether a service may have executed the call.
    ///
    /// If it is `false`, the call was provably not executed and can be repeated, whatever its method is.
    #[must_use]
    pub fn may_have_executed(&self) -> bool {
        self.0.may_have_executed
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .field("status", &self.0.status)
            .field("may_have_executed", &self.0.may_have_executed)
            .field("attempts", &self.0.attempts)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source: &(dyn StdError + 'static) = self.0.source.as_deref()?;
        Some(source)
    }
}

/// An error that several calls share, such as that of a look-up which they wait for together.
#[derive(Clone, Debug)]
pub(crate) struct SharedError(pub(crate) Arc<Error>);

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for SharedError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        StdError::source(&*self.0)
    }
}
