//! The connections of an endpoint.

#[cfg(feature = "rustls")]
use std::sync::atomic::Ordering;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{Request, Response};
use hyper::{body::Incoming, client::conn::http1::SendRequest};
use tokio::time::Instant;

#[cfg(feature = "rustls")]
use super::connection::{Http2, send_http2};
use super::{
    Conditions, Dial, Endpoint, SendError, Transport,
    connection::{Connection, NotSent, send_http1},
};
use crate::body::Body;

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
}

struct Idle {
    sender: SendRequest<Body>,
    since: Instant,
}

/// A connection of HTTP/1.1 in use, which goes back to its pool after the content of the response.
pub(super) struct Lease {
    endpoint: Arc<Endpoint>,
    sender: SendRequest<Body>,
}

/// A response, and the connection that nobody else uses until its end.
type Sent = Response<(Incoming, Option<Lease>)>;

impl Pool {
    pub(super) async fn send(
        &self,
        endpoint: &Arc<Endpoint>,
        dial: &Dial,
        mut request: Request<Body>,
        conditions: &Conditions,
    ) -> Result<Sent, SendError> {
        // A request that was not written is as good as new.
        loop {
            let Some(connection) = self.existing(conditions.max_idle) else { break };
            match send(endpoint, connection, request, conditions).await {
                Ok(sent) => return Ok(sent),
                Err(NotSent::Unwritten(unwritten, _)) => request = *unwritten,
                Err(NotSent::Error(error)) => return Err(error),
            }
        }
        let started = Instant::now();
        let connection = Box::pin(self.open(dial, conditions)).await.map_err(SendError::Refused)?;
        endpoint.set_connect_time(started.elapsed());
        match send(endpoint, connection, request, conditions).await {
            Ok(sent) => Ok(sent),
            Err(NotSent::Unwritten(_, error)) => Err(SendError::Refused(error)),
            Err(NotSent::Error(error)) => Err(error),
        }
    }

    /// A connection that is open, as far as is known.
    fn existing(&self, max_idle: Duration) -> Option<Connection> {
        #[cfg(feature = "rustls")]
        if let Some(shared) = self.shared() {
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

    async fn open(
        &self,
        dial: &Dial,
        conditions: &Conditions,
    ) -> Result<Connection, crate::error::BoxError> {
        #[cfg(feature = "rustls")]
        if dial.is_tls() {
            return self.open_shared(dial, conditions).await;
        }
        let opened = dial.open(&conditions.host, conditions.connect_timeout).await?;
        Connection::new(opened).await
    }

    /// Opens a connection that the calls that wait for it share, if the server speaks HTTP/2.
    #[cfg(feature = "rustls")]
    async fn open_shared(
        &self,
        dial: &Dial,
        conditions: &Conditions,
    ) -> Result<Connection, crate::error::BoxError> {
        let turn = self.opening.lock().await;
        if let Some(shared) = self.shared() {
            return Ok(Connection::Http2(shared));
        }
        let opened = dial.open(&conditions.host, conditions.connect_timeout).await?;
        if !opened.is_http2 {
            drop(turn);
            return Connection::new(opened).await;
        }
        let connection = Connection::new(opened).await?;
        if let Connection::Http2(shared) = &connection {
            *lock(&self.shared) = Some(shared.clone());
        }
        Ok(connection)
    }

    #[cfg(feature = "rustls")]
    fn shared(&self) -> Option<Http2> {
        let mut shared = lock(&self.shared);
        if shared.as_ref().is_some_and(|it| it.sender.is_closed()) {
            *shared = None;
        }
        shared.clone()
    }

    fn give_back(&self, sender: SendRequest<Body>) {
        lock(&self.idle).push(Idle { sender, since: Instant::now() });
    }

    /// The calls that the server allows on one connection.
    pub(super) fn limit(&self) -> usize {
        #[cfg(feature = "rustls")]
        if let Some(shared) = &*lock(&self.shared) {
            return shared.streams.load(Ordering::Relaxed);
        }
        usize::MAX
    }

    pub(super) fn retire(&self) {
        #[cfg(feature = "rustls")]
        lock(&self.shared).take();
    }

    pub(super) fn close_idle(&self, all: bool) {
        lock(&self.idle)
            .retain(|it| !all && it.since.elapsed() < MAX_IDLE && !it.sender.is_closed());
        if all {
            self.retire();
        }
    }

    #[cfg(test)]
    pub(super) fn idle(&self) -> usize {
        lock(&self.idle).len()
    }
}

impl Lease {
    /// Lets another call use the connection, if it is as after a complete exchange.
    pub(super) fn end(self) {
        if let Transport::Network { pool, .. } = &self.endpoint.transport
            && self.sender.is_ready()
        {
            pool.give_back(self.sender);
        } else if !self.sender.is_closed() {
            self.end_later();
        }
    }

    /// Waits until the connection has noticed that the exchange is complete.
    fn end_later(mut self) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let ready = tokio::time::timeout(Duration::from_secs(1), self.sender.ready()).await;
                if let (Ok(Ok(())), Transport::Network { pool, .. }) =
                    (ready, &self.endpoint.transport)
                {
                    pool.give_back(self.sender);
                }
            });
        }
    }
}

async fn send(
    endpoint: &Arc<Endpoint>,
    connection: Connection,
    request: Request<Body>,
    conditions: &Conditions,
) -> Result<Sent, NotSent> {
    match connection {
        Connection::Http1(mut sender) => {
            let response = send_http1(&mut sender, request, &conditions.host).await?;
            let lease = Lease { endpoint: Arc::clone(endpoint), sender };
            Ok(response.map(|incoming| (incoming, Some(lease))))
        }
        #[cfg(feature = "rustls")]
        Connection::Http2(mut shared) => {
            let response = send_http2(&mut shared, request, &conditions.host).await?;
            Ok(response.map(|incoming| (incoming, None)))
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
