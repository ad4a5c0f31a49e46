//! The connections of one runtime, from the first byte to an orderly end.

use std::{
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use http::Version;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::OwnedSemaphorePermit};

use super::{
    accept::Accepted,
    closing::Closing,
    connection_state::{ConnectionState, Phase},
    departure::departure,
    dispatch,
    framing::Fault,
    head::{self, Names},
    in_flight::OwnRequests,
    malformed,
    open_connections::{OpenConnection, OpenConnections},
    reason_phrase,
    request_content::RequestContent,
    server_state::ServerState,
    socket::Socket,
    stopping::Drained,
};
use crate::{
    application::Service,
    exchange::Exchange,
    http::{
        body::{Body, BoxError},
        incoming::Request,
    },
    problem::Problem,
    site,
    statistics::{CountedConnection, Statistics},
};

/// When a client should try again, if the server has too much to do.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The size of hyper's buffers, in bytes.
const BUFFER: usize = 64 << 10;

/// The connections of a runtime.
#[derive(Debug)]
pub(super) struct Connections {
    server: ServerState,
    open_connections: Arc<OpenConnections>,
}

/// Why a request is not handled.
enum Refusal {
    /// Its head is wrong, so that its target is not trusted, either.
    Head(Problem),
    /// The server has too much to do.
    Overload,
}

/// What the requests of a connection share.
#[derive(Debug)]
pub(super) struct Connection {
    service: Service,
    state: Arc<ConnectionState>,
    requests: OwnRequests,
    peer: SocketAddr,
    /// Counts this connection until it is dropped.
    _open: OpenConnection,
    _counted: CountedConnection,
    _place: OwnedSemaphorePermit,
}

impl Connections {
    pub(super) fn new(server: ServerState, open_connections: Arc<OpenConnections>) -> Self {
        Self { server, open_connections }
    }

    pub(super) fn statistics(&self) -> &Statistics {
        self.server.statistics()
    }

    /// Serves a connection in a task of its own.
    pub(super) fn add(&self, accepted: Accepted) {
        let Accepted { stream, peer, place } = accepted;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let state = self.server.timeouts.new_connection();
        let connection = Arc::new(Connection {
            service: self.server.service.clone(),
            state: Arc::clone(&state),
            requests: self.server.in_flight.of_connection(),
            peer,
            _open: self.open_connections.open(),
            _counted: CountedConnection::new(Arc::clone(self.server.service.statistics())),
            _place: place,
        });
        let task = tokio::spawn(async move {
            if let Err(error) = connection.serve(stream).await {
                tracing::debug!(%error, %peer, "connection failed");
            }
        });
        self.server.timeouts.add(state, task.abort_handle());
    }

    /// Closes all connections when they have responded to the requests in progress, or at the latest when these get no more
    /// time.
    pub(super) async fn drain(self) -> Drained {
        let ServerState { timeouts, in_flight, at_once, .. } = &self.server;
        self.shut_down();
        tokio::select! {
            () = self.open_connections.all_closed() => return Drained::Completely,
            () = tokio::time::sleep(self.server.limits().stop_time) => {}
            () = at_once.cancelled() => {}
        }
        self.server.statistics().cut_off_requests();
        // A request whose client is gone is not among the connections; one that blocks its thread was not counted.
        match in_flight.are_any() | timeouts.abort_all() {
            true => Drained::CutOff,
            false => Drained::Completely,
        }
    }

    /// Tells connections, and the streams of events on them, to end.
    fn shut_down(&self) {
        self.server.timeouts.shut_down();
        self.server.service.end_streams();
    }
}

impl Drop for Connections {
    /// No connection stays open if the future of the server is dropped.
    fn drop(&mut self) {
        self.shut_down();
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
            .max_buf_size(BUFFER.max(self.service.limits().head))
            .max_header_size(self.service.limits().head)
            // A client that has sent its request may close its half of the connection.
            .half_close(true)
            .serve_connection(TokioIo::new(socket), service);
        let mut departure = pin!(departure(&write_half, &self.state));
        self.state.register_task().await;
        let served = poll_fn(|context| {
            if self.state.is_shutting_down() {
                Pin::new(&mut http).graceful_shutdown();
            }
            let polled = Pin::new(&mut http).poll(context);
            write_half.end_turn(context)?;
            let is_in_progress = self.state.is_in_progress();
            self.requests.set(is_in_progress);
            if polled.is_pending() && is_in_progress && departure.as_mut().poll(context).is_ready()
            {
                return Poll::Ready(Err(io::Error::from(io::ErrorKind::ConnectionReset).into()));
            }
            polled.map(Ok::<_, BoxError>)
        })
        .await?;
        if served.as_ref().is_err_and(hyper::Error::is_parse)
            && self.state.phase() != Phase::Lingering
        {
            let socket = http.into_parts().io.into_inner();
            malformed::refuse_version(socket, self.service.statistics()).await?;
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
        let content = RequestContent::begin(content, &self.state, &mut exchange.received);
        self.state.set_allows_interim(parts.version == Version::HTTP_11);
        exchange.begin(parts, self.peer, content);
        self.state.received_bytes().begin(&exchange.request)
    }

    /// Admits a request by its head, in which hyper has passed over this fault.
    ///
    /// # Errors
    /// What is wrong with the head, so that the connection is closed after the response; or a 503 if the server has too
    /// much to do.
    fn admit(&self, request: &Request, fault: Option<Fault>) -> Result<(), Refusal> {
        if let Some(fault) = fault {
            return Err(Refusal::Head(fault.problem().closing()));
        }
        let names = Names(self.service.names());
        let is_valid = head::check(request, self.service.limits(), names);
        is_valid.map_err(|problem| Refusal::Head(problem.closing()))?;
        if self.requests.are_too_many() && !site::is_internal(request.target().path()) {
            self.requests.warn();
            return Err(Refusal::Overload);
        }
        Ok(())
    }

    #[cold]
    fn refuse(&self, exchange: &mut Exchange, refusal: Refusal) {
        match refusal {
            Refusal::Head(problem) => self.service.refuse(exchange, problem, false),
            Refusal::Overload => {
                self.service.statistics().connections.count_shed();
                self.service.refuse(exchange, Problem::service_unavailable(RETRY_AFTER), true);
            }
        }
    }

    /// Runs an exchange: afterwards it holds the response, and nothing of the request.
    pub(super) async fn run(self: &Arc<Self>, exchange: &mut Exchange, fault: Option<Fault>) {
        if !exchange.request.retrieves() {
            // The method may run for longer than its client stays connected.
            exchange.request.keep_connection(Arc::clone(self) as _);
        }
        let closing = Closing::of(&exchange.request, &self.state);
        match self.admit(&exchange.request, fault) {
            Ok(()) => self.service.respond(exchange).await,
            Err(refusal) => self.refuse(exchange, refusal),
        }
        closing.announce(exchange, &self.state).await;
        reason_phrase::set(&mut exchange.response);
        exchange.content = Body::empty();
        exchange.request.clear();
        let content = exchange.response.body_mut();
        match content.bytes() {
            Some(_) => self.state.enter(Phase::Idle),
            None => {
                self.state.enter(Phase::Streaming);
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
