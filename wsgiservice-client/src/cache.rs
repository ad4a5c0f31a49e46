//! A private cache of responses (RFC 9111).

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, response::Parts};
use http_cache_semantics::{AfterResponse, BeforeRequest, CacheOptions, CachePolicy};
use quick_cache::{Equivalent, Weighter, sync};
use tokio::time::Instant;

use crate::{
    call::{Call, changes},
    endpoint::Content,
    error::{ErrorKind, Result},
    locate::{Locate, Target},
    response::{Origin, Response, Responses},
};

/// The longest content that is stored.
const LONGEST: u64 = 1 << 20;

/// What an entry takes in addition to its content and its fields, about.
const OVERHEAD: usize = 1024;

/// The fields with which a caller asks for something other than the whole representation.
const CONDITIONS: [HeaderName; 6] = [
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
    header::IF_RANGE,
    header::RANGE,
];

/// Responses that can be used again.
pub(crate) struct Cache {
    entries: sync::Cache<Key, Arc<Entry>, Weight>,
    /// A time of day, and the same on the clock that is never set back. An entry would be fresh for ever after that.
    start: (SystemTime, Instant),
}

#[derive(Hash, PartialEq, Eq)]
struct Key {
    service: String,
    path: String,
}

#[derive(Hash)]
struct KeyOf<'a> {
    service: &'a str,
    path: &'a str,
}

#[derive(Clone)]
struct Weight;

struct Entry {
    policy: CachePolicy,
    target: Locate,
    status: StatusCode,
    headers: HeaderMap,
    content: Bytes,
    /// The fields of the request that the response depends on, with their values.
    vary: Vec<(HeaderName, Vec<HeaderValue>)>,
    stored: Instant,
    /// The age that the response had when it was stored.
    age: Duration,
    fresh_until: Instant,
    /// How long it can be used after that, if there is no other response.
    stale_if_error: Duration,
    service: Arc<str>,
    cluster: Arc<str>,
    endpoint: Arc<str>,
}

impl Cache {
    /// A cache of at most this many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        let items =
            usize::try_from(bytes / OVERHEAD as u64).unwrap_or(usize::MAX).clamp(16, 1 << 20);
        Self {
            entries: sync::Cache::with_weighter(items, bytes, Weight),
            start: (SystemTime::now(), Instant::now()),
        }
    }

    /// Performs a call, if no stored response can be used.
    pub(crate) async fn response(&self, call: Box<Call>) -> Result<Response> {
        let Target::One(target) = &call.target else { return call.response().await };
        if changes(&call.method) {
            return self.change(call).await;
        }
        let has_condition = call.headers.keys().any(|name| CONDITIONS.contains(name));
        if call.method != Method::GET || call.problem.is_some() || has_condition {
            return call.response().await;
        }
        let known = self.entries.get(&KeyOf { service: &call.service, path: &call.path });
        let known = known.filter(|entry| entry.is_for(target, &call.headers));
        if let Some(entry) = known.as_ref().filter(|entry| entry.is_fresh_for(&call.headers)) {
            return Ok(entry.response(None));
        }
        let target = target.clone();
        match known {
            Some(entry) => self.validate(call, target, entry).await,
            None => self.fetch(call, target).await,
        }
    }

    /// Performs a call that changes something, after which what is stored is no longer right (section 4.4).
    async fn change(&self, call: Box<Call>) -> Result<Response> {
        let key = Key { service: call.service.clone(), path: call.path.clone() };
        let response = call.response().await;
        let status = response.as_ref().map(Response::status);
        if status.is_ok_and(|status| status.is_success() || status.is_redirection()) {
            self.entries.remove(&key);
        }
        response
    }

    /// Performs a call to all clusters.
    pub(crate) async fn responses(&self, call: Box<Call>) -> Result<Responses> {
        if changes(&call.method) {
            self.entries.remove(&KeyOf { service: &call.service, path: &call.path });
        }
        call.responses().await
    }

    /// Asks whether a stored response is still right (section 4.3).
    async fn validate(
        &self,
        mut call: Box<Call>,
        target: Locate,
        entry: Arc<Entry>,
    ) -> Result<Response> {
        let request = request(&call);
        let validating = match entry.policy.before_request(&request, self.now()) {
            BeforeRequest::Fresh(parts) => return Ok(entry.response(Some(parts))),
            BeforeRequest::Stale { request, matches: true } => request,
            BeforeRequest::Stale { matches: false, .. } => return self.fetch(call, target).await,
        };
        let key = Key { service: call.service.clone(), path: call.path.clone() };
        for name in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE] {
            if let Some(value) = validating.headers.get(&name) {
                call.headers.insert(name, value.clone());
            }
        }
        let response = match call.response().await {
            Ok(response) if !is_failure(response.status()) => response,
            other if entry.is_usable_on_error() && !is_mistake(&other) => {
                return Ok(entry.response(None));
            }
            other => return other,
        };
        if response.status() != StatusCode::NOT_MODIFIED {
            return self.store(key, target, &request, response).await;
        }
        let received = received(&response);
        match entry.policy.after_response(&request, &received, self.now()) {
            AfterResponse::NotModified(policy, parts) => {
                let updated =
                    self.entry(policy, target, &request, &parts, entry.content.clone(), &response);
                let updated = Arc::new(updated);
                self.entries.insert(key, Arc::clone(&updated));
                Ok(updated.response(None))
            }
            AfterResponse::Modified(..) => Ok(response),
        }
    }

    async fn fetch(&self, call: Box<Call>, target: Locate) -> Result<Response> {
        let request = request(&call);
        let key = Key { service: call.service.clone(), path: call.path.clone() };
        let response = call.response().await?;
        self.store(key, target, &request, response).await
    }

    /// Stores a response, if it can be used again.
    async fn store(
        &self,
        key: Key,
        target: Locate,
        request: &http::Request<()>,
        response: Response,
    ) -> Result<Response> {
        let received = received(&response);
        let options = CacheOptions { shared: false, ..CacheOptions::default() };
        let policy = CachePolicy::new_options(request, &received, self.now(), options);
        let is_short = response.content_length().is_some_and(|length| length <= LONGEST);
        let is_of_use = policy.time_to_live(self.now()) > Duration::ZERO
            || received.headers().contains_key(header::ETAG)
            || received.headers().contains_key(header::LAST_MODIFIED);
        if !policy.is_storable() || !is_short || !is_of_use || is_ancient(received.headers()) {
            self.entries.remove(&key);
            return Ok(response);
        }
        let (response, content) = response.with_content().await?;
        let (parts, ()) = received.into_parts();
        let entry = self.entry(policy, target, request, &parts, content, &response);
        self.entries.insert(key, Arc::new(entry));
        Ok(response)
    }

    fn entry(
        &self,
        policy: CachePolicy,
        target: Locate,
        request: &http::Request<()>,
        parts: &Parts,
        content: Bytes,
        response: &Response,
    ) -> Entry {
        let (now, stored) = (self.now(), Instant::now());
        let (service, cluster, endpoint) = response.place();
        let mut headers = parts.headers.clone();
        // So that a hit, which sets the age, has room for it in its copy.
        headers.entry(header::AGE).or_insert(HeaderValue::from_static("0"));
        Entry {
            age: policy.age(now),
            fresh_until: stored + policy.time_to_live(now).min(Duration::from_secs(1 << 31)),
            policy,
            target,
            status: parts.status,
            vary: varied(&parts.headers, request.headers()),
            stale_if_error: stale_if_error(&parts.headers),
            headers,
            content,
            stored,
            service,
            cluster,
            endpoint,
        }
    }

    fn now(&self) -> SystemTime {
        self.start.0 + self.start.1.elapsed()
    }
}

