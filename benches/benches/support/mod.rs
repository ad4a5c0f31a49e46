//! Sends requests to an application without a socket.

use std::convert::Infallible;

use criterion::{BatchSize, Bencher};
use futures_util::FutureExt;
use http::{Request, Response};
use tower_service::Service as _;
use wsgiservice::{content::Body, server::Service};

/// A `GET` with these header fields.
pub(crate) fn get(target: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let request = Request::get(target);
    let request =
        fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Body::empty()).expect("a request")
}

/// Returns the response to a request whose handler does not wait.
pub(crate) fn respond(service: &mut Service, request: Request<Body>) -> Response<Body> {
    let response: Option<Result<_, Infallible>> = service.call(request).now_or_never();
    match response.expect("a handler that does not wait") {
        Ok(response) => response,
    }
}

/// Measures one request after the other. Checks that the first response has this status.
pub(crate) fn measure(
    bencher: &mut Bencher<'_>,
    service: &Service,
    status: u16,
    requests: impl Fn(usize) -> Request<Body>,
) {
    let mut service = service.clone();
    assert_eq!(respond(&mut service, requests(0)).status(), status);
    let mut position = 0;
    let next = || {
        position += 1;
        requests(position)
    };
    bencher.iter_batched(next, |request| respond(&mut service, request), BatchSize::SmallInput);
}
