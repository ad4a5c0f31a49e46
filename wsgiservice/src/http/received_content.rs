//! How much content of a request was received.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::body::{Body, BoxError};

/// How much content of a request was received. Its memory is used again for the next request.
#[derive(Debug, Default)]
pub(crate) struct ReceivedContent(Option<Arc<AtomicU64>>);

/// Counts the content as it arrives.
#[derive(Clone, Debug)]
pub(crate) struct ContentCounter(Arc<AtomicU64>);

impl ReceivedContent {
    /// A request with content begins.
    pub(crate) fn begin(&mut self) -> ContentCounter {
        let counter = self.0.take().unwrap_or_default();
        // Somebody may still read the content of the request before.
        let counter = if Arc::strong_count(&counter) == 1 { counter } else { Arc::default() };
        counter.store(0, Relaxed);
        self.0 = Some(Arc::clone(&counter));
        ContentCounter(counter)
    }

    /// A request without content begins.
    #[cfg(feature = "server")]
    #[inline]
    pub(crate) fn clear(&mut self) {
        if let Some(counter) = &self.0 {
            counter.store(0, Relaxed);
        }
    }

    /// How much was received so far, in bytes.
    #[inline]
    pub(crate) fn bytes(&self) -> u64 {
        self.0.as_ref().map_or(0, |counter| counter.load(Relaxed))
    }

    /// The same content, which is counted.
    pub(crate) fn counted(&mut self, content: Body) -> Body {
        let length = content.bytes().map(<[u8]>::len);
        if length == Some(0) {
            return content;
        }
        let counter = self.begin();
        match length {
            Some(length) => {
                counter.add(length);
                content
            }
            None => Body::new(Counted { content, counter }),
        }
    }
}

impl ContentCounter {
    /// Counts a piece of this length.
    pub(crate) fn add(&self, length: usize) {
        self.0.fetch_add(length as u64, Relaxed);
    }
}

/// Content that is counted as it is read.
struct Counted {
    content: Body,
    counter: ContentCounter,
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = Pin::new(&mut self.content).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            self.counter.add(frame.data_ref().map_or(0, Bytes::len));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }
}
