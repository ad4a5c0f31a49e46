//! A client for tests, which calls an application without a socket.
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

/// The peer address of test requests.
const THIS_MACHINE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A client of an application in the same process.
#[derive(Clone, Debug)]
pub struct Client {
    service: Service,
    is_strict: bool,
}

/// A request that has not been sent yet.
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct TestRequest {
    service: Service,
    is_strict: bool,
    request: http::Request<Body>,
}

/// A response with its complete content.
#[derive(Debug)]
pub struct TestResponse {
    status: StatusCode,
    fields: HeaderMap,
    content: Bytes,
}

impl Client {
    /// Creates a client of an application.
    ///
    /// # Panics
    /// Panics if the application cannot be built, with all reasons.
    #[must_use]
    #[track_caller]
    pub fn new(application: Application) -> Self {
        match application.build() {
            Ok(service) => Self { service, is_strict: false },
            Err(error) => panic!("the application cannot be built: {error}"),
        }
    }

    /// Makes the client panic if the status of a response is not documented.
    ///
    /// The tests of a service then also test its documentation.
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

    /// Creates a `GET` request for a target.
    ///
    /// # Panics
    /// Panics like [`request`](Self::request).
    #[track_caller]
    pub fn get(&self, target: &str) -> TestRequest {
        self.request("GET", target)
    }

    /// Creates a `POST` request for a target.
    ///
    /// # Panics
    /// Panics like [`request`](Self::request).
    #[track_caller]
    pub fn post(&self, target: &str) -> TestRequest {
        self.request("POST", target)
    }

    /// Creates a `PUT` request for a target.
    ///
    /// # Panics
    /// Panics like [`request`](Self::request).
    #[track_caller]
    pub fn put(&self, target: &str) -> TestRequest {
        self.request("PUT", target)
    }

    /// Creates a `DELETE` request for a target.
    ///
    /// # Panics
    /// Panics like [`request`](Self::request).
    #[track_caller]
    pub fn delete(&self, target: &str) -> TestRequest {
        self.request("DELETE", target)
    }

    /// Creates a request with any method.
    ///
    /// # Panics
    /// Panics if the method or the target is not valid in HTTP.
    #[track_caller]
    pub fn request(&self, method: &str, target: &str) -> TestRequest {
        let mut request = http::Request::new(Body::empty());
        match (Method::from_bytes(method.as_bytes()), target.parse::<Uri>()) {
            (Ok(method), Ok(target)) => {
                *request.method_mut() = method;
                *request.uri_mut() = target;
            }
            (Err(error), _) => panic!("`{method}` is not a valid method: {error}"),
            (_, Err(error)) => panic!("`{target}` is not a valid target: {error}"),
        }
        TestRequest { service: self.service.clone(), is_strict: self.is_strict, request }
    }
}

impl TestRequest {
    /// Adds a header field.
    ///
    /// # Panics
    /// Panics if the name or the value is not valid in HTTP.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes())) {
            (Ok(name), Ok(value)) => self.request.headers_mut().append(name, value),
            _ => panic!("`{name}: {value}` is not a valid header field"),
        };
        self
    }

    /// Sets the content.
    pub fn body(mut self, content: impl Into<Body>) -> Self {
        *self.request.body_mut() = content.into();
        self
    }

    /// Sends the request and reads the complete response.
    ///
    /// # Panics
    /// Panics if the content of the response ends early or, with a [strict](Client::strict) client, if the status is not
    /// documented.
    pub async fn send(self) -> TestResponse {
        let (method, target) = (self.request.method().clone(), self.request.uri().clone());
        let (parts, content) = self.request.into_parts();
        let mut exchange = Exchange::new(parts, Some(THIS_MACHINE), content);
        self.service.answer(&mut exchange).await;
        let (head, body) = exchange.into_response().into_parts();
        let is_documented =
            documented::is_documented(self.service.site(), &method, &target, head.status);
        assert!(
            !self.is_strict || is_documented.unwrap_or(true),
            "{method} {target} returned {}, which is not documented",
            head.status
        );
        match body.collect().await {
            Ok(content) => TestResponse {
                status: head.status,
                fields: head.headers,
                content: content.to_bytes(),
            },
            Err(error) => panic!("the content ended early: {error}"),
        }
    }
}

impl TestResponse {
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

    /// Parses the content as JSON.
    ///
    /// # Panics
    /// Panics if the content is not JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_slice(&self.content) {
            Ok(value) => value,
            Err(error) => panic!("the content is not JSON: {error}"),
        }
    }
}
