//! A response with its complete content.

use bytes::Bytes;
use http::{HeaderMap, StatusCode, response::Parts};
use serde::de::DeserializeOwned;

use crate::answer::{EVENT_STREAM, Event};

/// A response with its complete content.
#[derive(Debug)]
pub struct TestResponse {
    status: StatusCode,
    fields: HeaderMap,
    content: Bytes,
}

impl TestResponse {
    pub(super) fn new(head: Parts, content: Bytes) -> Self {
        Self { status: head.status, fields: head.headers, content }
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the header fields.
    #[must_use]
    pub fn fields(&self) -> &HeaderMap {
        &self.fields
    }

    /// Returns the first header field with this name, if it is text.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.to_str().ok()
    }

    /// Returns the content.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// Returns the content as text.
    ///
    /// # Panics
    /// Panics if the content is not UTF-8.
    #[must_use]
    #[track_caller]
    pub fn text(&self) -> &str {
        match std::str::from_utf8(&self.content) {
            Ok(text) => text,
            Err(error) => panic!("the content is not UTF-8: {error}"),
        }
    }

    /// Reads the content as server-sent events; the response has all of them, so their stream must end.
    /// [`TestRequest::listen`](super::TestRequest::listen) reads a stream that does not.
    ///
    /// # Panics
    /// Panics if the response is not `text/event-stream`.
    #[must_use]
    #[track_caller]
    pub fn events(&self) -> Vec<Event> {
        match self.field("content-type") {
            Some(EVENT_STREAM) => Event::parse_all(self.text()),
            other => panic!("expected the media type {EVENT_STREAM}, got {other:?}"),
        }
    }

    /// Parses the content as JSON.
    ///
    /// # Panics
    /// Panics if the content is not JSON, or not of this type.
    #[must_use]
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        match serde_json::from_slice(&self.content) {
            Ok(value) => value,
            Err(error) => {
                let content = String::from_utf8_lossy(&self.content);
                panic!("the content is not JSON of this type: {error}: {content}")
            }
        }
    }
}
