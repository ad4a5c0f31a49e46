//! The content of a request.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use sync_wrapper::SyncWrapper;
use tokio::time::Instant;

use crate::error::BoxError;

/// How long a stream may have no byte, of a request or of a response.
pub(crate) const STALLED: Duration = Duration::from_secs(10);

/// The content of a request.
///
/// Bytes can be sent in several attempts. A stream is sent once.
///
/// ```
/// use wsgiservice_client::Body;
///
/// let content = Body::from("some text");
/// let stream = Body::new(http_body_util::Full::new(bytes::Bytes::from("some text")));
/// ```
#[derive(Default)]
pub struct Body(Inner);

#[derive(Default)]
enum Inner {
    #[default]
    Empty,
    Bytes(Bytes),
    Stream(Box<Stream>),
}

struct Stream {
    body: SyncWrapper<UnsyncBoxBody<Bytes, BoxError>>,
    /// The size, since a stream that is `Sync` cannot be asked.
    size: SizeHint,
    progress: Progress,
}

/// When the last part of a stream was taken, and whether it has ended.
#[derive(Clone, Debug)]
pub(crate) struct Progress(Arc<Mutex<(Instant, bool)>>);

impl Body {
    /// A content that is sent as it comes.
    #[must_use]
    pub fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let size = body.size_hint();
        let body = SyncWrapper::new(body.map_err(Into::into).boxed_unsync());
        Self(Inner::Stream(Box::new(Stream { body, size, progress: Progress::new() })))
    }

    /// The progress of a stream, which can be sent once only.
    pub(crate) fn progress(&self) -> Option<Progress> {
        match &self.0 {
            Inner::Stream(stream) => Some(stream.progress.clone()),
            _ => None,
        }
    }

    /// The same content for one attempt. A stream is taken.
    pub(crate) fn for_attempt(&mut self) -> Self {
        Self(match &self.0 {
            Inner::Empty => Inner::Empty,
            Inner::Bytes(bytes) => Inner::Bytes(bytes.clone()),
            Inner::Stream(_) => std::mem::take(&mut self.0),
        })
    }
}

impl Progress {
    fn new() -> Self {
        Self(Arc::new(Mutex::new((Instant::now(), false))))
    }

    pub(crate) fn made(&self) {
        self.note(false);
    }

    /// When the last part was taken, and whether there is no other one.
    pub(crate) fn last(&self) -> (Instant, bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, has_ended: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), has_ended);
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(if bytes.is_empty() { Inner::Empty } else { Inner::Bytes(bytes) })
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let inner = &mut self.get_mut().0;
        match inner {
            Inner::Empty => Poll::Ready(None),
            Inner::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                *inner = Inner::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Inner::Stream(stream) => {
                let body = stream.body.get_mut();
                let frame = Pin::new(&mut *body).poll_frame(context);
                if let Poll::Ready(frame) = &frame {
                    stream.progress.note(frame.is_none() || body.is_end_stream());
                }
                frame
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Inner::Empty)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Empty => SizeHint::with_exact(0),
            Inner::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Stream(stream) => stream.size,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Inner::Empty => "Body(empty)",
            Inner::Bytes(_) => "Body(bytes)",
            Inner::Stream(_) => "Body(stream)",
        })
    }
}
