//! The connections of an endpoint.

#[cfg(feature = "rustls")]
use std::sync::atomic::{AtomicBool, Ordering};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{Request, Response};
use hyper::{body::Incoming, client::conn::http1::SendRequest};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout},
};

#[cfg(feature = "rustls")]
use super::connection::{Http2, Use, send_http2};
use super::{
    Conditions, Dial, Endpoint, SendError, SendTrace, Transport,
    connection::{Connection, NotSent, send_http1},
};
use crate::{body::Body, error::BoxError};

/// How long a connection may be idle: less than servers wait, which is 30 s.
pub(crate) const MAX_IDLE: Duration = Duration::from_secs(20);

/// The connections of an endpoint that a request can be sent on.
#[derive(Default)]
pub(super) struct Pool {
    /// Connections of HTTP/1.1, the one last used at the end.
    idle: Mutex<Vec<Idle>>,
    /// The connection of HTTP/2, which all calls share.
    #[cfg(feature = "rustls")]
    shared: Mutex<Option<Http2>>,
    /// Lets one call open the connection that the others share.
    #[cfg(feature = "rustls")]
    opening: tokio::sync::Mutex<()>,
    /// Whether the server has chosen HTTP/1.1, of which each call has a connection of its own.
    #[cfg(feature = "rustls")]
    has_chosen_http1: AtomicBool,
}

struct Idle {
    sender: SendRequest<Body>,
    since: Instant,
}

/// A connection in use.
pub(super) enum Lease {
    /// It goes back to its pool after the content of the response.
    Http1 { endpoint: Arc<Endpoint>, sender: SendRequest<Body> },
    /// Others use it, too.
    #[cfg(feature = "rustls")]
    Http2(#[expect(dead_code, reason = "it is only dropped")] Use),
}

/// A response, and the use of its connection until its end.
type Sent = Response<(Incoming, Lease)>;

impl Pool {
    pub(super) async fn send(
        &self,
        endpoint: &Arc<Endpoint>,
        dial: &Dial,
        mut request: Request<Body>,
        conditions: &Conditions,
        trace: &SendTrace,
    ) -> Result<Sent, SendError> {
        // A request that was not written is as good as new.
        loop {
            let Some(connection) = self.existing(conditions.max_idle) else { break };
            match send(endpoint, connection, request, conditions, trace).await {
                Ok(sent) => return Ok(sent),
                Err(NotSent::Unwritten(unwritten, _)) => request = *unwritten,
                Err(NotSent::Error(error)) => return Err(error),
            }
            trace.unwrite();
        }
        let connection = Box::pin(open(endpoint, dial, conditions)).await;
        let connection = connection.map_err(SendError::Refused)?;
        match send(endpoint, connection, request, conditions, trace).await {
            Ok(sent) => Ok(sent),
            Err(NotSent::Unwritten(_, error)) => Err(SendError::Refused(error)),
            Err(NotSent::Error(error)) => Err(error),
        }
    }

    /// A connection that is open, as far as is known.
    fn existing(&self, max_idle: Duration) -> Option<Connection> {
        #[cfg(feature = "rustls")]
        if let Some(shared) = self.shared(max_idle) {
            return Some(Connection::Http2(shared));
        }
        let mut idle = lock(&self.idle);
        while let Some(last) = idle.last() {
            if last.sender.is_closed() {
                idle.pop();
            } else if last.since.elapsed() >= max_idle {
                // The others have been idle for longer.
                return None;
            } else {
                return idle.pop().map(|last| Connection::Http1(last.sender));
            }
        }
        None
    }

    /// The connection that all calls share, unless it was idle for too long.
    #[cfg(feature = "rustls")]
    fn shared(&self, max_idle: Duration) -> Option<Http2> {
        let mut shared = lock(&self.shared);
        if shared.as_ref().is_some_and(|it| it.sender.is_closed() || it.idle() >= max_idle) {
            *shared = None;
        }
        shared.clone()
    }

    /// Keeps a connection for other calls.
    fn keep(&self, connection: Connection) {
        match connection {
            Connection::Http1(sender) => {
                lock(&self.idle).push(Idle { sender, since: Instant::now() });
            }
            #[cfg(feature = "rustls")]
            Connection::Http2(shared) => *lock(&self.shared) = Some(shared),
        }
    }

    /// The calls that the server allows on one connection.
    pub(super) fn limit(&self) -> usize {
        #[cfg(feature = "rustls")]
        if let Some(shared) = &*lock(&self.shared) {
            return shared.usage.allowed.load(Ordering::Relaxed);
        }
        usize::MAX
    }

    /// Lets no more calls use the connection that a request was sent on.
    #[cfg_attr(not(feature = "rustls"), expect(unused_variables, reason = "no call shares one"))]
    pub(super) fn retire(&self, trace: &SendTrace) {
        #[cfg(feature = "rustls")]
        if let Some(sent_on) = trace.shared.get() {
            let mut shared = lock(&self.shared);
            if shared.as_ref().is_some_and(|it| Arc::ptr_eq(&it.usage, &sent_on.usage)) {
                *shared = None;
            }
        }
    }

