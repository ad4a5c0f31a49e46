//! Tower layers and services without their types, so that an application can hold any number of them.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_layer::Layer;

use super::service::ResponseFuture;
use crate::http::body::{Body, BoxError};

/// The service that a layer of an [`Application`](super::Application) wraps.
#[derive(Clone, Debug)]
pub struct LayerService(BoxService);

/// A service without its type.
pub(super) struct BoxService(Box<dyn ErasedService>);

/// A layer without its type.
#[derive(Clone)]
pub(super) struct BoxLayer(Arc<dyn Fn(BoxService) -> BoxService + Send + Sync>);

type BoxFuture = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

pub(super) trait ErasedService: Send + Sync {
    fn call(&self, request: Request<Body>) -> BoxFuture;
    fn boxed_clone(&self) -> Box<dyn ErasedService>;
}

/// A service that a layer returned.
#[derive(Clone)]
pub(super) struct TowerService<S>(S);

impl<S, B> ErasedService for TowerService<S>
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
    fn call(&self, request: Request<Body>) -> BoxFuture {
        let mut service = self.0.clone();
        Box::pin(async move {
            poll_fn(|context| service.poll_ready(context)).await.map_err(Into::into)?;
            let response = service.call(request).await.map_err(Into::into)?;
            Ok(response.map(Body::new))
        })
    }

    fn boxed_clone(&self) -> Box<dyn ErasedService> {
        Box::new(self.clone())
    }
}

impl BoxService {
    pub(super) fn new<S>(service: S) -> Self
    where
        TowerService<S>: ErasedService + 'static,
    {
        Self(Box::new(TowerService(service)))
    }

    pub(super) fn call(&self, request: Request<Body>) -> BoxFuture {
        self.0.call(request)
    }
}

impl BoxLayer {
    pub(super) fn new<L>(layer: L) -> Self
    where
        L: Layer<LayerService> + Send + Sync + 'static,
        TowerService<L::Service>: ErasedService + 'static,
    {
        Self(Arc::new(move |inner| BoxService::new(layer.layer(LayerService(inner)))))
    }
}

/// Wraps a service in layers, the first one innermost.
pub(super) fn wrap(inner: BoxService, layers: &[BoxLayer]) -> BoxService {
    layers.iter().fold(inner, |inner, layer| (layer.0)(inner))
}

impl tower_service::Service<Request<Body>> for LayerService {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = ResponseFuture<BoxError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        ResponseFuture::new(self.0.call(request))
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

impl fmt::Debug for BoxLayer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BoxLayer")
    }
}
