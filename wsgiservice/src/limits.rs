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
/// In the settings of a service, the table `limits` has them, and times are in seconds: see
/// [`Settings`](trait@crate::Settings).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "command-line",
    derive(wsgiservice_macros::Settings),
    setting(crate = crate)
)]
#[non_exhaustive]
pub struct Limits {
    /// The size of the content of a request, in bytes, before and after it is decoded; more gets a 413. Default: 2 MiB.
    /// `#[limit(content = …)]` sets another one for a resource or a method.
    #[cfg_attr(feature = "command-line", setting(default = 2_097_152))]
    pub content: usize,
    /// The size of the head of a request, in bytes; more gets a 431. Default: 32 KiB.
    #[cfg_attr(feature = "command-line", setting(default = 32_768, range = 1..))]
    pub head: usize,
    /// The length of the target of a request, in bytes; more gets a 414. Default: 8 KiB.
    #[cfg_attr(feature = "command-line", setting(default = 8_192, range = 1..))]
    pub target: usize,

    /// How many content codings a request may apply to its content, one over the other; more get a 415. Default: 1.
    ///
    /// ```
    /// use wsgiservice::server::Limits;
    ///
    /// let mut limits = Limits::default();
    /// limits.codings = 0; // Content that is encoded is not accepted.
    /// ```
    #[cfg_attr(feature = "command-line", setting(default = 1))]
    pub codings: usize,

    /// How many members of gzip, or frames of Zstandard, encoded content may have; more get a 413. Default: 1,024.
    ///
    /// Each takes work, even if it decodes to nothing. `cat a.gz b.gz` has two of them.
    ///
    /// ```
    /// use wsgiservice::server::Limits;
    ///
    /// let mut limits = Limits::default();
    /// limits.coding_members = 1; // As most clients encode.
    /// ```
    #[cfg_attr(feature = "command-line", setting(default = 1_024))]
    pub coding_members: usize,

    /// How long the processor may decode the content of a request, for each MiB that the content may have; more gets a 413.
    /// Default: 40 milliseconds, in which it decodes about 8 MiB.
    ///
    /// Content can be made so that a few bytes of it take as long to decode as a megabyte does. A build without
    /// optimizations takes 20 times as long.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wsgiservice::server::Limits;
    ///
    /// let mut limits = Limits::default();
    /// limits.coding_time = Duration::from_millis(500); // A slow processor.
    /// ```
    #[cfg_attr(feature = "command-line", setting(default = 0.04, value_name = "SECONDS", from = Seconds, range = 0.001..))]
    pub coding_time: Duration,

