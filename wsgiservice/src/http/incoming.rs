//! The request as the exchange and the methods see it.

#[cfg(feature = "server")]
use std::{any::Any, sync::Arc};
use std::{net::SocketAddr, time::Duration};

use http::{HeaderMap, Method, Uri, request::Parts};

use super::{
    body::Body,
    client_presence::{ClientPresence, WaitingClient},
    deadline::Deadline,
    known_fields::{FieldSet, KnownField},
};

/// A request: its method, target, header fields and peer address.
///
/// A method takes it as `&Request`.
///
/// ```
/// use wsgiservice::{Application, Request, mount, resource, testing::Client};
///
/// #[mount("/agent")]
/// struct Agent;
///
/// #[resource]
/// impl Agent {
///     fn get(&self, request: &Request) -> Option<String> {
///         Some(request.fields().get("user-agent")?.to_str().ok()?.to_owned())
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("agent").mount(Agent));
/// let response = client.get("/agent").header("user-agent", "curl").send().await;
/// assert_eq!(response.text(), r#""curl""#);
/// # }
/// ```
#[derive(Debug)]
pub struct Request {
    parts: Parts,
    peer: Option<SocketAddr>,
    is_hosted: bool,
    known_fields: FieldSet,
}

/// An extension of a request from this server, which passes through layers.
#[derive(Clone, Copy, Debug)]
struct FromThisServer;

/// An extension of a request that is counted outside of the layers that it passes through.
#[derive(Clone, Copy, Debug)]
struct Counted;

