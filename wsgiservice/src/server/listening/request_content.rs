//! The content of a request, as hyper receives it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;

use super::connection_state::ConnectionState;
use crate::http::{
    body::{Body, BoxError},
    received_content::{ContentCounter, ReceivedContent},
};

/// The content of a request. It records when it was read to its end.
#[derive(Debug)]
pub(super) struct RequestContent {
    content: Incoming,
    state: Arc<ConnectionState>,
    counter: ContentCounter,
}

impl RequestContent {
    /// The content as a body. The state of the connection knows from now on whether there is any that was not read.
    pub(super) fn begin(
        content: Incoming,
        state: &Arc<ConnectionState>,
        received: &mut ReceivedContent,
    ) -> Body {
        let has_content = !content.is_end_stream();
        state.set_unread_content(has_content);
        match has_content {
            true => {
                let counter = received.begin();
                Body::new(Self { content, state: Arc::clone(state), counter })
            }
            false => {
                received.clear();
                Body::empty()
            }
        }
    }
}

impl http_body::Body for RequestContent {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.content).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            self.counter.add(frame.data_ref().map_or(0, Bytes::len));
        }
        if frame.is_none() || self.content.is_end_stream() {
            self.state.set_unread_content(false);
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
