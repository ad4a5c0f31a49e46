//! The request, as the exchange and the methods see it.

use std::net::SocketAddr;

use http::{HeaderMap, Method, Uri, request::Parts};

use super::{
    body::Body,
    known_fields::{FieldSet, KnownField},
};

/// A request: its method, target and fields, and whom it came from.
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
    known_fields: FieldSet,
}

/// Whom a request came from, where a layer stands between the server and the exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl Default for Request {
    fn default() -> Self {
        Self::new(http::Request::new(()).into_parts().0, None)
    }
}

impl Request {
    pub(crate) fn new(parts: Parts, peer: Option<SocketAddr>) -> Self {
        let peer = peer.or_else(|| parts.extensions.get::<Peer>().map(|peer| peer.0));
        let known_fields = FieldSet::of(&parts.headers);
        Self { parts, peer, known_fields }
    }

    /// Makes it this one.
    pub(crate) fn set(&mut self, parts: Parts, peer: SocketAddr) {
        self.known_fields = FieldSet::of(&parts.headers);
        self.peer = Some(peer);
        self.parts = parts;
    }

    /// Lets go of all that may stand in what the server has read.
    pub(crate) fn clear(&mut self) {
        self.parts.uri = Uri::default();
        self.parts.headers.clear();
        self.parts.extensions.clear();
    }

    /// The request, of which nothing is left here.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// The request as layers see it, which hand it on without its peer.
    pub(crate) fn take_with(&mut self, body: Body) -> http::Request<Body> {
        let Self { mut parts, peer, .. } = self.take();
        if let Some(peer) = peer {
            parts.extensions.insert(Peer(peer));
        }
        http::Request::from_parts(parts, body)
    }

    /// Whether it has a field of this concern.
    pub(crate) fn has(&self, field: KnownField) -> bool {
        self.known_fields.has(field)
    }

    /// The header fields, to be taken.
    pub(crate) fn fields_mut(&mut self) -> &mut HeaderMap {
        &mut self.parts.headers
    }

    /// The method (RFC 9110, section 9).
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.parts.method
    }

    /// The target (RFC 9110, section 7.1).
    #[must_use]
    pub fn target(&self) -> &Uri {
        &self.parts.uri
    }

    /// The header fields (RFC 9110, section 6.3).
    #[must_use]
    pub fn fields(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// What the layers in front of the application found out, such as who is logged in.
    #[must_use]
    pub fn extensions(&self) -> &http::Extensions {
        &self.parts.extensions
    }

    /// The address at the other end of the connection; none where the request came by no socket.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Whether this is a `GET` or a `HEAD`, which ask for a representation and change nothing.
    pub(crate) fn retrieves(&self) -> bool {
        matches!(*self.method(), Method::GET | Method::HEAD)
    }
}
