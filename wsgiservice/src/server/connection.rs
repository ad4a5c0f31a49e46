//! The connections of one runtime, from the first byte to an orderly end.

use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::mpsc};

use super::{
    answerer, outbox,
    socket::Socket,
    watch::{Phase, Watch, Watcher},
};
use crate::{
    application::Service,
    exchange::Exchange,
    http::body::{Body, BoxError},
};

/// How long what was begun may take to end.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// How much is read and written at once, in bytes.
const BUFFER: usize = 64 << 10;

/// The connections of a runtime.
#[derive(Debug)]
pub(super) struct Connections {
    service: Service,
    watcher: Arc<Watcher>,
    /// Each connection has a sender, by which nothing is sent: all of them are gone when all connections are.
    open: mpsc::Sender<Infallible>,
    closed: mpsc::Receiver<Infallible>,
}

/// A connection, as the requests that come by it know it.
#[derive(Debug)]
pub(super) struct Connection {
    service: Service,
    watch: Arc<Watch>,
    peer: SocketAddr,
    /// One of the senders of [`Connections`].
    open: mpsc::Sender<Infallible>,
}

impl Connections {
    pub(super) fn new(service: Service) -> Self {
        let (open, closed) = mpsc::channel(1);
        Self { service, watcher: Watcher::new(), open, closed }
    }

    /// Answers the requests of a connection, in a task of its own.
    pub(super) fn add(&self, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY cannot be set");
        }
        let watch = self.watcher.watch();
        let (service, own) = (self.service.clone(), Arc::clone(&watch));
        let open = self.open.clone();
        let connection = Arc::new(Connection { service, watch: own, peer, open });
        let task = tokio::spawn(async move {
            if let Err(error) = connection.serve(stream).await {
                tracing::debug!(%error, %peer, "the connection broke");
            }
        });
        self.watcher.add(watch, task.abort_handle());
    }

    /// Ends what is idle, and awaits what was begun.
    pub(super) async fn drain(mut self) {
        drop(self.open);
        self.watcher.end();
        if tokio::time::timeout(DRAIN_TIMEOUT, self.closed.recv()).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
    }
}

impl Connection {
    /// Answers its requests, until either side ends it.
    async fn serve(self: Arc<Self>, stream: TcpStream) -> hyper::Result<()> {
        let socket = TokioIo::new(Socket::new(stream, Arc::clone(&self.watch)));
        let own = Arc::clone(&self);
        let answer = service_fn(move |request| answerer::answer(Arc::clone(&own), request));
        let http = http1::Builder::new().max_buf_size(BUFFER).serve_connection(socket, answer);
        let mut http = pin!(http);
        self.watch.note_task().await;
        poll_fn(|context| {
            // To say so again changes nothing.
            if self.watch.is_ending() {
                http.as_mut().graceful_shutdown();
            }
            let polled = http.as_mut().poll(context);
            outbox::end_turn(self.is_alone());
            polled
        })
        .await
    }

    /// Whether the runtime has no other connection.
    fn is_alone(&self) -> bool {
        // There are two senders then: the one that others are made of, until the end, and its own.
        self.open.strong_count() <= 2
    }

    /// Begins the exchange of a request, and tells the watch.
    pub(super) fn begin(&self, request: http::Request<Incoming>, exchange: &mut Exchange) {
        self.watch.enter(Phase::Busy);
        let (parts, content) = request.into_parts();
        exchange.content = body(content, &self.watch);
        exchange.request.set(parts, self.peer);
    }

    /// Answers a request, of which nothing is left, and tells the watch when that ends.
    pub(super) async fn answer(&self, exchange: &mut Exchange) {
        self.service.answer(exchange).await;
        exchange.content = Body::empty();
        exchange.request.clear();
        let content = exchange.response.body_mut();
        match content.bytes() {
            Some(_) => self.watch.enter(Phase::Idle),
            None => {
                let sending = Sending(Arc::clone(&self.watch));
                *content = std::mem::take(content).keep_until_end(sending);
            }
        }
    }
}

fn body(content: Incoming, watch: &Arc<Watch>) -> Body {
    let is_there = !content.is_end_stream();
    watch.set_unread_content(is_there);
    match is_there {
        true => Body::new(Received { content, watch: Arc::clone(watch) }),
        false => Body::empty(),
    }
}

/// Content that tells when it was read to its end.
#[derive(Debug)]
struct Received {
    content: Incoming,
    watch: Arc<Watch>,
}

impl http_body::Body for Received {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = std::task::ready!(Pin::new(&mut self.content).poll_frame(context));
        if frame.is_none() || self.content.is_end_stream() {
            self.watch.set_unread_content(false);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }
}

/// An answer that is sent as it comes; at its end the connection is idle.
struct Sending(Arc<Watch>);

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.enter(Phase::Idle);
    }
}
