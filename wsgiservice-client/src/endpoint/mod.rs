//! One address of a service: its connections, and how well it does.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{HeaderValue, Request, Response};

use crate::{body::Body, error::BoxError};

mod connection;
mod content;
mod dial;
mod local;
mod pool;
mod record;
#[cfg(feature = "rustls")]
mod tls;

pub(crate) use content::Content;
#[cfg(test)]
pub(crate) use dial::TestDial;
pub(crate) use dial::{Dial, Place};
pub(crate) use local::{Local, LocalService};
pub(crate) use pool::MAX_IDLE;
use pool::Pool;
pub(crate) use record::{Ejection, Mark, Record, SHORTEST_TIMEOUT, Standing};
#[cfg(feature = "rustls")]
pub(crate) use tls::Tls;

/// The calls that an endpoint may have at a time.
const MAX_IN_FLIGHT: usize = 128;

/// An endpoint of a service in a cluster.
pub(crate) struct Endpoint {
    /// Its address, as a topology would have it.
    pub(crate) name: Arc<str>,
    transport: Transport,
    in_flight: AtomicUsize,
    /// How long the last connection took to open, in microseconds; 0 if there was none.
    connect_time: AtomicU64,
    pub(crate) record: Record,
}

enum Transport {
    Network { dial: Dial, pool: Pool },
    Local(Box<dyn LocalService>),
}

/// What an endpoint is sent a request with.
#[derive(Clone, Debug)]
pub(crate) struct Conditions {
    pub(crate) connect_timeout: Duration,
    /// How long a connection may have been idle that the request is sent on.
    pub(crate) max_idle: Duration,
    /// The value of `Host`.
    pub(crate) host: HeaderValue,
}

/// Why there is no response.
#[derive(Debug)]
pub(crate) enum SendError {
    /// The request was provably not executed.
    Refused(BoxError),
    /// The request may have been executed.
    Failed(BoxError),
}

/// What has become of a request so far.
#[derive(Default)]
pub(crate) struct SendTrace {
    is_written: AtomicBool,
    /// The connection of HTTP/2 that it was sent on.
    #[cfg(feature = "rustls")]
    shared: std::sync::OnceLock<connection::Http2>,
}

impl SendTrace {
    /// The request is about to be written.
    fn write(&self) {
        self.is_written.store(true, Ordering::Relaxed);
    }

    /// The request was not written after all.
    fn unwrite(&self) {
        self.is_written.store(false, Ordering::Relaxed);
    }

    /// Whether the request may have been executed.
    pub(crate) fn is_written(&self) -> bool {
        self.is_written.load(Ordering::Relaxed)
    }
}

impl Endpoint {
    /// An endpoint that is reached over the network.
    pub(crate) fn network(name: impl Into<Arc<str>>, dial: Dial) -> Arc<Self> {
        Self::new(name.into(), Transport::Network { dial, pool: Pool::default() })
    }

    /// An endpoint that tests choose, and send nothing to.
    #[cfg(test)]
    pub(crate) fn unreachable(port: u16) -> Arc<Self> {
        let place = Place::Tcp(([127, 0, 0, 1], port).into());
        let dial = Dial {
            place,
            #[cfg(feature = "rustls")]
            tls: None,
        };
        Self::network(format!("http://127.0.0.1:{port}"), dial)
    }

    /// A service in this process.
    pub(crate) fn local(service: Box<dyn LocalService>) -> Arc<Self> {
        Self::new("in-process".into(), Transport::Local(service))
    }

    fn new(name: Arc<str>, transport: Transport) -> Arc<Self> {
        Arc::new(Self {
            name,
            transport,
            in_flight: AtomicUsize::new(0),
            connect_time: AtomicU64::new(0),
            record: Record::default(),
        })
    }

    /// Takes a place for one more call, if there is room.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<InFlight> {
        let limit = self.limit();
        let entered = self.in_flight.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |it| {
            (it < limit).then_some(it + 1)
        });
        entered.is_ok().then(|| InFlight(Arc::clone(self)))
    }

    /// Sends a request, whose URI is a path and a query. The trace tells what became of it, even if this is dropped.
    pub(crate) async fn send(
        self: &Arc<Self>,
        request: Request<Body>,
        conditions: &Conditions,
        place: InFlight,
        trace: &SendTrace,
    ) -> Result<Response<Content>, SendError> {
        match &self.transport {
            Transport::Network { dial, pool } => {
                let response = pool.send(self, dial, request, conditions, trace).await?;
                Ok(response.map(|(incoming, lease)| Content::incoming(incoming, lease, place)))
            }
            Transport::Local(service) => {
                trace.write();
                let response = service.call(request).await.map_err(SendError::Failed)?;
                Ok(response.map(|body| Content::local(body, place)))
            }
        }
    }

    /// The calls whose responses are not read to the end.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Whether it may have one more call.
    pub(crate) fn has_room(&self) -> bool {
        self.in_flight() < self.limit()
    }

    fn limit(&self) -> usize {
        match &self.transport {
            Transport::Network { pool, .. } => pool.limit().min(MAX_IN_FLIGHT),
            Transport::Local(_) => usize::MAX,
        }
    }

    /// How long the last connection took to open.
    pub(crate) fn connect_time(&self) -> Option<Duration> {
        let micros = self.connect_time.load(Ordering::Relaxed);
        (micros > 0).then(|| Duration::from_micros(micros))
    }

    fn set_connect_time(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.connect_time.store(micros.max(1), Ordering::Relaxed);
    }

    /// Lets no more calls use the connection that a request was sent on, since it had no response in time.
    pub(crate) fn retire(&self, trace: &SendTrace) {
        if let Transport::Network { pool, .. } = &self.transport {
            pool.retire(trace);
        }
    }

    /// Closes the connections that were idle for too long, or all that are idle.
    pub(crate) fn close_idle(&self, all: bool) {
        if let Transport::Network { pool, .. } = &self.transport {
            pool.close_idle(all);
        }
    }

    /// The connections that are idle.
    #[cfg(test)]
    pub(crate) fn idle(&self) -> usize {
        match &self.transport {
            Transport::Network { pool, .. } => pool.idle(),
            Transport::Local(_) => 0,
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The place of a call among those of an endpoint, until the end of its content.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Endpoint>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
