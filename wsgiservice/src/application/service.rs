//! An application as a tower service.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::Response;

use super::layer::{BoxService, Wrap, around};
use crate::{
    exchange::{self, Exchange},
    http::{
        body::{Body, BoxError},
        request::Request,
    },
    site::Site,
};

/// An application that was built: a tower service, which is cheap to clone.
///
/// [`Application::build`](super::Application::build) makes it, and
/// [`Application::into_service`](super::Application::into_service).
#[derive(Clone, Debug)]
pub struct Service {
    site: Arc<Site>,
    /// The layers of the application itself, around everything.
    outer: Option<BoxService>,
    /// The layers of nested applications, each group around the exchange.
    groups: Arc<[BoxService]>,
}

/// The answer of a [`Service`], on its way.
pub struct Answering<E = Infallible>(
    Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>,
);

impl Service {
    pub(super) fn new(site: Arc<Site>, groups: &[Vec<Wrap>], layers: &[Wrap]) -> Self {
        let plain = Self { site, outer: None, groups: Arc::from([]) };
        let groups =
            groups.iter().map(|layers| around(BoxService::new(plain.clone()), layers)).collect();
        let inner = Self { groups, ..plain };
        let outer = (!layers.is_empty()).then(|| around(BoxService::new(inner.clone()), layers));
        Self { outer, ..inner }
    }

    /// Answers a request, of which nothing is left.
    pub(crate) async fn answer(&self, exchange: &mut Exchange) {
        let Some(layered) = self.layered(&exchange.request) else {
            return exchange::handle(&self.site, exchange).await;
        };
        let Exchange { request, content, response } = exchange;
        match layered.call(request.take_with(std::mem::take(content))).await {
            Ok(answer) => *response = answer,
            Err(error) => exchange::fail(&self.site, exchange, error),
        }
    }

    /// The compiled application.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn site(&self) -> &Site {
        &self.site
    }

    /// The layers that the request has to pass first.
    fn layered(&self, request: &Request) -> Option<BoxService> {
        if self.outer.is_some() {
            return self.outer.clone();
        }
        if self.groups.is_empty() {
            return None;
        }
        let path = crate::http::path::Path::of(request);
        let position = self.site.router.find(&path)?.resource;
        self.groups.get(self.site.resources.get(position)?.layers?).cloned()
    }
}

impl<B> tower_service::Service<http::Request<B>> for Service
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Answering {
        let service = self.clone();
        let (parts, body) = request.into_parts();
        let mut exchange = Exchange::new(parts, None, Body::new(body));
        Answering::new(async move {
            service.answer(&mut exchange).await;
            Ok(exchange.response)
        })
    }
}

impl<E> Answering<E> {
    pub(super) fn new(
        answer: impl Future<Output = Result<Response<Body>, E>> + Send + 'static,
    ) -> Self {
        Self(Box::pin(answer))
    }
}

impl<E> Future for Answering<E> {
    type Output = Result<Response<Body>, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl<E> fmt::Debug for Answering<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Answering")
    }
}