    /// How many entries a list may have, and how many members an object, a form or a query; more get a 400. Default: 10,000.
    /// The content of a request may have eight times as many over all levels, of which a list or an object counts twice. `#[limit(elements = …)]` sets another number for
    /// a resource or a method.
    ///
    /// They are counted while the content is read, before a value is made of them. A method that reads the content itself
    /// ([`ContentStream`](crate::content::ContentStream), [`FormStream`](crate::content::FormStream)) has no such limit.
    ///
    /// ```
    /// use wsgiservice::{Application, mount, resource, server::Limits, testing::Client};
    ///
    /// #[mount("/count")]
    /// struct Count;
    ///
    /// #[resource]
    /// impl Count {
    ///     fn get(&self, tag: Vec<String>) -> usize {
    ///         tag.len()
    ///     }
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() {
    /// let mut limits = Limits::default();
    /// limits.elements = 2;
    /// let client = Client::new(Application::new("count").mount(Count).limits(limits));
    /// assert_eq!(client.get("/count?tag=a&tag=b").send().await.text(), "2");
    /// assert_eq!(client.get("/count?tag=a&tag=b&tag=c").send().await.status(), 400);
    /// # }
    /// ```
    #[cfg_attr(feature = "command-line", setting(default = 10_000, range = 1..))]
    pub elements: usize,
    /// How long a method may take; a `GET` or a `HEAD` then gets a 504, and another method is logged and goes on. Default:
    /// 30 seconds. `#[limit(time = …)]` sets another one for a resource or a method.
    #[cfg_attr(feature = "command-line", setting(default = 30, value_name = "SECONDS", from = Seconds, range = 0.001..))]
    pub time: Duration,
    /// How long the head of a request may take; the connection is then closed. Default: 10 seconds.
    #[cfg_attr(feature = "command-line", setting(default = 10, value_name = "SECONDS", from = Seconds, range = 0.001..))]
    pub head_time: Duration,
    /// How long content may pause while it is read; the request then gets a 408. Default: 10 seconds.
    #[cfg_attr(feature = "command-line", setting(default = 10, value_name = "SECONDS", from = Seconds, range = 0.001..))]
    pub content_pause: Duration,
    /// How long the server may wait for content in all; the request then gets a 408. Default: 60 seconds. A method whose
    /// `#[limit(time = …)]` is longer may wait for as long as that.
    #[cfg_attr(feature = "command-line", setting(default = 60, value_name = "SECONDS", from = Seconds, range = 0.001..))]
    pub content_time: Duration,
    /// How long a client may take no byte of a response; the connection is then closed. Default: 30 seconds. Each tenth of it,
    /// a client that sends no more is sent an interim response.
    ///
    /// So a method learns that it is gone: [`Request::client_is_gone`](crate::Request::client_is_gone).
    #[cfg_attr(feature = "command-line", setting(default = 30, value_name = "SECONDS", from = Seconds, range = 0.001..))]
    pub response_pause: Duration,
    /// How long a connection may wait for another request; it is then closed. Default: 30 seconds.
    #[cfg_attr(feature = "command-line", setting(default = 30, value_name = "SECONDS", from = Seconds, range = 0.001..))]
    pub idle_time: Duration,
    /// How long a connection may exist; it is closed after its next request then. Default: an hour.
    #[cfg_attr(feature = "command-line", setting(default = 3_600, value_name = "SECONDS", from = Seconds, range = 0.001..))]
    pub connection_time: Duration,
    /// How long the requests in progress may take to end when the server stops. Default: 30 seconds.
    #[cfg_attr(feature = "command-line", setting(default = 30, value_name = "SECONDS", from = Seconds))]
    pub stop_time: Duration,
    /// How many connections may be open; more wait until one is closed. Default: 10,000.
    #[cfg_attr(feature = "command-line", setting(default = 10_000, range = 1..))]
    pub connections: usize,
    /// How many requests may be in progress, from their head to the end of their response; more get a 503, except those
    /// for `/_internal/`. Default: 1,024.
    #[cfg_attr(feature = "command-line", setting(default = 1_024, range = 1..))]
    pub requests: usize,
}

/// A time in the settings: a number of seconds, which can have a fraction.
///
/// ```
/// use std::time::Duration;
/// use wsgiservice::{Settings, server::Seconds};
///
/// #[derive(Settings)]
/// struct Options {
///     /// How long to wait for the archive, in seconds.
///     #[setting(default = 2.5, from = Seconds)]
///     patience: Duration,
/// }
/// ```
#[cfg(feature = "command-line")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "f64")]
pub struct Seconds(Duration);

#[cfg(feature = "command-line")]
impl TryFrom<f64> for Seconds {
    type Error = std::time::TryFromFloatSecsError;

    fn try_from(seconds: f64) -> Result<Self, Self::Error> {
        Duration::try_from_secs_f64(seconds).map(Self)
    }
}

#[cfg(feature = "command-line")]
impl From<Seconds> for Duration {
    fn from(seconds: Seconds) -> Self {
        seconds.0
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            content: 2 << 20,
            head: 32 << 10,
            target: 8 << 10,
            codings: 1,
            coding_members: 1 << 10,
            coding_time: Duration::from_millis(40),
            elements: 10_000,
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

#[cfg(all(test, feature = "command-line"))]
mod tests {
    use super::*;
    use crate::settings::Values;

    #[test]
    fn the_defaults_of_the_settings_are_those_of_the_type() {
        assert_eq!(Values::defaults_of::<Limits>(), Some(Limits::default()));
    }
}
