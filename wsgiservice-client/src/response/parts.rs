//! The content of a response, as it comes.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::Stream;
use http_body::Body as _;
use tokio::time::{Instant, Sleep, sleep_until};

use super::{Origin, broken};
use crate::{
    body::STALLED,
    endpoint::Content,
    error::{ErrorKind, Result},
};

/// The parts of a content.
pub(super) struct Parts {
    content: Content,
    origin: Box<Origin>,
    /// Until when the next part must be there.
    sleep: Option<Pin<Box<Sleep>>>,
    has_ended: bool,
}

impl Parts {
    pub(super) fn new(content: Content, origin: Box<Origin>) -> Self {
        Self { content, origin, sleep: None, has_ended: false }
    }

    fn late(&mut self) -> Poll<Option<Result<Bytes>>> {
        self.has_ended = true;
        let message = "the content did not come in time";
        Poll::Ready(Some(Err(self.origin.error(ErrorKind::DeadlineExceeded, message))))
    }
}

impl Stream for Parts {
    type Item = Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let parts = self.get_mut();
        while !parts.has_ended {
            match Pin::new(&mut parts.content).poll_frame(context) {
                Poll::Ready(Some(Ok(_)))
                    if parts.origin.asked_deadline.is_some_and(|it| it <= Instant::now()) =>
                {
                    return parts.late();
                }
                Poll::Ready(Some(Ok(frame))) => {
                    parts.sleep = None;
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Poll::Ready(Some(Err(source))) => {
                    parts.has_ended = true;
                    return Poll::Ready(Some(Err(broken(&parts.origin, source))));
                }
                Poll::Ready(None) => parts.has_ended = true,
                Poll::Pending => {
                    let until = Instant::now() + STALLED;
                    let until = parts.origin.asked_deadline.map_or(until, |it| it.min(until));
                    let sleep = parts.sleep.get_or_insert_with(|| Box::pin(sleep_until(until)));
                    if sleep.as_mut().poll(context).is_pending() {
                        return Poll::Pending;
                    }
                    return parts.late();
                }
            }
        }
        Poll::Ready(None)
    }
}
