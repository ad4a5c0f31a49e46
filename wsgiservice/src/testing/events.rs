//! Server-sent events, while they come.

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header, response::Parts};
use http_body_util::BodyExt;

use crate::{
    answer::{EVENT_STREAM, Event},
    http::body::Body,
};

/// Server-sent events, each as soon as it comes: [`TestRequest::listen`](super::TestRequest::listen) requests them. To drop it
/// is to be a client that goes away.
///
/// ```
/// use futures_util::{StreamExt, stream};
/// use wsgiservice::{Application, answer::{Event, Events}, mount, resource, testing::Client};
///
/// #[mount("/ticks")]
/// struct Ticks;
///
/// #[resource]
/// impl Ticks {
///     fn get(&self) -> Events {
///         Events::new(stream::iter(1..).map(|tick| Event::new(format!("tick {tick}")))) // without end
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let mut ticks = Client::new(Application::new("clock").mount(Ticks)).get("/ticks").listen().await;
/// assert_eq!(ticks.next().await, Some(Event::new("tick 1")));
/// assert_eq!(ticks.next().await, Some(Event::new("tick 2")));
/// # }
/// ```
#[derive(Debug)]
pub struct TestEvents {
    fields: HeaderMap,
    content: Body,
    /// What was received and is not an event yet.
    received: Vec<u8>,
    /// The events that were received, the last one first.
    events: Vec<Event>,
}

impl TestEvents {
    /// The events of a response.
    ///
    /// # Panics
    /// Panics if the response is not a 200 with the media type `text/event-stream`.
    pub(super) fn new(head: Parts, content: Body) -> Self {
        let media_type = head.headers.get(header::CONTENT_TYPE);
        assert!(
            head.status == StatusCode::OK && media_type.is_some_and(|it| it == EVENT_STREAM),
            "expected events, got {} with the media type {media_type:?}",
            head.status
        );
        Self { fields: head.headers, content, received: Vec::new(), events: Vec::new() }
    }

    /// Returns the first header field with this name, if it is text.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.to_str().ok()
    }

    /// Waits for the next event; `None` if the stream ends. Comments are skipped.
    ///
    /// It waits without a limit: `tokio::time::timeout` sets one.
    ///
    /// # Panics
    /// Panics if the content is not UTF-8, or ends early.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.events.pop() {
                return Some(event);
            }
            match self.content.frame().await? {
                Ok(frame) => self.receive(&frame.into_data().unwrap_or_default()),
                Err(error) => panic!("the content ended early: {error}"),
            }
        }
    }

    /// Reads the events that are complete: up to the last empty line.
    fn receive(&mut self, data: &Bytes) {
        self.received.extend_from_slice(data);
        let end = self.received.windows(2).rposition(|window| window == b"\n\n");
        let complete: Vec<_> = self.received.drain(..end.map_or(0, |end| end + 2)).collect();
        match std::str::from_utf8(&complete) {
            Ok(text) => self.events = Event::parse_all(text),
            Err(error) => panic!("the content is not UTF-8: {error}"),
        }
        self.events.reverse();
    }
}
