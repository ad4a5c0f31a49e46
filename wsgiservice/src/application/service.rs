//! A built application as a tower service.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use http::Response;

use super::layer::{BoxLayer, BoxService, wrap};
#[cfg(feature = "server")]
use crate::statistics::Statistics;
use crate::{
    exchange::{
        self, Exchange,
        observation::{LayeredMeasurement, Observation},
    },
    http::{
        body::{Body, BoxError},
        incoming::Request,
        vary,
    },
    problem::Problem,
    site::Site,
    statistics::Measurement,
};

/// A built application: a tower service that is cheap to clone.
///
/// Created by [`Application::build`](super::Application::build).
#[derive(Clone, Debug)]
pub struct Service {
    site: Arc<Site>,
    /// The exchange within all layers of the application itself, if it has layers.
    outer: Option<BoxService>,
    /// The exchange within each group of layers of a nested application.
    groups: Arc<[BoxService]>,
    /// Whether it listens on a loopback address.
    #[cfg(feature = "server")]
    is_on_loopback: bool,
}

/// The future of the response of a [`Service`].
pub struct ResponseFuture<E = Infallible>(
    Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>,
);

impl Service {
    pub(super) fn new(site: Arc<Site>, groups: &[Vec<BoxLayer>], layers: &[BoxLayer]) -> Self {
        let plain = Self {
            site,
            outer: None,
            groups: Arc::from([]),
            #[cfg(feature = "server")]
            is_on_loopback: false,
        };
        let groups =
            groups.iter().map(|layers| wrap(BoxService::new(plain.clone()), layers)).collect();
        let inner = Self { groups, ..plain };
        let outer = (!layers.is_empty()).then(|| wrap(BoxService::new(inner.clone()), layers));
        Self { outer, ..inner }
    }

    /// Handles one request, through its layers if it has any.
    pub(crate) async fn respond(&self, exchange: &mut Exchange) {
        let Some(layered) = self.layered(&exchange.request) else {
            return exchange::handle(&self.site, exchange).await;
        };
        // Boxed, because the future would enlarge that of every request.
        Box::pin(self.respond_within(&layered, exchange)).await;
    }

    /// Handles one request within these layers. It counts around them, since they may change the response, or respond
    /// themselves.
    async fn respond_within(&self, layered: &BoxService, exchange: &mut Exchange) {
        let statistics = &self.site.statistics;
        let counts = !exchange.request.is_counted();
        let mut measurement = Measurement::begin(statistics, exchange.request.method(), counts);
        let route = exchange::route_of(&self.site, &exchange.request);
        if let Some(route) = route {
            measurement.set_route(route);
        }
        let Exchange { request, content, response, .. } = exchange;
        let observation = Observation::new(&self.site, request, !counts);
        let mut measurement = LayeredMeasurement::new(measurement, &observation, request);
        observation.pass_on(request);
        let within = pin!(layered.call(request.take_with(std::mem::take(content))));
        match observation.scope(within).await {
            Ok(layered) => {
                *response = layered;
                // A layer, for example for CORS, appends a line of its own.
                vary::add(response.headers_mut(), None);
            }
            Err(error) => {
                let problem = Problem::internal(error);
                let measurement = measurement.uncounted();
                exchange::refuse(&self.site, exchange, problem, measurement, &observation);
            }
        }
        measurement.end(&mut exchange.response, exchange.received.bytes());
    }

    /// Responds with a problem that the server found before the exchange.
    #[cfg(feature = "server")]
    #[cold]
    pub(crate) fn refuse(&self, exchange: &mut Exchange, problem: Problem, trusts_target: bool) {
        exchange::refuse_early(&self.site, exchange, problem, trusts_target);
    }

    /// What is counted.
    #[cfg(feature = "server")]
    pub(crate) fn statistics(&self) -> &Arc<Statistics> {
        &self.site.statistics
    }

    /// The service on a listener with this address.
    #[cfg(feature = "server")]
    pub(crate) fn on(self, address: std::net::SocketAddr) -> Self {
        Self { is_on_loopback: address.ip().is_loopback(), ..self }
    }

    /// The names that a client may use for this host; `None` for all.
    #[cfg(feature = "server")]
    pub(crate) fn names(&self) -> Option<&[String]> {
        self.is_on_loopback.then_some(&*self.site.hosts)
    }

    /// Ends what would go on for as long as a client listens.
    #[cfg(feature = "server")]
    pub(crate) fn end_streams(&self) {
        self.site.stopping.cancel();
    }

    /// What a client may use.
    #[cfg(feature = "server")]
    pub(crate) fn limits(&self) -> &crate::limits::Limits {
        &self.site.limits
    }

    /// The compiled application.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn site(&self) -> &Site {
        &self.site
    }

    /// The service within the layers that apply to this request, if any do.
    fn layered(&self, request: &Request) -> Option<BoxService> {
        if self.outer.is_some() {
            return self.outer.clone();
        }
        if self.groups.is_empty() {
            return None;
        }
        let path = crate::http::path::Path::of(request);
        let position = self.site.find(request.method(), &path)?.resource;
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
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> ResponseFuture {
        let service = self.clone();
        let (parts, body) = request.into_parts();
        let mut exchange = Exchange::new(parts, None, Body::new(body));
        ResponseFuture::new(async move {
            service.respond(&mut exchange).await;
            Ok(exchange.into_response())
        })
    }
}

impl<E> ResponseFuture<E> {
    pub(super) fn new(
        response: impl Future<Output = Result<Response<Body>, E>> + Send + 'static,
    ) -> Self {
        Self(Box::pin(response))
    }
}

impl<E> Future for ResponseFuture<E> {
    type Output = Result<Response<Body>, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl<E> fmt::Debug for ResponseFuture<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ResponseFuture")
    }
}
