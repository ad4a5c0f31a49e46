//! The connections of one runtime, from the first byte to an orderly end.

use std::{
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{
    closing::Closing,
    connection_state::{ConnectionState, Phase},
    dispatch,
    framing::Fault,
    head::{self, Names},
    malformed,
    open_connections::{OpenConnection, OpenConnections},
    reason_phrase,
    request_content::RequestContent,
    socket::Socket,
    timeouts::Timeouts,
};
use crate::{
    application::Service,
    exchange::Exchange,
    http::body::{Body, BoxError},
    problem::Problem,
};

/// How long the requests in progress may take to end when the server stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// The size of hyper's buffers, in bytes.
const BUFFER: usize = 64 << 10;

/// The connections of a runtime.
#[derive(Debug)]
pub(super) struct Connections {
    service: Service,
    timeouts: Arc<Timeouts>,
    open_connections: Arc<OpenConnections>,
}

/// What the requests of a connection share.
#[derive(Debug)]
pub(super) struct Connection {
    service: Service,
    state: Arc<ConnectionState>,
    peer: SocketAddr,
    /// Counts this connection until it is dropped.
    _open: OpenConnection,
}

impl Connections {
    pub(super) fn new(service: Service, timeouts: Arc<Timeouts>) -> Self {
        Self { service, timeouts, open_connections: Arc::default() }
    }

    /// Serves a connection in a task of its own.
    pub(super) fn add(&self, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let state = self.timeouts.new_connection();
        let connection = Arc::new(Connection {
            service: self.service.clone(),
            state: Arc::clone(&state),
            peer,
            _open: self.open_connections.open(),
        });
        let task = tokio::spawn(async move {
            if let Err(error) = connection.serve(stream).await {
                tracing::debug!(%error, %peer, "connection failed");
            }
        });
        self.timeouts.add(state, task.abort_handle());
    }

    /// Closes all connections when they have responded to the requests in progress, or at the latest when these have taken
    /// too long.
    pub(super) async fn drain(self) {
        self.timeouts.shut_down();
        let all_closed = self.open_connections.all_closed();
        if tokio::time::timeout(DRAIN_TIMEOUT, all_closed).await.is_err() {
            tracing::warn!("some requests did not end in time");
            self.timeouts.abort_all();
        }
    }
}

impl Drop for Connections {
    /// No connection stays open if the future of the server is dropped.
    fn drop(&mut self) {
        self.timeouts.shut_down();
    }
}

impl Connection {
    /// Responds to requests until either side closes the connection.
    async fn serve(self: Arc<Self>, stream: TcpStream) -> Result<(), BoxError> {
        let socket = Socket::new(stream, Arc::clone(&self.state));
        let write_half = socket.write_half();
        let connection = Arc::clone(&self);
        let service =
            service_fn(move |request| dispatch::dispatch(Arc::clone(&connection), request));
        let mut http = http1::Builder::new()
            .max_buf_size(BUFFER)
            .max_header_size(self.service.limits().head)
            // A client that has sent its request may close its half of the connection.
            .half_close(true)
            .serve_connection(TokioIo::new(socket), service);
        self.state.register_task().await;
        let served = poll_fn(|context| {
            if self.state.is_shutting_down() {
                Pin::new(&mut http).graceful_shutdown();
            }
            let polled = Pin::new(&mut http).poll(context);
            write_half.end_turn(context)?;
            polled.map(Ok::<_, BoxError>)
        })
        .await?;
        if served.as_ref().is_err_and(hyper::Error::is_parse)
            && self.state.phase() != Phase::Lingering
        {
            malformed::refuse_version(http.into_parts().io.into_inner()).await?;
        }
        Ok(served?)
    }

    /// Fills an exchange with a request; returns what is wrong with its head, although hyper parses it.
    #[inline]
    pub(super) fn begin(
        &self,
        request: http::Request<Incoming>,
        exchange: &mut Exchange,
    ) -> Option<Fault> {
        self.state.enter(Phase::Busy);
        let (parts, content) = request.into_parts();
        let content = RequestContent::begin(content, &self.state);
        exchange.begin(parts, self.peer, content);
        self.state.received_bytes().begin(&exchange.request)
    }

    /// Checks the head of a request, in which hyper has passed over this fault.
    ///
    /// # Errors
    /// What is wrong with it, so that the connection is closed after the response.
    fn check_head(&self, exchange: &Exchange, fault: Option<Fault>) -> Result<(), Problem> {
        match fault {
            Some(fault) => Err(fault.problem()),
            None => {
                head::check(&exchange.request, self.service.limits(), Names(self.service.names()))
            }
        }
    }

    /// Runs an exchange: afterwards it holds the response, and nothing of the request.
    pub(super) async fn run(&self, exchange: &mut Exchange, fault: Option<Fault>) {
        let closing = Closing::of(&exchange.request, &self.state);
        match self.check_head(exchange, fault) {
            Ok(()) => self.service.answer(exchange).await,
            Err(problem) => self.service.refuse(exchange, problem),
        }
        closing.announce(exchange, &self.state).await;
        reason_phrase::set(&mut exchange.response);
        exchange.content = Body::empty();
        exchange.request.clear();
        let content = exchange.response.body_mut();
        match content.bytes() {
            Some(_) => self.state.enter(Phase::Idle),
            None => {
                let idle = IdleOnDrop(Arc::clone(&self.state));
                *content = std::mem::take(content).keep_until_end(idle);
            }
        }
    }
}

/// Marks the connection as idle when it is dropped: a streamed response holds it until its end.
struct IdleOnDrop(Arc<ConnectionState>);

impl Drop for IdleOnDrop {
    fn drop(&mut self) {
        self.0.enter(Phase::Idle);
    }
}
