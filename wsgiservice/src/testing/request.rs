//! A request to an application in the same process.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use base64::prelude::{BASE64_STANDARD, Engine};
use http::{HeaderMap, HeaderName, HeaderValue, header, response::Parts};
use http_body_util::BodyExt;
use serde::Serialize;

use super::{Multipart, TestEvents, TestResponse, documented};
use crate::{application::Service, exchange::Exchange, http::body::Body};

/// The peer address of test requests.
const THIS_MACHINE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A request that has not been sent yet.
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct TestRequest {
    service: Service,
    is_strict: bool,
    /// The fields of the client and of the content, if the request does not set them.
    defaults: HeaderMap,
    request: http::Request<Body>,
}

impl TestRequest {
    /// A request with these default fields.
    pub(super) fn new(
        service: Service,
        is_strict: bool,
        defaults: HeaderMap,
        request: http::Request<Body>,
    ) -> Self {
        Self { service, is_strict, defaults, request }
    }

    /// Adds a header field.
    ///
    /// # Panics
    /// Panics if the name or the value is not valid in HTTP.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let (name, value) = field(name, value);
        self.request.headers_mut().append(name, value);
        self
    }

    /// Sets `Authorization` to a user name and a password (RFC 7617).
    ///
    /// # Panics
    /// Panics if the name has a colon, which separates it from the password.
    #[track_caller]
    pub fn basic(self, user: &str, password: &str) -> Self {
        assert!(!user.contains(':'), "the user name `{user}` has a colon");
        let credentials = BASE64_STANDARD.encode(format!("{user}:{password}"));
        self.set(&header::AUTHORIZATION, &format!("Basic {credentials}"))
    }

    /// Sets `Authorization` to a token (RFC 6750).
    ///
    /// # Panics
    /// Panics if the token is not valid in a header field.
    #[track_caller]
    pub fn bearer(self, token: &str) -> Self {
        self.set(&header::AUTHORIZATION, &format!("Bearer {token}"))
    }

    /// Adds a cookie (RFC 6265).
    ///
    /// # Panics
    /// Panics if the name or the value is not valid in a header field.
    #[track_caller]
    pub fn cookie(self, name: &str, value: &str) -> Self {
        let cookies = self.request.headers().get(header::COOKIE);
        let cookies = cookies.and_then(|cookies| cookies.to_str().ok());
        let cookies = cookies.map_or_else(String::new, |cookies| format!("{cookies}; "));
        self.set(&header::COOKIE, &format!("{cookies}{name}={value}"))
    }

    /// Sets the content to a value as JSON, with its media type unless another one is set.
    ///
    /// ```
    /// use wsgiservice::{Application, mount, resource, testing::Client};
    ///
    /// #[mount("/sum")]
    /// struct Sum;
    ///
    /// #[resource]
    /// impl Sum {
    ///     fn post(&self, number: Vec<u32>) -> u32 {
    ///         number.iter().sum()
    ///     }
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() {
    /// let client = Client::new(Application::new("sum").mount(Sum));
    /// let numbers = serde_json::json!({"number": [1, 2]});
    /// assert_eq!(client.post("/sum").json(&numbers).send().await.json::<u32>(), 3);
    /// assert_eq!(client.post("/sum").form([("number", "1"), ("number", "2")]).send().await.text(), "3");
    /// # }
    /// ```
    ///
    /// # Panics
    /// Panics if the value cannot be written as JSON.
    #[track_caller]
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(json) => self.content("application/json", json),
            Err(error) => panic!("the value cannot be written as JSON: {error}"),
        }
    }

    /// Sets the content to the fields of a form, with its media type unless another one is set.
    #[track_caller]
    pub fn form<N: AsRef<str>, V: AsRef<str>>(
        self,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        self.content("application/x-www-form-urlencoded", form.finish())
    }

    /// Sets the content to a form that may have files, with its media type.
    #[track_caller]
    pub fn multipart(self, form: Multipart) -> Self {
        let (media_type, content) = form.into_content();
        self.set(&header::CONTENT_TYPE, &media_type).body(content)
    }

    /// Sets the content.
    pub fn body(mut self, content: impl Into<Body>) -> Self {
        *self.request.body_mut() = content.into();
        self
    }

    #[track_caller]
    fn content(mut self, media_type: &str, content: impl Into<Body>) -> Self {
        let (name, value) = field(header::CONTENT_TYPE.as_str(), media_type);
        self.defaults.insert(name, value);
        self.body(content)
    }

    #[track_caller]
    fn set(mut self, name: &HeaderName, value: &str) -> Self {
        let (name, value) = field(name.as_str(), value);
        self.request.headers_mut().insert(name, value);
        self
    }

    /// Sends the request and reads the complete response, which must end: [`listen`](Self::listen) reads a stream of events.
    ///
    /// # Panics
    /// Panics if the content of the response ends early or, with a [strict](super::Client::strict) client, if the status is not
    /// documented.
    pub async fn send(self) -> TestResponse {
        let (head, content) = self.exchange().await;
        match content.collect().await {
            Ok(content) => TestResponse::new(head, content.to_bytes()),
            Err(error) => panic!("the content ended early: {error}"),
        }
    }

    /// Sends the request and returns its server-sent events, each as soon as it comes.
    ///
    /// # Panics
    /// Panics if the response is not a 200 with the media type `text/event-stream` or, with a
    /// [strict](super::Client::strict) client, if the status is not documented.
    pub async fn listen(self) -> TestEvents {
        let (head, content) = self.exchange().await;
        TestEvents::new(head, content)
    }

    /// Sends the request, and returns the head and the content of the response.
    async fn exchange(self) -> (Parts, Body) {
        let (method, target) = (self.request.method().clone(), self.request.uri().clone());
        let (mut parts, content) = self.request.into_parts();
        let own = parts.headers.clone();
        let defaults = self.defaults.iter().filter(|(name, _)| !own.contains_key(*name));
        parts.headers.extend(defaults.map(|(name, value)| (name.clone(), value.clone())));
        let mut exchange = Exchange::new(parts, Some(THIS_MACHINE), content);
        self.service.respond(&mut exchange).await;
        let (head, content) = exchange.into_response().into_parts();
        let is_documented =
            documented::is_documented(self.service.site(), &method, &target, head.status);
        assert!(
            !self.is_strict || is_documented.unwrap_or(true),
            "{method} {target} returned {}, which is not documented",
            head.status
        );
        (head, content)
    }
}

/// A header field.
///
/// # Panics
/// Panics if the name or the value is not valid in HTTP.
#[track_caller]
pub(super) fn field(name: &str, value: &str) -> (HeaderName, HeaderValue) {
    match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes())) {
        (Ok(name), Ok(value)) => (name, value),
        _ => panic!("`{name}: {value}` is not a valid header field"),
    }
}
