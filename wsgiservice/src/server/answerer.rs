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
type Handed = (Arc<Connection>, Box<Exchange>);

/// What a thread has at hand.
struct Desk {
    /// What is handed to the answerer that is polled, and what that hands back.
    handed: Cell<Option<Handed>>,
    /// An answerer that has nothing to do.
    idle: Cell<Option<Answerer>>,
}

thread_local! {
    static DESK: Desk = const { Desk { handed: Cell::new(None), idle: Cell::new(None) } };
}

/// A future that answers what it is handed, and never ends.
struct Answerer {
    answering: Pin<Box<dyn Future<Output = Infallible> + Send>>,
    /// The exchange that has ended. The next one will have its place, which is allocated once.
    ended: Option<Box<Exchange>>,
}

/// The answer to a request, which is there already or on its way; nothing once it was given.
pub(super) struct Answer(Option<Answerer>);

/// Answers a request as far as that goes without waiting, which is often to the end.
///
/// hyper reads on before it gives the service a turn, into a buffer that it has to allocate while the request stands in
/// the one before; of a request that is answered by then, nothing stands there any more.
pub(super) fn answer(connection: Arc<Connection>, request: Request<Incoming>) -> Answer {
    DESK.with(|desk| {
        let mut answerer = desk.idle.take().unwrap_or_else(Answerer::new);
        let mut exchange = answerer.ended.take().unwrap_or_default();
        connection.begin(request, &mut exchange);
        desk.handed.set(Some((connection, exchange)));
        // hyper gives the answer its next turn at once, and so a waker that wakes nobody loses nothing.
        answerer.poll(&mut Context::from_waker(Waker::noop()), desk);
        Answer(Some(answerer))
    })
}

impl Answerer {
    fn new() -> Self {
        Self { answering: Box::pin(answer_all()), ended: None }
    }

    fn poll(&mut self, context: &mut Context<'_>, desk: &Desk) {
        let Poll::Pending = self.answering.as_mut().poll(context);
        self.ended = desk.handed.take().map(|(_, exchange)| exchange);
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
fn next(mut done: Option<Handed>) -> impl Future<Output = Handed> {
    poll_fn(move |_| match done.take() {
        Some(done) => {
            DESK.with(|desk| desk.handed.set(Some(done)));
            Poll::Pending
        }
        None => DESK.with(|desk| desk.handed.take()).map_or(Poll::Pending, Poll::Ready),
    })
}

impl Future for Answer {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        DESK.with(|desk| {
            let Some(mut answerer) = self.0.take() else { return Poll::Pending };
            if answerer.ended.is_none() {
                answerer.poll(context, desk);
            }
            let Some(exchange) = &mut answerer.ended else {
                self.0 = Some(answerer);
                return Poll::Pending;
            };
            let response = std::mem::take(&mut exchange.response);
            desk.idle.set(Some(answerer));
            Poll::Ready(Ok(response))
        })
    }
}
