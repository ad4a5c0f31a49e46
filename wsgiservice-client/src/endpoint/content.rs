//! The content of a response.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use sync_wrapper::SyncWrapper;

use super::{InFlight, local::LocalBody, pool::Lease};
use crate::error::BoxError;

/// What is read of a content that nobody wants, so that its connection can be used again.
const DRAIN: (u64, Duration) = (64 << 10, Duration::from_secs(1));

/// The content of a response. It counts as in flight until its end.
pub(crate) struct Content(Option<Reading>);

struct Reading {
    source: Source,
    lease: Option<Lease>,
    /// Dropped at the end.
    _place: Option<InFlight>,
}

enum Source {
    Incoming(Incoming),
    /// With what is left, since a content that is `Sync` cannot be asked.
    Local(SyncWrapper<LocalBody>, SizeHint),
    #[cfg(feature = "cache")]
    Stored(Bytes),
}

impl Content {
    pub(super) fn incoming(incoming: Incoming, lease: Lease, place: InFlight) -> Self {
        let has_ended = incoming.is_end_stream();
        let source = Source::Incoming(incoming);
        let mut content = Self(Some(Reading { source, lease: Some(lease), _place: Some(place) }));
        if has_ended {
            content.end();
        }
        content
    }

    pub(super) fn local(body: LocalBody, place: InFlight) -> Self {
        let left = body.size_hint();
        let source = Source::Local(SyncWrapper::new(body), left);
        Self(Some(Reading { source, lease: None, _place: Some(place) }))
    }

    #[cfg(feature = "cache")]
    pub(crate) fn stored(bytes: Bytes) -> Self {
        Self(Some(Reading { source: Source::Stored(bytes), lease: None, _place: None }))
    }

    /// Lets the connection be used again.
    fn end(&mut self) {
        if let Some(Reading { lease: Some(lease), .. }) = self.0.take() {
            lease.end();
        }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let content = self.get_mut();
        let Some(reading) = &mut content.0 else { return Poll::Ready(None) };
        let frame = match &mut reading.source {
            Source::Incoming(incoming) => {
                Pin::new(incoming).poll_frame(context).map(|it| it.map(|it| it.map_err(Into::into)))
            }
            Source::Local(body, left) => {
                let body = body.get_mut();
                let frame = Pin::new(&mut *body).poll_frame(context);
                *left = body.size_hint();
                frame
            }
            #[cfg(feature = "cache")]
            Source::Stored(bytes) => Poll::Ready(match bytes.is_empty() {
                true => None,
                false => Some(Ok(Frame::data(std::mem::take(bytes)))),
            }),
        };
        match &frame {
            Poll::Ready(None) => content.end(),
            // What is left of a connection that broke is of no use.
            Poll::Ready(Some(Err(_))) => content.0 = None,
            Poll::Ready(Some(Ok(_))) if content.is_end_stream() => content.end(),
            _ => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        match self.0.as_ref().map(|reading| &reading.source) {
            None => true,
            Some(Source::Incoming(incoming)) => incoming.is_end_stream(),
            Some(Source::Local(..)) => false,
            #[cfg(feature = "cache")]
            Some(Source::Stored(bytes)) => bytes.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self.0.as_ref().map(|reading| &reading.source) {
            None => SizeHint::with_exact(0),
            Some(Source::Incoming(incoming)) => incoming.size_hint(),
            Some(Source::Local(_, left)) => *left,
            #[cfg(feature = "cache")]
            Some(Source::Stored(bytes)) => SizeHint::with_exact(bytes.len() as u64),
        }
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        let Some(Reading { source: Source::Incoming(incoming), lease: Some(lease), _place: place }) =
            self.0.take()
        else {
            return;
        };
        if !lease.needs_the_end() || incoming.size_hint().lower() > DRAIN.0 {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Ok(Ok(())) = tokio::time::timeout(DRAIN.1, drain(incoming)).await {
                    lease.end();
                }
                drop(place);
            });
        }
    }
}

async fn drain(mut incoming: Incoming) -> Result<(), BoxError> {
    let mut left = DRAIN.0;
    while let Some(frame) = incoming.frame().await {
        let read = frame?.data_ref().map_or(0, |data| data.len() as u64);
        left = left.checked_sub(read).ok_or_else(|| io::Error::other("too long"))?;
    }
    Ok(())
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Content")
    }
}