    pub(super) fn close_idle(&self, all: bool) {
        lock(&self.idle)
            .retain(|it| !all && it.since.elapsed() < MAX_IDLE && !it.sender.is_closed());
        #[cfg(feature = "rustls")]
        if all {
            lock(&self.shared).take();
            self.has_chosen_http1.store(false, Ordering::Relaxed);
        } else {
            self.shared(MAX_IDLE);
        }
    }

    #[cfg(test)]
    pub(super) fn idle(&self) -> usize {
        lock(&self.idle).len()
    }
}

/// Opens a connection in a task of its own, so that it is of use to other calls if this one ends first.
async fn open(
    endpoint: &Arc<Endpoint>,
    dial: &Dial,
    conditions: &Conditions,
) -> Result<Connection, BoxError> {
    let (caller, opened) = oneshot::channel();
    let (endpoint, dial, conditions) = (Arc::clone(endpoint), dial.clone(), conditions.clone());
    tokio::spawn(async move {
        let Transport::Network { pool, .. } = &endpoint.transport else { return };
        let opening = open_in_turn(pool, &endpoint, &dial, &conditions);
        let opened = match timeout(conditions.connect_timeout, opening).await {
            Ok(opened) => opened,
            Err(_) => Err(too_late(conditions.connect_timeout)),
        };
        if let Err(Ok(connection)) = caller.send(opened) {
            pool.keep(connection);
        }
    });
    opened.await?
}

/// Opens a connection; one that calls can share when those before have not opened it.
async fn open_in_turn(
    pool: &Pool,
    endpoint: &Endpoint,
    dial: &Dial,
    conditions: &Conditions,
) -> Result<Connection, BoxError> {
    #[cfg(feature = "rustls")]
    if dial.is_tls() && !pool.has_chosen_http1.load(Ordering::Relaxed) {
        let turn = pool.opening.lock().await;
        if let Some(shared) = pool.shared(conditions.max_idle) {
            return Ok(Connection::Http2(shared));
        }
        if !pool.has_chosen_http1.load(Ordering::Relaxed) {
            let connection = dialled(endpoint, dial, conditions).await?;
            match &connection {
                Connection::Http1(_) => pool.has_chosen_http1.store(true, Ordering::Relaxed),
                Connection::Http2(shared) => pool.keep(Connection::Http2(shared.clone())),
            }
            return Ok(connection);
        }
        drop(turn);
    }
    #[cfg(not(feature = "rustls"))]
    let _ = pool;
    dialled(endpoint, dial, conditions).await
}

async fn dialled(
    endpoint: &Endpoint,
    dial: &Dial,
    conditions: &Conditions,
) -> Result<Connection, BoxError> {
    let started = Instant::now();
    let connection = Connection::new(dial.open(&conditions.host).await?).await?;
    endpoint.set_connect_time(started.elapsed());
    Ok(connection)
}

fn too_late(limit: Duration) -> BoxError {
    let message = format!("no connection after {} ms", limit.as_millis());
    std::io::Error::new(std::io::ErrorKind::TimedOut, message).into()
}

impl Lease {
    /// Lets another call use the connection, if it is as after a complete exchange.
    pub(super) fn end(self) {
        match self {
            Self::Http1 { endpoint, sender } if sender.is_ready() => {
                if let Transport::Network { pool, .. } = &endpoint.transport {
                    pool.keep(Connection::Http1(sender));
                }
            }
            Self::Http1 { endpoint, sender } if !sender.is_closed() => end_later(endpoint, sender),
            _ => {}
        }
    }

    /// Whether its content must be read to the end for another call to use the connection.
    pub(super) fn needs_the_end(&self) -> bool {
        matches!(self, Self::Http1 { .. })
    }
}

/// Waits until the connection has noticed that the exchange is complete.
fn end_later(endpoint: Arc<Endpoint>, mut sender: SendRequest<Body>) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(async move {
            let ready = timeout(Duration::from_secs(1), sender.ready()).await;
            if let (Ok(Ok(())), Transport::Network { pool, .. }) = (ready, &endpoint.transport) {
                pool.keep(Connection::Http1(sender));
            }
        });
    }
}

async fn send(
    endpoint: &Arc<Endpoint>,
    connection: Connection,
    request: Request<Body>,
    conditions: &Conditions,
    trace: &SendTrace,
) -> Result<Sent, NotSent> {
    trace.write();
    match connection {
        Connection::Http1(mut sender) => {
            let response = send_http1(&mut sender, request, &conditions.host).await?;
            let lease = Lease::Http1 { endpoint: Arc::clone(endpoint), sender };
            Ok(response.map(|incoming| (incoming, lease)))
        }
        #[cfg(feature = "rustls")]
        Connection::Http2(mut shared) => {
            let using = shared.begin();
            let _ = trace.shared.set(shared.clone());
            let response = send_http2(&mut shared, request, &conditions.host).await?;
            Ok(response.map(|incoming| (incoming, Lease::Http2(using))))
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
