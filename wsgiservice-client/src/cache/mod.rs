//! A private cache of responses (RFC 9111).

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderName, Method, StatusCode, header};
use http_cache_semantics::{AfterResponse, BeforeRequest, CacheOptions, CachePolicy};
use quick_cache::{Equivalent, Weighter, sync};
use tokio::time::Instant;

use crate::{
    call::{Call, changes},
    directory::{CacheCounters, CacheOutcome},
    error::{ErrorKind, Result},
    locate::{Locate, Target},
    response::{Response, Responses},
};

mod entry;

use entry::Entry;

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

/// A call whose response can be stored.
struct Asked {
    key: Key,
    target: Locate,
    /// What the policy sees of it.
    request: http::Request<()>,
    /// Those of its service.
    counters: Arc<CacheCounters>,
}

#[derive(Clone)]
struct Weight;

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
            entry.counters.add(CacheOutcome::Hit);
            return Ok(entry.response(None));
        }
        let target = target.clone();
        match known {
            Some(entry) => self.validate(call, target, entry).await,
            None => {
                let service = call.shared.directory().service(&call.service)?;
                let asked = Asked::new(&call, target, Arc::clone(&service.cache));
                self.fetch(call, asked).await
            }
        }
    }

    /// Performs a call that changes something, which invalidates what is stored (section 4.4).
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
        let asked = Asked::new(&call, target, Arc::clone(&entry.counters));
        let validating = match entry.policy.before_request(&asked.request, self.now()) {
            BeforeRequest::Fresh(parts) => {
                entry.counters.add(CacheOutcome::Hit);
                return Ok(entry.response(Some(parts)));
            }
            BeforeRequest::Stale { request, matches: true } => request,
            BeforeRequest::Stale { matches: false, .. } => return self.fetch(call, asked).await,
        };
        for name in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE] {
            if let Some(value) = validating.headers.get(&name) {
                call.headers.insert(name, value.clone());
            }
        }
        let response = match call.response().await {
            Ok(response) if !is_failure(response.status()) => response,
            other if entry.is_usable_on_error() && !is_mistake(&other) => {
                entry.counters.add(CacheOutcome::Stale);
                return Ok(entry.response(None));
            }
            other => {
                entry.counters.add(CacheOutcome::Miss);
                return other;
            }
        };
        if response.status() != StatusCode::NOT_MODIFIED {
            entry.counters.add(CacheOutcome::Miss);
            return self.store(asked, response).await;
        }
        let received = received(&response);
        match entry.policy.after_response(&asked.request, &received, self.now()) {
            AfterResponse::NotModified(policy, parts) => {
                entry.counters.add(CacheOutcome::Revalidated);
                let content = entry.content.clone();
                let updated = Entry::new(policy, self.now(), &asked, &parts, content, &response);
                let updated = Arc::new(updated);
                self.entries.insert(asked.key, Arc::clone(&updated));
                Ok(updated.response(None))
            }
            AfterResponse::Modified(..) => {
                entry.counters.add(CacheOutcome::Miss);
                Ok(response)
            }
        }
    }

    async fn fetch(&self, call: Box<Call>, asked: Asked) -> Result<Response> {
        asked.counters.add(CacheOutcome::Miss);
        let response = call.response().await?;
        self.store(asked, response).await
    }

    /// Stores a response, if it can be used again.
    async fn store(&self, asked: Asked, response: Response) -> Result<Response> {
        let received = received(&response);
        let options = CacheOptions { shared: false, ..CacheOptions::default() };
        let policy = CachePolicy::new_options(&asked.request, &received, self.now(), options);
        let is_short = response.content_length().is_some_and(|length| length <= LONGEST);
        let is_of_use = policy.time_to_live(self.now()) > Duration::ZERO
            || received.headers().contains_key(header::ETAG)
            || received.headers().contains_key(header::LAST_MODIFIED);
        if !policy.is_storable() || !is_short || !is_of_use || is_ancient(received.headers()) {
            self.entries.remove(&asked.key);
            return Ok(response);
        }
        let (response, content) = response.with_content().await?;
        let (parts, ()) = received.into_parts();
        let entry = Entry::new(policy, self.now(), &asked, &parts, content, &response);
        self.entries.insert(asked.key, Arc::new(entry));
        Ok(response)
    }

    fn now(&self) -> SystemTime {
        self.start.0 + self.start.1.elapsed()
    }
}

impl Asked {
    fn new(call: &Call, target: Locate, counters: Arc<CacheCounters>) -> Self {
        let mut request = http::Request::new(());
        *request.uri_mut() = call.path.parse().unwrap_or_default();
        *request.headers_mut() = call.headers.clone();
        let key = Key { service: call.service.clone(), path: call.path.clone() };
        Self { key, target, request, counters }
    }
}

/// The head of a response, for the policy.
fn received(response: &Response) -> http::Response<()> {
    let mut received = http::Response::new(());
    *received.status_mut() = response.status();
    *received.headers_mut() = response.headers().clone();
    received
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
        (OVERHEAD + key.path.len() + entry.size()) as u64
    }
}
