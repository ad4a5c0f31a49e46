//! A call that is being built.

#[cfg(feature = "cache")]
use std::sync::Arc;
use std::{
    fmt::{self, Display},
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderName, HeaderValue, header};
use serde::Serialize;

use crate::{
    body::Body,
    call::Call,
    context::CallContext,
    error::{BoxError, Error, Result},
    path::append_query,
    response::{Response, Responses},
    underscore::warn_of_underscore,
};

/// A call that is sent when it is awaited.
///
/// It owns all that it has, so that it can be passed to a function, be stored and be spawned.
///
/// ```
/// # use wsgiservice_client::{Body, ClosestCluster, RequestBuilder, RestClient};
/// fn with_page(call: RequestBuilder) -> RequestBuilder {
///     call.query(&[("start", 1), ("count", 10)])
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> wsgiservice_client::Result<()> {
/// # let echo = wsgiservice_client::service_fn(|request: http::Request<Body>| async move {
/// #     let target = request.uri().to_string();
/// #     Ok::<_, std::convert::Infallible>(http::Response::new(http_body_util::Full::new(target.into())))
/// # });
/// let client = RestClient::builder().service("label", echo).build()?;
/// let response = with_page(client.get("label", ClosestCluster, "/1/label/abc")).await?;
/// assert_eq!(response.text().await?, "/1/label/abc?start=1&count=10");
/// # Ok(())
/// # }
/// ```
#[must_use = "a call is sent when it is awaited"]
pub struct RequestBuilder<O = Response> {
    call: Box<Call>,
    #[cfg(feature = "cache")]
    cache: Option<Arc<crate::cache::Cache>>,
    output: PhantomData<fn() -> O>,
}

/// The future of a call.
pub struct ResponseFuture<O = Response>(Pin<Box<dyn Future<Output = Result<O>> + Send>>);

/// What a call can return: a [`Response`], or [`Responses`] of all clusters.
pub trait CallOutput: sealed::Sealed + Send + Sized + 'static {}

impl CallOutput for Response {}
impl CallOutput for Responses {}

mod sealed {
    use std::pin::Pin;

    use crate::{error::Result, request::RequestBuilder};

    pub(super) type Sent<O> = Pin<Box<dyn Future<Output = Result<O>> + Send>>;

    #[expect(unnameable_types, reason = "no other crate may implement it")]
    pub trait Sealed: Sized {
        fn send(builder: RequestBuilder<Self>) -> Sent<Self>;
    }
}

impl sealed::Sealed for Response {
    fn send(builder: RequestBuilder<Self>) -> sealed::Sent<Self> {
        let call = builder.call;
        #[cfg(feature = "cache")]
        if let Some(cache) = builder.cache {
            return Box::pin(async move { cache.response(call).await });
        }
        Box::pin(call.response())
    }
}

impl sealed::Sealed for Responses {
    fn send(builder: RequestBuilder<Self>) -> sealed::Sent<Self> {
        let call = builder.call;
        #[cfg(feature = "cache")]
        if let Some(cache) = builder.cache {
            return Box::pin(async move { cache.responses(call).await });
        }
        Box::pin(call.responses())
    }
}

impl<O> RequestBuilder<O> {
    pub(crate) fn new(
        call: Call,
        #[cfg(feature = "cache")] cache: Option<Arc<crate::cache::Cache>>,
    ) -> Self {
        Self {
            call: Box::new(call),
            #[cfg(feature = "cache")]
            cache,
            output: PhantomData,
        }
    }

    /// Appends a header field. A name or a value that cannot be sent is an error of the call.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        HeaderName: TryFrom<N>,
        <HeaderName as TryFrom<N>>::Error: Into<http::Error>,
        HeaderValue: TryFrom<V>,
        <HeaderValue as TryFrom<V>>::Error: Into<http::Error>,
    {
        let name = HeaderName::try_from(name).map_err(Into::into);
        let value = HeaderValue::try_from(value).map_err(Into::into);
        match name.and_then(|name| Ok((name, value?))) {
            Ok((name, value)) => {
                warn_of_underscore(&name);
                self.call.headers.append(name, value);
            }
            Err(error) => self.refuse("a header field cannot be sent", error),
        }
        self
    }

    /// Sets `Authorization` to a token (RFC 6750, section 2.1), which is not shown in a log.
    pub fn bearer_auth(self, token: impl Display) -> Self {
        self.authorization(&format!("Bearer {token}"))
    }

    /// Sets `Authorization` to a name and a password (RFC 7617), which are not shown in a log.
    pub fn basic_auth(self, name: impl Display, password: Option<impl Display>) -> Self {
        let password = password.map(|password| password.to_string()).unwrap_or_default();
        self.authorization(&format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
    }

    fn authorization(mut self, credentials: &str) -> Self {
        match HeaderValue::try_from(credentials) {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.call.headers.insert(header::AUTHORIZATION, value);
            }
            Err(error) => self.refuse("the credentials cannot be sent", error),
        }
        self
    }

    /// Appends parameters to the query of the URL. What has no such form is an error of the call.
    pub fn query<T: Serialize + ?Sized>(mut self, parameters: &T) -> Self {
        match serde_urlencoded::to_string(parameters) {
            Ok(query) => append_query(&mut self.call.path, &query),
            Err(error) => self.refuse("the query cannot be written", error),
        }
        self
    }

    /// Sets the content: a value in JSON. A value that cannot be written is an error of the call.
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(content) => self.content(content.into(), "application/json"),
            Err(error) => self.refuse("the content cannot be written in JSON", error),
        }
        self
    }

    /// Sets the content: a form. What has no such form is an error of the call.
    pub fn form<T: Serialize + ?Sized>(mut self, parameters: &T) -> Self {
        match serde_urlencoded::to_string(parameters) {
            Ok(content) => self.content(content.into(), "application/x-www-form-urlencoded"),
            Err(error) => self.refuse("the form cannot be written", error),
        }
        self
    }

    /// Sets the content. Its media type is a [`header`](Self::header).
    pub fn body(mut self, content: impl Into<Body>) -> Self {
        self.call.content = content.into();
        self
    }

    /// Sets how long the call may take, with the content of its response: 2 s otherwise, or what the topology says.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.call.timeout = Some(timeout);
        self
    }

    /// Sends a safe call to a second endpoint, too, if the first one takes longer than 95 % of the responses.
    pub fn hedge(mut self) -> Self {
        self.call.hedges = true;
        self
    }

    /// Sets the request that the call is made for.
    pub fn context(mut self, context: CallContext) -> Self {
        self.call.context = context;
        self
    }

    fn content(&mut self, content: Body, media_type: &'static str) {
        self.call.content = content;
        let headers = &mut self.call.headers;
        headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static(media_type));
    }

    fn refuse(&mut self, message: &str, source: impl Into<BoxError>) {
        let source = source.into();
        let error = || Error::invalid(format!("{message}: {source}"));
        let error = self.call.problem.take().unwrap_or_else(error);
        self.call.problem = Some(error);
    }
}

impl<O: CallOutput> RequestBuilder<O> {
    /// Sends the call, as awaiting it does. The future has a name, so that many of them can be joined.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind). A response of any status is no error.
    pub fn send(self) -> ResponseFuture<O> {
        ResponseFuture(O::send(self))
    }
}

impl<O: CallOutput> IntoFuture for RequestBuilder<O> {
    type Output = Result<O>;
    type IntoFuture = ResponseFuture<O>;

    fn into_future(self) -> ResponseFuture<O> {
        self.send()
    }
}

impl<O> Future for ResponseFuture<O> {
    type Output = Result<O>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<O>> {
        self.0.as_mut().poll(context)
    }
}

impl<O> fmt::Debug for RequestBuilder<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBuilder")
            .field("method", &self.call.method)
            .field("service", &self.call.service)
            .field("target", &self.call.target)
            .field("path", &self.call.path)
            .finish_non_exhaustive()
    }
}

impl<O> fmt::Debug for ResponseFuture<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}