impl Entry {
    /// Whether it is a response to such a request.
    fn is_for(&self, target: &Locate, fields: &HeaderMap) -> bool {
        self.target == *target
            && !self.headers.get_all(header::VARY).iter().any(|value| value == "*")
            && self.vary.iter().all(|(name, values)| fields.get_all(name).iter().eq(values))
    }

    /// Whether it can be used as it is. What the request asks of it is for the policy.
    fn is_fresh_for(&self, fields: &HeaderMap) -> bool {
        Instant::now() < self.fresh_until
            && !fields.contains_key(header::CACHE_CONTROL)
            && !fields.contains_key(header::PRAGMA)
    }

    fn is_usable_on_error(&self) -> bool {
        Instant::now() < self.fresh_until + self.stale_if_error
    }

    /// The stored response, with its age (section 5.1).
    fn response(&self, parts: Option<Parts>) -> Response {
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

fn request(call: &Call) -> http::Request<()> {
    let mut request = http::Request::new(());
    *request.uri_mut() = call.path.parse().unwrap_or_default();
    *request.headers_mut() = call.headers.clone();
    request
}

/// The head of a response, for the policy.
fn received(response: &Response) -> http::Response<()> {
    let mut received = http::Response::new(());
    *received.status_mut() = response.status();
    *received.headers_mut() = response.headers().clone();
    received
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

/// How long a response can be used if there is no other one (RFC 5861, section 4).
fn stale_if_error(headers: &HeaderMap) -> Duration {
    let values = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|it| it.to_str().ok());
    let directives: Vec<_> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    if directives.iter().any(|it| matches!(*it, "must-revalidate" | "no-cache")) {
        return Duration::ZERO;
    }
    let seconds = directives.iter().find_map(|it| it.strip_prefix("stale-if-error=")?.parse().ok());
    Duration::from_secs(seconds.unwrap_or(0_u64).min(1 << 31))
}

/// Whether an age cannot be counted with (RFC 9111, section 1.2.2).
fn is_ancient(headers: &HeaderMap) -> bool {
    let age = headers.get(header::AGE).and_then(|age| age.to_str().ok()?.trim().parse().ok());
    age.is_some_and(|seconds: u128| seconds > 1 << 31)
}

/// Whether a status is one of those for which a stale response is better (RFC 5861, section 4).
fn is_failure(status: StatusCode) -> bool {
    matches!(status.as_u16(), 500 | 502 | 503 | 504)
}

/// Whether the call itself is wrong.
fn is_mistake(result: &Result<Response>) -> bool {
    let kind = result.as_ref().err().map(crate::error::Error::kind);
    matches!(kind, Some(ErrorKind::InvalidRequest | ErrorKind::UnknownService))
}

impl Equivalent<Key> for KeyOf<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.service == key.service && self.path == key.path
    }
}

impl Weighter<Key, Arc<Entry>> for Weight {
    fn weight(&self, key: &Key, entry: &Arc<Entry>) -> u64 {
        let fields: usize =
            entry.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        // The policy has the fields, too.
        (OVERHEAD + key.path.len() + 2 * fields + entry.content.len()) as u64
    }
}
