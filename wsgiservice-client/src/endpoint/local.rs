//! A service in this process.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};

use crate::{body::Body, error::BoxError};

/// The content of a response of a service in this process.
pub(crate) type LocalBody = UnsyncBoxBody<Bytes, BoxError>;

type Called = Pin<Box<dyn Future<Output = Result<Response<LocalBody>, BoxError>> + Send>>;

/// A tower service of whatever type.
pub(crate) trait LocalService: Send + Sync {
    fn call(&self, request: Request<Body>) -> Called;
}

/// A tower service. The lock makes it `Sync`, and is held to clone it only.
pub(crate) struct Local<S>(pub(crate) Mutex<S>);

impl<S, B> LocalService for Local<S>
where
    S: tower_service::Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    fn call(&self, request: Request<Body>) -> Called {
        let mut service = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            poll_fn(|context| service.poll_ready(context)).await.map_err(Into::into)?;
            let response = service.call(request).await.map_err(Into::into)?;
            Ok(response.map(|body| body.map_err(Into::into).boxed_unsync()))
        })
    }
}
