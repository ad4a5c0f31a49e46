//! One connection, of either version of HTTP.

#[cfg(feature = "rustls")]
use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

#[cfg(feature = "rustls")]
use http::uri::{Authority, Scheme, Uri};
use http::{HeaderValue, Request, Response, header::HOST};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
#[cfg(feature = "rustls")]
use tokio::time::Instant;

use super::{
    SendError,
    dial::{Opened, Stream},
};
use crate::{body::Body, error::BoxError};

/// A connection of HTTP/2, on which all calls are sent.
#[cfg(feature = "rustls")]
#[derive(Clone)]
pub(super) struct Http2 {
    pub(super) sender: hyper::client::conn::http2::SendRequest<Body>,
    pub(super) usage: Arc<Usage>,
}

/// How a connection of HTTP/2 is used.
#[cfg(feature = "rustls")]
pub(super) struct Usage {
    /// The streams that the server allows.
    pub(super) allowed: AtomicUsize,
    /// The calls whose responses are not read to the end.
    open: AtomicUsize,
    /// When the last one ended.
    last: Mutex<Instant>,
}

/// A call on a connection of HTTP/2.
#[cfg(feature = "rustls")]
pub(super) struct Use(Arc<Usage>);

#[cfg(feature = "rustls")]
impl Http2 {
    /// How long no call has used it.
    pub(super) fn idle(&self) -> Duration {
        match self.usage.open.load(Ordering::Relaxed) {
            0 => self.usage.last().elapsed(),
            _ => Duration::ZERO,
        }
    }

    pub(super) fn begin(&self) -> Use {
        self.usage.open.fetch_add(1, Ordering::Relaxed);
        Use(Arc::clone(&self.usage))
    }
}

#[cfg(feature = "rustls")]
impl Usage {
    fn last(&self) -> MutexGuard<'_, Instant> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(feature = "rustls")]
impl Drop for Use {
    fn drop(&mut self) {
        *self.0.last() = Instant::now();
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How often HTTP/2 asks whether the server is there, and how long it waits for the response.
#[cfg(feature = "rustls")]
const PING: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));

/// A connection that was opened.
pub(super) enum Connection {
    Http1(http1::SendRequest<Body>),
    #[cfg(feature = "rustls")]
    Http2(Http2),
}

/// A request that was not written, or an error after it was.
pub(super) enum NotSent {
    Unwritten(Box<Request<Body>>, BoxError),
    Error(SendError),
}

impl Connection {
    pub(super) async fn new(opened: Opened) -> Result<Self, BoxError> {
        #[cfg(feature = "rustls")]
        if opened.is_http2 {
            return http2(opened.stream).await;
        }
        http1(opened.stream).await
    }
}

async fn http1(stream: Box<dyn Stream>) -> Result<Connection, BoxError> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::trace!(%error, "a connection broke");
        }
    });
    Ok(Connection::Http1(sender))
}

#[cfg(feature = "rustls")]
async fn http2(stream: Box<dyn Stream>) -> Result<Connection, BoxError> {
    use hyper_util::rt::{TokioExecutor, TokioTimer};

    let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new()).keep_alive_interval(PING.0).keep_alive_timeout(PING.1);
    let (sender, mut connection) = builder.handshake(TokioIo::new(stream)).await?;
    let usage = Arc::new(Usage {
        allowed: AtomicUsize::new(usize::MAX),
        open: AtomicUsize::new(0),
        last: Mutex::new(Instant::now()),
    });
    let used = Arc::clone(&usage);
    tokio::spawn(async move {
        let ended = poll_fn(|context| {
            let ended = Pin::new(&mut connection).poll(context);
            used.allowed.store(connection.current_max_send_streams(), Ordering::Relaxed);
            ended
        });
        if let Err(error) = ended.await {
            tracing::trace!(%error, "a connection broke");
        }
    });
    Ok(Connection::Http2(Http2 { sender, usage }))
}

/// Sends a request over HTTP/1.1.
pub(super) async fn send_http1(
    sender: &mut http1::SendRequest<Body>,
    mut request: Request<Body>,
    host: &HeaderValue,
) -> Result<Response<Incoming>, NotSent> {
    request.headers_mut().insert(HOST, host.clone());
    match sender.try_send_request(request).await {
        Ok(response) => Ok(response),
        Err(mut error) => Err(match error.take_message() {
            Some(request) => NotSent::Unwritten(Box::new(request), error.into_error().into()),
            None => NotSent::Error(SendError::Failed(error.into_error().into())),
        }),
    }
}

/// Sends a request over HTTP/2, which has an authority instead of `Host` (RFC 9113, section 8.3.1).
#[cfg(feature = "rustls")]
pub(super) async fn send_http2(
    connection: &mut Http2,
    mut request: Request<Body>,
    host: &HeaderValue,
) -> Result<Response<Incoming>, NotSent> {
    request.headers_mut().remove(HOST);
    let mut uri = std::mem::take(request.uri_mut()).into_parts();
    uri.scheme = Some(Scheme::HTTPS);
    uri.authority = Authority::try_from(host.as_bytes()).ok();
    *request.uri_mut() = Uri::from_parts(uri).unwrap_or_default();
    match connection.sender.try_send_request(request).await {
        Ok(response) => Ok(response),
        Err(mut error) => Err(match error.take_message() {
            Some(request) => NotSent::Unwritten(Box::new(request), error.into_error().into()),
            None => NotSent::Error(classify(error.into_error())),
        }),
    }
}

/// Whether the server has refused the stream before it looked at it (RFC 9113, sections 8.7 and 6.8).
#[cfg(feature = "rustls")]
fn classify(error: hyper::Error) -> SendError {
    let cause = std::error::Error::source(&error).and_then(|it| it.downcast_ref::<h2::Error>());
    let is_refused = cause.is_some_and(|cause| {
        cause.is_remote()
            && (cause.is_reset() && cause.reason() == Some(h2::Reason::REFUSED_STREAM)
                || cause.is_go_away() && cause.reason() == Some(h2::Reason::NO_ERROR))
    });
    match is_refused {
        true => SendError::Refused(error.into()),
        false => SendError::Failed(error.into()),
    }
}
