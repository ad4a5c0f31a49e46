//! What answers requests, one after the other, without a future of its own for each.
//!
//! The future of an exchange is large, and a new one would be moved to where it is polled for every request. So there is
//! one that begins anew when it has answered. It is handed an exchange, and hands it back, through the thread that polls
//! it.

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

/// An exchange, and the connection that its request came by.
type InFlight = (Arc<Connection>, Box<Exchange>);

/// What a thread has at hand.
struct ThreadSlots {
    /// What is handed to the dispatcher that is polled, and what that hands back.
    in_flight: Cell<Option<InFlight>>,
    /// An dispatcher that has nothing to do.
    spare: Cell<Option<Dispatcher>>,
}

thread_local! {
    static THREAD_SLOTS: ThreadSlots = const { ThreadSlots { in_flight: Cell::new(None), spare: Cell::new(None) } };
}

/// A future that answers what it is handed, and never ends.
struct Dispatcher {
    answering: Pin<Box<dyn Future<Output = Infallible> + Send>>,
    /// The exchange that has ended. The next one will have its place, which is allocated once.
    spare: Option<Box<Exchange>>,
}

/// The answer to a request, which is there already or on its way; nothing once it was given.
pub(super) struct ResponseFuture(Option<Dispatcher>);

/// Answers a request as far as that goes without waiting, which is often to the end.
///
/// hyper reads on before it gives the service a turn, into a buffer that it has to allocate while the request stands in
/// the one before; of a request that is answered by then, nothing stands there any more.
pub(super) fn dispatch(connection: Arc<Connection>, request: Request<Incoming>) -> ResponseFuture {
    THREAD_SLOTS.with(|slots| {
        let mut dispatcher = slots.spare.take().unwrap_or_else(Dispatcher::new);
        let mut exchange = dispatcher.spare.take().unwrap_or_default();
        connection.begin(request, &mut exchange);
        slots.in_flight.set(Some((connection, exchange)));
        // hyper gives the answer its next turn at once, and so a waker that wakes nobody loses nothing.
        dispatcher.poll(&mut Context::from_waker(Waker::noop()), slots);
        ResponseFuture(Some(dispatcher))
    })
}

impl Dispatcher {
    fn new() -> Self {
        Self { answering: Box::pin(answer_all()), spare: None }
    }

    fn poll(&mut self, context: &mut Context<'_>, slots: &ThreadSlots) {
        let Poll::Pending = self.answering.as_mut().poll(context);
        self.spare = slots.in_flight.take().map(|(_, exchange)| exchange);
    }
}

async fn answer_all() -> Infallible {
    let mut done = None;
    loop {
        let (connection, mut exchange) = next(done).await;
        connection.answer(&mut exchange).await;
        done = Some((connection, exchange));
    }
}

/// Hands back what is done, and takes what is to be done next.
fn next(mut done: Option<InFlight>) -> impl Future<Output = InFlight> {
    poll_fn(move |_| match done.take() {
        Some(done) => {
            THREAD_SLOTS.with(|slots| slots.in_flight.set(Some(done)));
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
