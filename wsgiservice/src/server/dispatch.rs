//! Runs exchanges one after the other, on a future that is reused.
//!
//! The future of an exchange is large, and a new one for each request would have to be moved to where it is polled. So
//! a [`Dispatcher`] is a future that never ends: it runs one exchange, then waits for the next. The thread that polls
//! it passes the exchange in and out through [`ThreadSlots`].
//!
//! # What the thread-local is worth
//! `spare` is a cache: without it, each request allocates a dispatcher and an exchange. `in_flight` is set only while a
//! dispatcher is polled. `benches/README.md` has no figure for the reuse alone; it counts 690 instructions per request
//! for everything between hyper and the stages of an exchange.

use std::{
    cell::Cell,
    convert::Infallible,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use http::{Request, Response};
use hyper::body::Incoming;

use super::connection::Connection;
use crate::{exchange::Exchange, http::body::Body};

/// An exchange, and the connection that its request came from.
type InFlight = (Arc<Connection>, Box<Exchange>);

/// What the dispatchers of a thread share.
struct ThreadSlots {
    /// The exchange that is passed into the dispatcher being polled, and out of it again.
    in_flight: Cell<Option<InFlight>>,
    /// A dispatcher without an exchange to run.
    spare: Cell<Option<Dispatcher>>,
}

thread_local! {
    static THREAD_SLOTS: ThreadSlots =
        const { ThreadSlots { in_flight: Cell::new(None), spare: Cell::new(None) } };
}

/// Runs one exchange at a time.
struct Dispatcher {
    future: Pin<Box<dyn Future<Output = Infallible> + Send>>,
    /// The exchange that has ended, with its response; the next request reuses its allocation.
    spare: Option<Box<Exchange>>,
}

/// The response to a request.
///
/// `None` after it has returned the response.
pub(super) struct ResponseFuture(Option<Dispatcher>);

/// Runs the exchange of a request as far as it gets without waiting, which is often to the end.
///
/// hyper reads from the socket before it polls the future of a response. While the request still occupies hyper's
/// buffer, that read allocates a new one; an exchange that has ended by then has released the buffer.
pub(super) fn dispatch(connection: Arc<Connection>, request: Request<Incoming>) -> ResponseFuture {
    THREAD_SLOTS.with(|slots| {
        let mut dispatcher = slots.spare.take().unwrap_or_else(Dispatcher::new);
        let mut exchange = dispatcher.spare.take().unwrap_or_default();
        connection.begin(request, &mut exchange);
        slots.in_flight.set(Some((connection, exchange)));
        // hyper polls the returned future at once, with its own waker, so no wake-up is lost.
        dispatcher.poll(&mut Context::from_waker(Waker::noop()), slots);
        ResponseFuture(Some(dispatcher))
    })
}

impl Dispatcher {
    fn new() -> Self {
        Self { future: Box::pin(run_exchanges()), spare: None }
    }

    fn poll(&mut self, context: &mut Context<'_>, slots: &ThreadSlots) {
        let Poll::Pending = self.future.as_mut().poll(context);
        self.spare = slots.in_flight.take().map(|(_, exchange)| exchange);
    }
}

async fn run_exchanges() -> Infallible {
    let mut ended = None;
    loop {
        let (connection, mut exchange) = next(ended).await;
        connection.run(&mut exchange).await;
        ended = Some((connection, exchange));
    }
}

/// Passes out the exchange that has ended, and waits for the next one.
fn next(mut ended: Option<InFlight>) -> impl Future<Output = InFlight> {
    poll_fn(move |_| match ended.take() {
        Some(ended) => {
            THREAD_SLOTS.with(|slots| slots.in_flight.set(Some(ended)));
            Poll::Pending
        }
        None => {
            THREAD_SLOTS.with(|slots| slots.in_flight.take()).map_or(Poll::Pending, Poll::Ready)
        }
    })
}

impl Future for ResponseFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        THREAD_SLOTS.with(|slots| {
            let Some(mut dispatcher) = self.0.take() else { return Poll::Pending };
            if dispatcher.spare.is_none() {
                dispatcher.poll(context, slots);
            }
            let Some(exchange) = &mut dispatcher.spare else {
                self.0 = Some(dispatcher);
                return Poll::Pending;
            };
            let response = std::mem::take(&mut exchange.response);
            slots.spare.set(Some(dispatcher));
            Poll::Ready(Ok(response))
        })
    }
}
