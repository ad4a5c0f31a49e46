//! The response of a call.

use std::{fmt, sync::Arc};

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep_until};

use crate::{
    attempt::Attempt,
    body::STALLED,
    endpoint::Content,
    error::{BoxError, Error, ErrorKind, Result},
};

mod all;
mod parts;

pub use all::Responses;
use parts::Parts;

/// The content that is read as a whole, at most.
const LIMIT: usize = 16 << 20;

/// The response of a call, of whatever status.
///
/// ```
/// use wsgiservice_client::{Body, ClosestCluster, RestClient};
///
/// # use std::convert::Infallible;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> wsgiservice_client::Result<()> {
/// # let label = wsgiservice_client::service_fn(|_: http::Request<Body>| async {
/// #     Ok::<_, Infallible>(http::Response::new(http_body_util::Full::new(bytes::Bytes::from("[1, 2]"))))
/// # });
/// let client = RestClient::builder().service("label", label).build()?;
/// let response = client.get("label", ClosestCluster, "/1/label/abc").await?;
///
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.attempts().len(), 1);
/// assert_eq!(response.json::<Vec<u32>>().await?, [1, 2]);
/// # Ok(())
/// # }
/// ```
pub struct Response {
    head: http::response::Parts,
    content: Content,
    origin: Box<Origin>,
    limit: usize,
}

/// Where a response comes from.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) service: Arc<str>,
    pub(crate) cluster: Arc<str>,
    pub(crate) endpoint: Arc<str>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) key: Option<HeaderValue>,
    /// Whether an attempt before may have been executed.
    pub(crate) may_have_executed: bool,
    /// When the content must be there.
    pub(crate) deadline: Option<Instant>,
    /// The same, if the caller has said so.
    pub(crate) asked_deadline: Option<Instant>,
}

impl Response {
    pub(crate) fn new(response: http::Response<Content>, origin: Origin) -> Self {
        let (head, content) = response.into_parts();
        Self { head, content, origin: Box::new(origin), limit: LIMIT }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The version of HTTP.
    #[must_use]
    pub fn version(&self) -> Version {
        self.head.version
    }

    /// The header fields.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// What the connection has added.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.head.extensions
    }

    /// The cluster of the endpoint; `global` if the service is for all clusters.
    #[must_use]
    pub fn cluster(&self) -> &str {
        &self.origin.cluster
    }

