//! Server-sent events (WHATWG HTML, section 9.2).

use std::{convert::Infallible, fmt, pin::Pin, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use http::StatusCode;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{
    outcome::{IntoAnswer, Parts, PartsContent},
    sealed::Sealed,
};
use crate::{
    http::body::{Body, BoxError},
    problem::Problem,
};

/// How long a stream is silent before it sends a comment, unless the method says so itself.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The shortest silence before a comment.
const SHORTEST_KEEP_ALIVE: Duration = Duration::from_millis(100);

/// A comment, which clients ignore.
const COMMENT: &[u8] = b":\n\n";

/// The media type of events. Its encoding is always UTF-8, so that it needs no `charset`.
pub(crate) const MEDIA_TYPE: &str = "text/event-stream";

type Stored = Pin<Box<dyn Stream<Item = Result<Event, BoxError>> + Send>>;

/// Server-sent events: 200, `text/event-stream`, until the stream ends (WHATWG HTML, section 9.2).
///
/// The response is not stored by caches, and has no content coding, which would delay events. While nothing comes, a comment
/// is sent at an [interval](Self::keep_alive), so that neither a proxy gives up nor a client that is gone stays unnoticed; the
/// stream is then dropped. It also ends when the server stops, and clients connect again.
///
/// A client that connects again sends the ID of the last event that it has seen, in `Last-Event-ID`: an argument can read it.
///
/// ```
/// # use wsgiservice::{Application, mount, resource, testing::Client};
/// use futures_util::stream;
/// use wsgiservice::answer::{Event, Events};
///
/// #[mount("/prices")]
/// struct Prices;
///
/// #[resource]
/// impl Prices {
///     fn get(&self, #[from(header = "Last-Event-ID")] last: Option<u64>) -> Events {
///         let first = last.map_or(0, |last| last + 1);
///         Events::new(stream::iter((first..3).map(|number| {
///             Event::new(format!("price {number}")).name("price").id(number.to_string())
///         })))
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// # let client = Client::new(Application::new("prices").mount(Prices));
/// let response = client.get("/prices").header("last-event-id", "1").send().await;
/// assert_eq!(response.text(), "event: price\nid: 2\ndata: price 2\n\n");
/// assert_eq!(response.events(), [Event::new("price 2").name("price").id("2")]);
/// # }
/// ```
pub struct Events {
    events: Stored,
    keep_alive: Duration,
}

/// One of [`Events`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    id: Option<String>,
    name: Option<String>,
    data: String,
    retry: Option<Duration>,
}

impl Events {
    /// Creates a response of these events.
    pub fn new(events: impl Stream<Item: IsEvent> + Send + 'static) -> Self {
        Self::fallible(events.map(|event| Ok::<_, Infallible>(event.into_event())))
    }

    /// Creates a response of events until one cannot be made. The error is logged; the client sees that the response is
    /// incomplete, and connects again.
    pub fn fallible<E: Into<BoxError> + 'static>(
        events: impl Stream<Item = Result<Event, E>> + Send + 'static,
    ) -> Self {
        Self { events: Box::pin(events.map_err(Into::into)), keep_alive: KEEP_ALIVE }
    }

    /// Sets after which silence a comment is sent, at least 100 milliseconds. Default: 15 seconds.
    #[must_use]
    pub fn keep_alive(self, silence: Duration) -> Self {
        Self { keep_alive: silence.max(SHORTEST_KEEP_ALIVE), ..self }
    }

    /// The text of the events, which ends with the stream or when the server stops.
    pub(crate) fn into_body(self, stopping: CancellationToken) -> Body {
        let keep_alive = self.keep_alive;
        let events = Box::pin(self.events.take_until(stopping.cancelled_owned()));
        Body::of_stream(stream::unfold(events, move |mut events| async move {
            let sent = match tokio::time::timeout(keep_alive, events.next()).await {
                Ok(event) => event?.map(|event| Bytes::from(event.to_string())),
                Err(_) => Ok(Bytes::from_static(COMMENT)),
            };
            Some((sent, events))
        }))
    }
}

impl Event {
    /// Creates an event with this text as its data.
    pub fn new(data: impl Into<String>) -> Self {
        Self { data: data.into(), ..Self::default() }
    }

