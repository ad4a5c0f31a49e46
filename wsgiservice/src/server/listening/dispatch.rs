//! Runs the exchange of a request, and reuses its memory for the next one.

use std::{cell::Cell, convert::Infallible, future::Future, sync::Arc};

use http::{Request, Response};
use hyper::body::Incoming;

use super::connection::Connection;
use crate::{exchange::Exchange, http::body::Body};

thread_local! {
    /// An exchange that has ended: a cache. Without it, a request takes 550 instructions more, of 15,600, and three
    /// allocations.
    static SPARE: Cell<Option<Box<Exchange>>> = const { Cell::new(None) };
}

/// Runs the exchange of a request.
pub(super) fn dispatch(
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<Body>, Infallible>> {
    let mut exchange = SPARE.take().unwrap_or_default();
    let fault = connection.begin(request, &mut exchange);
    async move {
        connection.run(&mut exchange, fault).await;
        let response = std::mem::take(&mut exchange.response);
        SPARE.set(Some(exchange));
        Ok(response)
    }
}
