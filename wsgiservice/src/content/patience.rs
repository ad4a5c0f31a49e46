//! How long the server waits for content.

use std::{
    error, fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::http::body::{Body, BoxError};

/// How long the server waits for content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For the next piece.
    pub(crate) pause: Duration,
    /// For all pieces together. The time between two reads, when the method works, does not count.
    pub(crate) time: Duration,
}

/// Content that the server waited for in vain.
#[derive(Debug)]
pub(super) struct TooLate;

impl fmt::Display for TooLate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the content did not arrive in time")
    }
}

impl error::Error for TooLate {}

/// Content that ends with [`TooLate`] if the server waits for it for too long.
struct Awaited {
    body: Body,
    pause: Duration,
    /// What is left of the time.
    left: Duration,
    /// Since when the server waits for the next piece.
    since: Option<Instant>,
    /// Its deadline, once the server has waited at all.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    /// The content, which now ends early if it does not arrive in time.
    pub(super) fn wait_for(self, body: Body) -> Body {
        let Self { pause, time } = self;
        Body::new(Awaited { body, pause, left: time, since: None, timer: None })
    }
}

impl Awaited {
    /// Records that the server waits no more.
    fn arrived(&mut self) {
        if let Some(since) = self.since.take() {
            self.left = self.left.saturating_sub(since.elapsed());
        }
    }

    /// Waits for the deadline of the next piece.
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.since.is_none() {
            let now = Instant::now();
            self.since = Some(now);
            let deadline = deadline(now, self.pause.min(self.left));
            match &mut self.timer {
                Some(timer) => timer.as_mut().reset(deadline),
                None => self.timer = Some(Box::pin(sleep_until(deadline))),
            }
        }
        match &mut self.timer {
            Some(timer) => timer.as_mut().poll(context),
            None => Poll::Pending,
        }
    }
}

impl http_body::Body for Awaited {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = http_body::Body::poll_frame(Pin::new(&mut self.body), context);
        if polled.is_ready() {
            self.arrived();
        } else if self.poll_deadline(context).is_ready() {
            return Poll::Ready(Some(Err(TooLate.into())));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        http_body::Body::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        http_body::Body::size_hint(&self.body)
    }
}

/// The moment after a time, or far in the future.
fn deadline(now: Instant, time: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(86_400 * 365);
    now + time.min(FAR)
}
