//! The connections of one runtime, from the first byte to an orderly end.

use std::{
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
use tokio::net::TcpStream;

use super::{
    dispatch,
    open_connections::{OpenConnection, OpenConnections},
    socket::Socket,
    timeouts::{ConnectionState, Phase, Timeouts},
    write,
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
    timeouts: Arc<Timeouts>,
    open_connections: Arc<OpenConnections>,
}

/// A connection, as the requests that come by it know it.
#[derive(Debug)]
pub(super) struct Connection {
    service: Service,
    state: Arc<ConnectionState>,
    peer: SocketAddr,
    open_connection: OpenConnection,
}

impl Connections {
    pub(super) fn new(service: Service, timeouts: Arc<Timeouts>) -> Self {
        Self { service, timeouts, open_connections: Arc::default() }
    }

    /// Answers the requests of a connection, in a task of its own.
    pub(super) fn add(&self, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY cannot be set");
        }
        let state = self.timeouts.connection();
        let (service, own) = (self.service.clone(), Arc::clone(&state));
        let open_connection = self.open_connections.open();
        let connection = Arc::new(Connection { service, state: own, peer, open_connection });
        let task = tokio::spawn(async move {
            if let Err(error) = connection.serve(stream).await {
                tracing::debug!(%error, %peer, "the connection broke");
            }
        });
        self.timeouts.add(state, task.abort_handle());
    }

    /// Waits until all connections are closed, which the server has told to shut down.
    pub(super) async fn drain(self) {
        let all_closed = self.open_connections.all_closed();
        if tokio::time::timeout(DRAIN_TIMEOUT, all_closed).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
    }
}

impl Connection {
    /// Answers its requests, until either side ends it.
    async fn serve(self: Arc<Self>, stream: TcpStream) -> hyper::Result<()> {
        let socket = TokioIo::new(Socket::new(stream, Arc::clone(&self.state)));
        let own = Arc::clone(&self);
        let answer = service_fn(move |request| dispatch::dispatch(Arc::clone(&own), request));
        let http = http1::Builder::new().max_buf_size(BUFFER).serve_connection(socket, answer);
        let mut http = pin!(http);
        self.state.note_task().await;
        poll_fn(|context| {
            // To say so again changes nothing.
            if self.state.is_shutting_down() {
                http.as_mut().graceful_shutdown();
            }
            let polled = http.as_mut().poll(context);
            write::end_turn(self.open_connection.is_only_one());
            polled
        })
        .await
    }

    /// Begins the exchange of a request, and tells the state.
    pub(super) fn begin(&self, request: http::Request<Incoming>, exchange: &mut Exchange) {
        self.state.enter(Phase::Busy);
        let (parts, content) = request.into_parts();
        exchange.content = body(content, &self.state);
        exchange.request.set(parts, self.peer);
    }

    /// Answers a request, of which nothing is left, and tells the state when that ends.
    pub(super) async fn answer(&self, exchange: &mut Exchange) {
        self.service.answer(exchange).await;
        exchange.content = Body::empty();
        exchange.request.clear();
        let content = exchange.response.body_mut();
        match content.bytes() {
            Some(_) => self.state.enter(Phase::Idle),
            None => {
                let sending = Sending(Arc::clone(&self.state));
                *content = std::mem::take(content).holding(sending);
            }
        }
    }
}

fn body(content: Incoming, state: &Arc<ConnectionState>) -> Body {
    let is_there = !content.is_end_stream();
    state.set_unread_content(is_there);
    match is_there {
        true => Body::new(Received { content, state: Arc::clone(state) }),
        false => Body::empty(),
    }
}

/// Content that tells when it was read to its end.
#[derive(Debug)]
struct Received {
    content: Incoming,
    state: Arc<ConnectionState>,
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
            self.state.set_unread_content(false);
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
struct Sending(Arc<ConnectionState>);

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.enter(Phase::Idle);
    }
}
