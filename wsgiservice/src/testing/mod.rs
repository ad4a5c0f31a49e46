//! Tests need no socket: a client that hands its requests to the same exchange.
//!
//! ```
//! use wsgiservice::{Application, mount, resource, testing::Client};
//!
//! #[mount("/double/{number}")]
//! struct Double;
//!
//! #[resource]
//! impl Double {
//!     fn get(&self, number: u32) -> Option<u32> {
//!         number.checked_mul(2)
//!     }
//! }
//!
//! # #[tokio::main]
//! # async fn main() {
//! let client = Client::new(Application::new("double").mount(Double));
//! let response = client.get("/double/21").header("accept", "text/xml").send().await;
//! assert_eq!(response.status(), 200);
//! assert_eq!(response.text(), "<response>42</response>");
//! # }
//! ```

mod documented;
mod openapi;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use http_body_util::BodyExt;

pub use self::openapi::assert_openapi;
use crate::{
    application::{Application, Service},
    exchange::Exchange,
    http::body::Body,
};

/// Where the requests of a test come from.
const THIS_MACHINE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A client of one application, in the same process.
#[derive(Clone, Debug)]
pub struct Client {
    service: Service,
    is_strict: bool,
}

/// A request that is not yet sent.
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct TestRequest {
    service: Service,
    is_strict: bool,
    request: http::Request<Body>,
}

/// An answer, with all of its content.
#[derive(Debug)]
pub struct TestResponse {
    status: StatusCode,
    fields: HeaderMap,
    content: Bytes,
}

impl Client {
    /// A client of this application.
    ///
    /// # Panics
    /// Where the application cannot be built, with all the reasons.
    #[must_use]
    #[track_caller]
    pub fn new(application: Application) -> Self {
        match application.build() {
            Ok(service) => Self { service, is_strict: false },
            Err(error) => panic!("the application cannot be built: {error}"),
        }
    }

    /// The client, which now panics at an answer of which the documentation of the service knows nothing.
    ///
    /// So a test of a service is one of its documentation, too.
    ///
    /// ```
    /// # use wsgiservice::{Application, mount, resource, testing::Client};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping {
    /// #     fn get(&self) -> &'static str { "pong" }
    /// # }
    /// # #[tokio::main]
    /// # async fn main() {
    /// let client = Client::new(Application::new("ping").mount(Ping)).strict();
    /// assert_eq!(client.get("/ping").send().await.status(), 200);
    /// # }
    /// ```
    #[must_use]
    pub fn strict(self) -> Self {
        Self { is_strict: true, ..self }
    }

    /// A `GET` of this target.
    ///
    /// # Panics
    /// As [`request`](Self::request) does.
    #[track_caller]
    pub fn get(&self, target: &str) -> TestRequest {
        self.request("GET", target)
    }

    /// A `POST` to this target.
    ///
    /// # Panics
    /// As [`request`](Self::request) does.
    #[track_caller]
    pub fn post(&self, target: &str) -> TestRequest {
        self.request("POST", target)
    }

    /// A `PUT` of this target.
    ///
    /// # Panics
    /// As [`request`](Self::request) does.
    #[track_caller]
    pub fn put(&self, target: &str) -> TestRequest {
        self.request("PUT", target)
    }

    /// A `DELETE` of this target.
    ///
    /// # Panics
    /// As [`request`](Self::request) does.
    #[track_caller]
    pub fn delete(&self, target: &str) -> TestRequest {
        self.request("DELETE", target)
    }

    /// A request with any method.
    ///
    /// # Panics
    /// Where the method or the target is none that HTTP could carry.
    #[track_caller]
    pub fn request(&self, method: &str, target: &str) -> TestRequest {
        let mut request = http::Request::new(Body::empty());
        match (Method::from_bytes(method.as_bytes()), target.parse::<Uri>()) {
            (Ok(method), Ok(target)) => {
                *request.method_mut() = method;
                *request.uri_mut() = target;
            }
            (Err(error), _) => panic!("`{method}` is no method: {error}"),
            (_, Err(error)) => panic!("`{target}` is no target: {error}"),
        }
        TestRequest { service: self.service.clone(), is_strict: self.is_strict, request }
    }
}

impl TestRequest {
    /// With a header field more.
    ///
    /// # Panics
    /// Where HTTP could not carry it.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes())) {
            (Ok(name), Ok(value)) => self.request.headers_mut().append(name, value),
            _ => panic!("`{name}: {value}` is no header field"),
        };
        self
    }

    /// With this content.
    pub fn body(mut self, content: impl Into<Body>) -> Self {
        *self.request.body_mut() = content.into();
        self
    }

    /// Sends it, and waits for all of the answer.
    ///
    /// # Panics
    /// Where the content of the answer breaks off, or, of a [strict](Client::strict) client, where the documentation does
    /// not know the status.
    pub async fn send(self) -> TestResponse {
        let (method, target) = (self.request.method().clone(), self.request.uri().clone());
        let (parts, content) = self.request.into_parts();
        let mut exchange = Exchange::new(parts, Some(THIS_MACHINE), content);
        self.service.answer(&mut exchange).await;
        let (head, body) = exchange.response.into_parts();
        let known = documented::is_documented(self.service.built(), &method, &target, head.status);
        let is_right = !self.is_strict || known.unwrap_or(true);
        assert!(
            is_right,
            "{method} {target} was answered {}, which nobody documented",
            head.status
        );
        match body.collect().await {
            Ok(content) => TestResponse {
                status: head.status,
                fields: head.headers,
                content: content.to_bytes(),
            },
            Err(error) => panic!("the content broke off: {error}"),
        }
    }
}

impl TestResponse {
    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The header fields.
    #[must_use]
    pub fn fields(&self) -> &HeaderMap {
        &self.fields
    }

    /// The first header field of this name, where it is text.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.to_str().ok()
    }

    /// The content.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// The content as text.
    ///
    /// # Panics
    /// Where it is no UTF-8.
    #[must_use]
    #[track_caller]
    pub fn text(&self) -> &str {
        match std::str::from_utf8(&self.content) {
            Ok(text) => text,
            Err(error) => panic!("the content is no text: {error}"),
        }
    }

    /// The content as JSON.
    ///
    /// # Panics
    /// Where it is no JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_slice(&self.content) {
            Ok(value) => value,
            Err(error) => panic!("the content is no JSON: {error}"),
        }
    }
}
