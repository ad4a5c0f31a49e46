//! A response that is stored, and what it can be used for.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, response::Parts};
use http_cache_semantics::CachePolicy;
use tokio::time::Instant;

use super::Asked;
use crate::{
    directory::CacheCounters,
    endpoint::Content,
    locate::Locate,
    response::{Origin, Response},
};

/// A response that is stored.
pub(super) struct Entry {
    pub(super) policy: CachePolicy,
    target: Locate,
    /// Those of its service.
    pub(super) counters: Arc<CacheCounters>,
    status: StatusCode,
    headers: HeaderMap,
    pub(super) content: Bytes,
    /// The fields of the request that the response depends on, with their values.
    vary: Vec<(HeaderName, Vec<HeaderValue>)>,
    stored: Instant,
    /// The age that the response had when it was stored.
    age: Duration,
    fresh_until: Instant,
    /// How long it can be used after that, if the service fails.
    stale_if_error: Duration,
    service: Arc<str>,
    cluster: Arc<str>,
    endpoint: Arc<str>,
}

impl Entry {
    pub(super) fn new(
        policy: CachePolicy,
        now: SystemTime,
        asked: &Asked,
        parts: &Parts,
        content: Bytes,
        response: &Response,
    ) -> Self {
        let stored = Instant::now();
        let (service, cluster, endpoint) = response.place();
        let mut headers = parts.headers.clone();
        // So that a hit, which sets the age, has room for it in its copy.
        headers.entry(header::AGE).or_insert(HeaderValue::from_static("0"));
        Self {
            age: policy.age(now),
            fresh_until: stored + policy.time_to_live(now).min(Duration::from_secs(1 << 31)),
            policy,
            target: asked.target.clone(),
            counters: Arc::clone(&asked.counters),
            status: parts.status,
            vary: varied(&parts.headers, asked.request.headers()),
            stale_if_error: stale_if_error(&parts.headers),
            headers,
            content,
            stored,
            service,
            cluster,
            endpoint,
        }
    }

    /// The bytes of its content and of its fields.
    pub(super) fn size(&self) -> usize {
        let fields = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
        // The policy has the fields, too.
        self.content.len() + 2 * fields.sum::<usize>()
    }

    /// Whether it is a response to such a request.
    pub(super) fn is_for(&self, target: &Locate, fields: &HeaderMap) -> bool {
        self.target == *target
            && !self.headers.get_all(header::VARY).iter().any(|value| value == "*")
            && self.vary.iter().all(|(name, values)| fields.get_all(name).iter().eq(values))
    }

    /// Whether it can be used as it is. What the request asks of it is for the policy.
    pub(super) fn is_fresh_for(&self, fields: &HeaderMap) -> bool {
        Instant::now() < self.fresh_until
            && !fields.contains_key(header::CACHE_CONTROL)
            && !fields.contains_key(header::PRAGMA)
    }

    pub(super) fn is_usable_on_error(&self) -> bool {
        Instant::now() < self.fresh_until + self.stale_if_error
    }

    /// The stored response, with its age (section 5.1).
    pub(super) fn response(&self, parts: Option<Parts>) -> Response {
        let mut response = http::Response::new(Content::stored(self.content.clone()));
        *response.status_mut() = self.status;
        *response.headers_mut() = match parts {
            Some(parts) => parts.headers,
            None => {
                let mut headers = self.headers.clone();
                let age = (self.age + self.stored.elapsed()).as_secs();
                if let Ok(age) = HeaderValue::from_str(itoa::Buffer::new().format(age)) {
                    headers.insert(header::AGE, age);
                }
                headers
            }
        };
        let (service, cluster) = (Arc::clone(&self.service), Arc::clone(&self.cluster));
        Response::new(response, Origin::stored(service, cluster, Arc::clone(&self.endpoint)))
    }
}

/// The fields of a request that `Vary` names, with their values.
fn varied(response: &HeaderMap, request: &HeaderMap) -> Vec<(HeaderName, Vec<HeaderValue>)> {
    let names = response.get_all(header::VARY).iter().filter_map(|value| value.to_str().ok());
    let names = names.flat_map(|value| value.split(',')).filter_map(|it| it.trim().parse().ok());
    let values = |name: &HeaderName| request.get_all(name).iter().cloned().collect();
    // A client can make calls for several users.
    let names = names.chain([header::AUTHORIZATION, header::COOKIE]);
    names.map(|name: HeaderName| (name.clone(), values(&name))).collect()
}

/// How long a stale response can be used if the service fails (RFC 5861, section 4).
fn stale_if_error(headers: &HeaderMap) -> Duration {
    let values = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|it| it.to_str().ok());
    let directives: Vec<_> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    if directives.iter().any(|it| matches!(*it, "must-revalidate" | "no-cache")) {
        return Duration::ZERO;
    }
    let seconds = directives.iter().find_map(|it| it.strip_prefix("stale-if-error=")?.parse().ok());
    Duration::from_secs(seconds.unwrap_or(0_u64).min(1 << 31))
}