    /// Creates an event with this value as its data, in JSON.
    ///
    /// # Errors
    /// A 500 if the value has no JSON form, for example a map whose keys are not text.
    ///
    /// ```
    /// use wsgiservice::answer::Event;
    ///
    /// # fn main() -> Result<(), wsgiservice::Problem> {
    /// assert_eq!(Event::json(&[1, 2])?.data(), "[1,2]");
    /// # Ok(())
    /// # }
    /// ```
    pub fn json(value: &impl Serialize) -> Result<Self, Problem> {
        serde_json::to_string(value).map(Self::new).map_err(Problem::internal)
    }

    /// Sets its ID, which a client that connects again sends in `Last-Event-ID`. What an ID cannot have is left out: line
    /// breaks, and the character U+0000.
    #[must_use]
    pub fn id(self, id: impl Into<String>) -> Self {
        Self { id: Some(one_line(&id.into())), ..self }
    }

    /// Sets its name, by which clients choose what handles it. Without one, it is a `message`. What a name cannot have is left
    /// out: line breaks.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(one_line(&name.into())), ..self }
    }

    /// Sets how long clients wait before they connect again, in milliseconds on the wire.
    #[must_use]
    pub fn retry(self, after: Duration) -> Self {
        Self { retry: Some(after), ..self }
    }

    /// Returns its data.
    #[must_use]
    pub fn data(&self) -> &str {
        &self.data
    }

    /// Reads events as a client does, for tests.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn parse_all(text: &str) -> Vec<Self> {
        let mut events = Vec::new();
        let (mut event, mut data) = (Self::default(), Vec::new());
        for line in lines(text.trim_start_matches('\u{feff}')) {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "data" => data.push(value),
                "event" => event.name = Some(value.to_owned()),
                "id" => event.id = Some(value.to_owned()),
                "retry" => event.retry = value.parse().ok().map(Duration::from_millis),
                "" if line.is_empty() => {
                    let ended = std::mem::take(&mut event);
                    let all = std::mem::take(&mut data);
                    if !all.is_empty() {
                        events.push(Self { data: all.join("\n"), ..ended });
                    }
                }
                _ => {}
            }
        }
        events
    }
}

/// The text without what would end its line, or make a client ignore it.
fn one_line(text: &str) -> String {
    text.replace(['\r', '\n', '\0'], "")
}

/// The lines of a text, which a carriage return, a line feed or both end; after the last line break there is one more.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// As on the wire. Each line of the data is a field of its own, also the only one of empty data: an event without data is
/// ignored.
impl fmt::Display for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            writeln!(formatter, "event: {name}")?;
        }
        if let Some(id) = &self.id {
            writeln!(formatter, "id: {id}")?;
        }
        if let Some(retry) = self.retry {
            writeln!(formatter, "retry: {}", retry.as_millis())?;
        }
        for line in lines(&self.data) {
            writeln!(formatter, "data: {line}")?;
        }
        writeln!(formatter)
    }
}

/// An [`Event`], as the item of a stream: no other type implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an `Event`",
    label = "expected a stream of `Event`s",
    note = "make events of the items: `stream.map(|item| Event::new(item))`, or `Event::json(&item)`, which is a `Result`",
    note = "for a stream of `Result<Event, E>`, call `Events::fallible`"
)]
pub trait IsEvent: Sealed {
    /// Returns the event.
    #[doc(hidden)]
    fn into_event(self) -> Event;
}

impl Sealed for Event {}

impl IsEvent for Event {
    fn into_event(self) -> Event {
        self
    }
}

impl Sealed for Events {}

impl IntoAnswer for Events {
    type Value = ();
    const STATUSES: &'static [u16] = &[200];
    const HAS_CONTENT: bool = false;
    const VERBATIM: bool = true;
    const MEDIA_TYPE: Option<&'static str> = Some(MEDIA_TYPE);

    fn into_parts(self) -> Parts<()> {
        Parts { status: StatusCode::OK, head: None, content: PartsContent::Events(Box::new(self)) }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Events").field("keep_alive", &self.keep_alive).finish()
    }
}
