//! A call that is ready to be sent.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header, uri::PathAndQuery};
use tokio::time::Instant;

use crate::{
    body::Body,
    context::Trace,
    directory::Service,
    endpoint::Conditions,
    error::{Error, Result},
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const TIMEOUT: HeaderName = HeaderName::from_static("x-request-timeout-ms");

/// The fields that an attempt adds: `Host`, the two of the trace, and the timeout.
const ADDED: usize = 4;

/// The shortest time in which an attempt is worth while.
const SHORTEST: Duration = Duration::from_millis(1);

/// A call that is ready to be sent, to any endpoint of its service.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) service: Arc<Service>,
    method: Method,
    target: PathAndQuery,
    headers: HeaderMap,
    trace: Trace,
    /// Whether the method changes nothing.
    pub(super) is_safe: bool,
    /// Whether it may be sent again after an attempt that may have been executed.
    pub(super) is_repeatable: bool,
    pub(super) has_key: bool,
    pub(super) hedges: bool,
    pub(super) deadline: Option<Instant>,
    pub(super) conditions: Conditions,
}

/// What a caller wants to send.
pub(super) struct Wanted {
    pub(super) method: Method,
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) trace: Trace,
    pub(super) hedges: bool,
    pub(super) deadline: Option<Instant>,
}

impl Prepared {
    pub(super) fn new(service: Arc<Service>, wanted: Wanted) -> Result<Self> {
        let Wanted { method, target, mut headers, trace, hedges, deadline } = wanted;
        let target = PathAndQuery::from_maybe_shared(Bytes::from(target))
            .map_err(|error| Error::invalid("the query cannot be sent").because(error))?;
        let is_safe = is_safe(&method);
        if !is_safe && service.entry.idempotency_keys && !headers.contains_key(IDEMPOTENCY_KEY) {
            headers.insert(IDEMPOTENCY_KEY, new_key());
        }
        let has_key = headers.contains_key(IDEMPOTENCY_KEY);
        let is_idempotent = matches!(method, Method::PUT | Method::DELETE);
        let is_repeatable = is_safe || has_key || is_idempotent && !has_precondition(&headers);
        let conditions = Conditions {
            connect_timeout: service.entry.timeouts.connect,
            max_idle: Service::max_idle(is_repeatable),
            host: service.host.clone(),
        };
        let hedges = hedges && is_safe;
        Ok(Self {
            service,
            method,
            target,
            headers,
            trace,
            is_safe,
            is_repeatable,
            has_key,
            hedges,
            deadline,
            conditions,
        })
    }

    /// The request of one attempt, which says how much time is left.
    pub(super) fn request(&self, content: Body, now: Instant) -> Request<Body> {
        let mut headers = HeaderMap::with_capacity(self.headers.len() + ADDED);
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        self.trace.write(&mut headers);
        if let Some(left) = self.left(now)
            && let Ok(left) = HeaderValue::from_str(itoa::Buffer::new().format(left.as_millis()))
        {
            headers.insert(TIMEOUT, left);
        }
        let mut request = Request::new(content);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = Uri::from(self.target.clone());
        *request.headers_mut() = headers;
        request
    }

    /// How much time is left, if there is a deadline.
    pub(super) fn left(&self, now: Instant) -> Option<Duration> {
        Some(self.deadline?.saturating_duration_since(now))
    }

    /// Whether there is time for an attempt after a wait.
    pub(super) fn has_time_after(&self, wait: Duration) -> bool {
        self.left(Instant::now()).is_none_or(|left| left >= wait.saturating_add(SHORTEST))
    }

    pub(super) fn method(&self) -> &Method {
        &self.method
    }

    /// Whether the method is `DELETE`.
    pub(super) fn deletes(&self) -> bool {
        self.method == Method::DELETE
    }

    pub(super) fn key(&self) -> Option<&HeaderValue> {
        self.has_key.then(|| self.headers.get(IDEMPOTENCY_KEY)).flatten()
    }
}

/// Whether a method changes nothing (RFC 9110, section 9.2.1).
pub(super) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::QUERY)
}

fn has_precondition(headers: &HeaderMap) -> bool {
    [header::IF_MATCH, header::IF_NONE_MATCH, header::IF_UNMODIFIED_SINCE]
        .iter()
        .any(|name| headers.contains_key(name))
}

/// A key that no other call has, as a quoted string (draft-ietf-httpapi-idempotency-key-header-07, section 2.1).
fn new_key() -> HeaderValue {
    let key = format!("\"{}\"", uuid::Uuid::new_v4());
    HeaderValue::from_maybe_shared(Bytes::from(key))
        .unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}