    /// The address of the endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.origin.endpoint
    }

    /// The attempts that were made, in order. The last one has this response; a response that was stored has none.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.origin.attempts
    }

    /// The value of `Idempotency-Key` that the call had, with which it can be sent again.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&HeaderValue> {
        self.origin.key.as_ref()
    }

    /// The length of the content in bytes, if it is known.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        self.content.size_hint().exact()
    }

    /// Returns the response, or an error if its status is 400 or greater.
    ///
    /// # Errors
    ///
    /// Of kind [`Status`](ErrorKind::Status).
    pub fn error_for_status(self) -> Result<Self> {
        let status = self.status();
        if !status.is_client_error() && !status.is_server_error() {
            return Ok(self);
        }
        let message = format!(
            "{status} from service `{}` at {} in cluster `{}`",
            self.origin.service, self.origin.endpoint, self.origin.cluster
        );
        let was_not_executed = match status {
            StatusCode::MISDIRECTED_REQUEST => self.head.headers.contains_key("x-cluster"),
            StatusCode::LOCKED => true,
            _ => false,
        };
        let mut error = self.error(ErrorKind::Status, message);
        if was_not_executed {
            error = error.executed(self.origin.may_have_executed);
        }
        Err(error)
    }

    /// Sets how many bytes of content are read as a whole, at most: 16 MiB otherwise.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Reads the content as a value in JSON.
    ///
    /// # Errors
    ///
    /// [`Decode`](ErrorKind::Decode) if the content is no such value or has a content coding, otherwise as of
    /// [`bytes`](Self::bytes).
    pub async fn json<T: DeserializeOwned>(mut self) -> Result<T> {
        self.refuse_coding()?;
        let content = self.read().await?;
        serde_json::from_slice(&content).map_err(|source| {
            let service = &self.origin.service;
            let message =
                format!("the content from service `{service}` is not as expected: {source}");
            self.error(ErrorKind::Decode, message).because(source)
        })
    }

    /// Reads the content as text in UTF-8.
    ///
    /// # Errors
    ///
    /// [`Decode`](ErrorKind::Decode) if the content is not in UTF-8 or has a content coding, otherwise as of
    /// [`bytes`](Self::bytes).
    pub async fn text(mut self) -> Result<String> {
        self.refuse_coding()?;
        let content = self.read().await?;
        String::from_utf8(content.into()).map_err(|source| {
            let service = &self.origin.service;
            let message = format!("the content from service `{service}` is not in UTF-8");
            self.error(ErrorKind::Decode, message).because(source)
        })
    }

    /// Reads the content.
    ///
    /// # Errors
    ///
    /// [`Protocol`](ErrorKind::Protocol) if the connection breaks, or if there are more bytes than
    /// [`limit`](Self::limit) allows; [`DeadlineExceeded`](ErrorKind::DeadlineExceeded) if the time of the call is over.
    pub async fn bytes(mut self) -> Result<Bytes> {
        self.read().await
    }

    /// Returns the parts of the content as they come.
    ///
    /// The default timeout ends here; a deadline that was asked for does not. A part must come within 10 s.
    pub fn bytes_stream(self) -> impl Stream<Item = Result<Bytes>> + Send + Sync + 'static {
        let Self { content, origin, .. } = self;
        Parts::new(content, origin)
    }

    /// Where the response comes from: the service, the cluster, the endpoint.
    #[cfg(feature = "cache")]
    pub(crate) fn place(&self) -> (Arc<str>, Arc<str>, Arc<str>) {
        let Origin { service, cluster, endpoint, .. } = &*self.origin;
        (Arc::clone(service), Arc::clone(cluster), Arc::clone(endpoint))
    }

    /// Reads the content, and returns the response with it.
    #[cfg(feature = "cache")]
    pub(crate) async fn with_content(mut self) -> Result<(Self, Bytes)> {
        let content = self.read().await?;
        self.content = Content::stored(content.clone());
        Ok((self, content))
    }

    async fn read(&mut self) -> Result<Bytes> {
        if self.content.size_hint().lower() > self.limit as u64 {
            return Err(self.too_long());
        }
        let mut whole = Bytes::new();
        let mut parts = BytesMut::new();
        while let Some(frame) = self.frame().await? {
            let Ok(data) = frame.into_data() else { continue };
            if whole.len().max(parts.len()) + data.len() > self.limit {
                return Err(self.too_long());
            }
            match whole.is_empty() && parts.is_empty() {
                // Most contents are one part, which needs no copy.
                true => whole = data,
                false => {
                    if parts.is_empty() {
                        parts.extend_from_slice(&std::mem::take(&mut whole));
                    }
                    parts.extend_from_slice(&data);
                }
            }
        }
        Ok(if parts.is_empty() { whole } else { parts.freeze() })
    }

    async fn frame(&mut self) -> Result<Option<http_body::Frame<Bytes>>> {
        // Without a deadline, as after a streamed request, a part must come within 10 s.
        let until = self.origin.deadline.unwrap_or_else(|| Instant::now() + STALLED);
        let frame = tokio::select! {
            biased;
            frame = self.content.frame() => frame,
            () = async { sleep_until(until).await } => return Err(self.late()),
        };
        if Instant::now() >= until {
            return Err(self.late());
        }
        frame.transpose().map_err(|source| broken(&self.origin, source))
    }

    fn late(&self) -> Error {
        self.error(ErrorKind::DeadlineExceeded, "the content did not come in time")
    }

    fn refuse_coding(&self) -> Result<()> {
        let coding = self.head.headers.get(header::CONTENT_ENCODING);
        match coding.filter(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            Some(coding) => {
                let message = format!("the content has the content coding {coding:?}");
                Err(self.error(ErrorKind::Decode, message))
            }
            None => Ok(()),
        }
    }

    fn too_long(&self) -> Error {
        let message = format!("the content has more than {} bytes", self.limit);
        self.error(ErrorKind::Protocol, message)
    }

    fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        self.origin.error(kind, message).with_status(self.head.status)
    }
}

impl Origin {
    /// The origin of a response that was stored.
    #[cfg(feature = "cache")]
    pub(crate) fn stored(service: Arc<str>, cluster: Arc<str>, endpoint: Arc<str>) -> Self {
        Self {
            service,
            cluster,
            endpoint,
            attempts: Vec::new(),
            key: None,
            may_have_executed: false,
            deadline: None,
            asked_deadline: None,
        }
    }

    fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        let attempts = self.attempts.clone();
        Error::new(kind, message).executed(true).after(attempts).with_key(self.key.clone())
    }
}

fn broken(origin: &Origin, source: BoxError) -> Error {
    let service = &origin.service;
    let message = format!("the content from service `{service}` broke off: {source}");
    origin.error(ErrorKind::Protocol, message).because(source)
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.head.status)
            .field("headers", &self.head.headers)
            .field("cluster", &self.origin.cluster)
            .field("endpoint", &self.origin.endpoint)
            .field("attempts", &self.origin.attempts)
            .finish_non_exhaustive()
    }
}
