//! The connections of one runtime, from the first byte to an orderly end.

use std::{
    cell::RefCell,
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::{Either, ready};
use http_body::{Body as _, Frame, SizeHint};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use tokio::net::TcpStream;
use tokio_util::sync::ReusableBoxFuture;

use super::{
    socket::Socket,
    watch::{Phase, Watch, Watcher},
};
use crate::{
    application::Service,
    body::{Body, BoxError},
    request::Request,
};

/// How long what was begun may take to end.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// The connections of a runtime.
#[derive(Debug)]
pub(super) struct Connections {
    service: Service,
    watcher: Arc<Watcher>,
    shutdown: GracefulShutdown,
}

impl Connections {
    pub(super) fn new(service: Service) -> Self {
        Self { service, watcher: Watcher::new(), shutdown: GracefulShutdown::new() }
    }

    /// Answers the requests of a connection, in a task of its own.
    pub(super) fn add(&self, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY cannot be set");
        }
        let watch = self.watcher.watch();
        let socket = TokioIo::new(Socket::new(stream, Arc::clone(&watch)));
        let (service, own) = (self.service.clone(), Arc::clone(&watch));
        let answer = service_fn(move |request: http::Request<Incoming>| {
            own.begin();
            let (parts, content) = request.into_parts();
            let (mut request, mut body) = (Request::new(parts, Some(peer)), body(content, &own));
            let (service, watch) = (service.clone(), Arc::clone(&own));
            eagerly(async move {
                Ok::<_, Infallible>(answer(&service, &watch, &mut request, &mut body).await)
            })
        });
        let connection = http1::Builder::new().serve_connection(socket, answer);
        let connection = self.shutdown.watch(connection);
        let task = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, %peer, "the connection broke");
            }
        });
        self.watcher.add(watch, task.abort_handle());
    }

    /// Ends what is idle, and awaits what was begun.
    pub(super) async fn drain(self) {
        if tokio::time::timeout(DRAIN_TIMEOUT, self.shutdown.shutdown()).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
    }
}

/// What answers a request, boxed.
type Answering = ReusableBoxFuture<'static, Result<http::Response<Body>, Infallible>>;

thread_local! {
    /// The box of an answer that did not have to wait, for the next one.
    static BOX: RefCell<Option<Answering>> = const { RefCell::new(None) };
}

/// An answer that has had a turn already, and so is often there.
///
/// hyper reads on before it gives the service a turn, into a buffer that it has to allocate while the request stands in
/// the one before; of a request that is answered by then, nothing stands there any more.
fn eagerly(
    answer: impl Future<Output = Result<http::Response<Body>, Infallible>> + Send + 'static,
) -> impl Future<Output = Result<http::Response<Body>, Infallible>> {
    let mut answering = match BOX.take() {
        Some(mut empty) => {
            empty.set(answer);
            empty
        }
        None => ReusableBoxFuture::new(answer),
    };
    // hyper gives it its next turn at once, and so a waker that wakes nobody loses nothing.
    match answering.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => {
            BOX.set(Some(answering));
            Either::Left(ready(output))
        }
        Poll::Pending => Either::Right(answering),
    }
}

/// Answers a request, and tells the watch when that begins and when it ends.
async fn answer(
    service: &Service,
    watch: &Arc<Watch>,
    request: &mut Request,
    body: &mut Body,
) -> http::Response<Body> {
    let response = service.answer(request, body).await;
    match response.body().bytes() {
        Some(_) => {
            watch.enter(Phase::Idle);
            response
        }
        None => response.map(|body| body.holding(Sending(Arc::clone(watch)))),
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
