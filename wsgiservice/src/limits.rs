//! What a service allows a client to use.

use std::time::Duration;

/// What a client may use: the time, the room and the work of a request and of a connection.
///
/// The defaults are right for most services. [`Application::limits`](crate::Application::limits) sets others, and
/// `#[limit]` those of a resource or a method.
///
/// ```
/// use std::time::Duration;
/// use wsgiservice::server::Limits;
///
/// let mut limits = Limits::default();
/// assert_eq!(limits.content, 2 << 20);
/// limits.content = 10 << 20;
/// limits.time = Duration::from_secs(5);
/// ```
///
/// The times of a connection are checked at a tick, which is a tenth of the shortest of them and at most a second; so a
/// connection may last longer by that much.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The size of the content of a request, in bytes, before and after it is decoded; more gets a 413. Default: 2 MiB.
    /// `#[limit(content = …)]` sets another one for a resource or a method.
    pub content: usize,
    /// The size of the head of a request, in bytes; more gets a 431. Default: 32 KiB.
    pub head: usize,
    /// The length of the target of a request, in bytes; more gets a 414. Default: 8 KiB.
    pub target: usize,
    /// How long a method may take; a `GET` or a `HEAD` then gets a 504, and another method is logged and goes on. Default:
    /// 30 seconds. `#[limit(time = …)]` sets another one for a resource or a method.
    pub time: Duration,
    /// How long the head of a request may take; the connection is then closed. Default: 10 seconds.
    pub head_time: Duration,
    /// How long content may pause while it is read; the request then gets a 408. Default: 10 seconds.
    pub content_pause: Duration,
    /// How long the server may wait for content in all; the request then gets a 408. Default: 60 seconds. A method whose
    /// `#[limit(time = …)]` is longer may wait for as long as that.
    pub content_time: Duration,
    /// How long a client may take no byte of a response; the connection is then closed. Default: 30 seconds.
    pub response_pause: Duration,
    /// How long a connection may wait for another request; it is then closed. Default: 30 seconds.
    pub idle_time: Duration,
    /// How long a connection may exist; it is closed after its next request then. Default: an hour.
    pub connection_time: Duration,
    /// How long the requests in progress may take to end when the server stops. Default: 30 seconds.
    pub stop_time: Duration,
    /// How many connections may be open; more wait until one is closed. Default: 10,000.
    pub connections: usize,
    /// How many requests may be in progress, from their head to the end of their response; more get a 503, except those
    /// for `/_internal/`. Default: 1,024.
    pub requests: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            content: 2 << 20,
            head: 32 << 10,
            target: 8 << 10,
            time: Duration::from_secs(30),
            head_time: Duration::from_secs(10),
            content_pause: Duration::from_secs(10),
            content_time: Duration::from_secs(60),
            response_pause: Duration::from_secs(30),
            idle_time: Duration::from_secs(30),
            connection_time: Duration::from_secs(3600),
            stop_time: Duration::from_secs(30),
            connections: 10_000,
            requests: 1024,
        }
    }
}
