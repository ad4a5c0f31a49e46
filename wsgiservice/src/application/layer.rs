//! Tower layers around the exchange, their types forgotten.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_layer::Layer;

use super::service::Answering;
use crate::http::body::{Body, BoxError};

/// The service that a layer is put around.
#[derive(Clone, Debug)]
pub struct Inner(BoxService);

/// A service whose type is forgotten.
pub(super) struct BoxService(Box<dyn Erased>);

/// A layer whose type is forgotten.
#[derive(Clone)]
pub(super) struct Wrap(Arc<dyn Fn(BoxService) -> BoxService + Send + Sync>);

/// What a layered service comes to.
type Layered = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

trait Erased: Send + Sync {
    fn call(&self, request: Request<Body>) -> Layered;
    fn boxed_clone(&self) -> Box<dyn Erased>;
}

/// Any service that a layer made.
#[derive(Clone)]
struct Any<S>(S);

impl<S, B> Erased for Any<S>
where
    S: tower_service::Service<Request<Body>, Response = Response<B>>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    fn call(&self, request: Request<Body>) -> Layered {
        let mut service = self.0.clone();
        Box::pin(async move {
            poll_fn(|context| service.poll_ready(context)).await.map_err(Into::into)?;
            let response = service.call(request).await.map_err(Into::into)?;
            Ok(response.map(Body::new))
        })
    }

    fn boxed_clone(&self) -> Box<dyn Erased> {
        Box::new(self.clone())
    }
}

impl BoxService {
    pub(super) fn new<S, B>(service: S) -> Self
    where
        S: tower_service::Service<Request<Body>, Response = Response<B>>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        B: http_body::Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        Self(Box::new(Any(service)))
    }

    pub(super) fn call(&self, request: Request<Body>) -> Layered {
        self.0.call(request)
    }
}

/// Forgets the type of a layer.
pub(super) fn wrap<L, S, B>(layer: L) -> Wrap
where
    L: Layer<Inner, Service = S> + Send + Sync + 'static,
    S: tower_service::Service<Request<Body>, Response = Response<B>>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    Wrap(Arc::new(move |inner| BoxService::new(layer.layer(Inner(inner)))))
}

/// Puts layers around a service, the first one innermost.
pub(super) fn around(inner: BoxService, layers: &[Wrap]) -> BoxService {
    layers.iter().fold(inner, |inner, layer| (layer.0)(inner))
}

impl tower_service::Service<Request<Body>> for Inner {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Answering<BoxError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Answering::new(self.0.call(request))
    }
}

impl Clone for BoxService {
    fn clone(&self) -> Self {
        Self(self.0.boxed_clone())
    }
}

impl fmt::Debug for BoxService {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BoxService")
    }
}

impl fmt::Debug for Wrap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Layer")
    }
}