/// An extension that keeps the connection of a request, whose type the server knows, until the request has ended.
#[cfg(feature = "server")]
#[derive(Clone)]
struct Connection(#[expect(dead_code, reason = "it is only kept")] Arc<dyn Any + Send + Sync>);

impl Default for Request {
    fn default() -> Self {
        Self::new(http::Request::new(()).into_parts().0, None)
    }
}

impl Request {
    pub(crate) fn new(parts: Parts, peer: Option<SocketAddr>) -> Self {
        let is_hosted = peer.is_none() && parts.extensions.get::<FromThisServer>().is_none();
        let peer = peer.or_else(|| parts.extensions.get().copied());
        let known_fields = FieldSet::of(&parts.headers);
        Self { parts, peer, is_hosted, known_fields }
    }

    /// The header table, without the fields.
    pub(crate) fn into_table(self) -> HeaderMap {
        let mut table = self.parts.headers;
        table.clear();
        table
    }

    /// Replaces it by the next request, and returns the header table of this one, which [`clear`](Self::clear) emptied.
    #[cfg(feature = "server")]
    #[inline]
    pub(crate) fn replace(&mut self, parts: Parts, peer: SocketAddr) -> HeaderMap {
        debug_assert!(self.parts.headers.is_empty(), "`clear` empties the table");
        self.known_fields = FieldSet::of(&parts.headers);
        self.peer = Some(peer);
        self.is_hosted = false;
        std::mem::replace(&mut self.parts, parts).headers
    }

    /// Drops the parts that may share the read buffer of the server.
    #[cfg(feature = "server")]
    pub(crate) fn clear(&mut self) {
        self.parts.uri = Uri::default();
        self.parts.headers.clear();
        self.parts.extensions.clear();
    }

    /// Keeps the connection until the request has ended, although its client may go away before.
    #[cfg(feature = "server")]
    pub(crate) fn keep_connection(&mut self, connection: Arc<dyn Any + Send + Sync>) {
        self.parts.extensions.insert(Connection(connection));
    }

    /// Lets the request know when its client is gone: when what this returns is dropped.
    pub(crate) fn watch_client(&mut self) -> WaitingClient {
        let client = WaitingClient::new();
        self.parts.extensions.insert(client.presence());
        client
    }

    /// Whether it is counted outside of the layers that it passed through.
    #[inline]
    pub(crate) fn is_counted(&self) -> bool {
        !self.parts.extensions.is_empty() && self.parts.extensions.get::<Counted>().is_some()
    }

    /// Adds an extension.
    pub(crate) fn extend<T: Clone + Send + Sync + 'static>(&mut self, extension: T) {
        self.parts.extensions.insert(extension);
    }

    /// Takes the request for layers, outside of which it is counted, with the peer address as an extension. What stays is what
    /// the log needs if a layer fails: method, target and peer.
    pub(crate) fn take_with(&mut self, body: Body) -> http::Request<Body> {
        let mut rest = Self { peer: self.peer, ..Self::default() };
        rest.parts.method = self.method().clone();
        rest.parts.uri = self.target().clone();
        let Self { mut parts, peer, is_hosted, .. } = std::mem::replace(self, rest);
        if let Some(peer) = peer {
            parts.extensions.insert(peer);
        }
        if !is_hosted {
            parts.extensions.insert(FromThisServer);
        }
        parts.extensions.insert(Counted);
        http::Request::from_parts(parts, body)
    }

    #[cfg(feature = "server")]
    pub(crate) fn version(&self) -> http::Version {
        self.parts.version
    }

    /// Returns whether the request has a field of this group.
    pub(crate) fn has(&self, field: KnownField) -> bool {
        self.known_fields.has(field)
    }

    /// Returns the method (RFC 9110, section 9).
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.parts.method
    }

    /// Returns the target (RFC 9110, section 7.1).
    #[must_use]
    pub fn target(&self) -> &Uri {
        &self.parts.uri
    }

    /// Returns the header fields (RFC 9110, section 6.3).
    #[must_use]
    pub fn fields(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// Returns the extensions that layers added, for example the authenticated user.
    #[must_use]
    pub fn extensions(&self) -> &http::Extensions {
        &self.parts.extensions
    }

    /// Returns whether the request comes from a host, which may have removed a prefix from the path of its target.
    pub(crate) fn is_hosted(&self) -> bool {
        self.is_hosted
    }

    /// Returns the peer address of the connection; `None` if it is unknown.
    ///
    /// A host that this service runs in can pass it on as an extension of the request, a [`SocketAddr`].
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Returns whether the client is known to be gone, so that nobody receives the response.
    ///
    /// A method that may change something runs to its end although its client is gone. Before it begins what takes long,
    /// it can ask, and give up. A `GET` or a `HEAD` is dropped instead.
    ///
    /// It becomes known when the connection is reset, or fails. A client that closes its connection looks at first like one
    /// that only sends no more, and still reads the response. So when a client of HTTP/1.1 sends no more, the server sends it
    /// an interim response, `100 (Continue)`, and again every few seconds; the host of a client that is gone responds to that with
    /// a reset. HTTP/1.0 has no interim responses, so that of its clients only those are noticed that reset the connection.
    /// A client that loses its network is not noticed. So `false` does not promise that the client receives the response.
    ///
    /// In a tower host, or behind a layer, the client is gone when the future of the response is dropped. With the
    /// [test client](crate::testing::Client), it is always `false`.
    ///
    /// ```
    /// use wsgiservice::{Application, Problem, Request, mount, resource, testing::Client};
    ///
    /// #[mount("/report")]
    /// struct Report;
    ///
    /// #[resource]
    /// impl Report {
    ///     async fn post(&self, request: &Request) -> Result<u32, Problem> {
    ///         // … waits for its turn, and then:
    ///         if request.client_is_gone() {
    ///             return Err(Problem::new(http::StatusCode::SERVICE_UNAVAILABLE));
    ///         }
    ///         Ok(42)
    ///     }
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() {
    /// let client = Client::new(Application::new("report").mount(Report));
    /// let response = client.post("/report").send().await;
    /// assert_eq!(response.text(), "42");
    /// # }
    /// ```
    #[must_use]
    pub fn client_is_gone(&self) -> bool {
        self.parts.extensions.get().is_some_and(ClientPresence::is_gone)
    }

    /// Begins the time that the client waits, if it says how long that is; the first time that this is called.
    #[cold]
    pub(crate) fn begin_deadline(&mut self) {
        if self.deadline().is_none()
            && let Some(deadline) = Deadline::of(&self.parts.headers)
        {
            self.parts.extensions.insert(deadline);
        }
    }

    /// When the client no longer waits, if it said so.
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        match self.has(KnownField::Timeout) {
            true => self.parts.extensions.get().copied(),
            false => None,
        }
    }

    /// Returns how long the client still waits; `None` if it did not say so with `X-Request-Timeout-Ms`.
    ///
    /// ```
    /// use wsgiservice::{Application, Request, mount, resource, testing::Client};
    ///
    /// #[mount("/time")]
    /// struct Time;
    ///
    /// #[resource]
    /// impl Time {
    ///     fn get(&self, request: &Request) -> Option<bool> {
    ///         Some(request.time_left()?.as_millis() <= 500)
    ///     }
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() {
    /// let client = Client::new(Application::new("time").mount(Time));
    /// let response = client.get("/time").header("x-request-timeout-ms", "500").send().await;
    /// assert_eq!(response.text(), "true");
    /// # }
    /// ```
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline().map(Deadline::left)
    }

    /// Returns whether the method is `GET` or `HEAD`, which retrieve a representation without changing anything.
    pub(crate) fn retrieves(&self) -> bool {
        matches!(*self.method(), Method::GET | Method::HEAD)
    }
}
