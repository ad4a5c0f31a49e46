//! Whether a connection will be closed after a response, which then says so (RFC 9112, section 9.6).

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Buf;
use http::{HeaderValue, Version, header};
use http_body::Body as _;

use super::connection_state::ConnectionState;
use crate::{
    exchange::Exchange,
    http::{body::Body, incoming::Request},
};

/// How much unread content is discarded at most to keep a connection open, in bytes.
const MAX_DISCARDED: usize = 64 << 10;

/// What a request says about the end of its connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closing {
    is_http_1_0: bool,
    /// Whether the client sends content without waiting for a 100.
    sends_content: bool,
}

impl Closing {
    /// What the request says, before it is handled.
    pub(super) fn of(request: &Request, state: &ConnectionState) -> Self {
        let has_content = state.has_unread_content();
        Self {
            is_http_1_0: request.version() < Version::HTTP_11,
            sends_content: has_content && !request.fields().contains_key(header::EXPECT),
        }
    }

    /// Adds `Connection: close` to the response if the connection will be closed: because content of the request was not
    /// read, because only the end of the connection ends the content of the response, or because it is old.
    pub(super) async fn announce(self, exchange: &mut Exchange, state: &ConnectionState) {
        if self.sends_content && state.has_unread_content() {
            discard(&mut exchange.content).await;
        }
        let response = &mut exchange.response;
        let has_end = !self.is_http_1_0 || response.body().size_hint().exact().is_some();
        if !has_end {
            // Otherwise, hyper adds `keep-alive`.
            *response.version_mut() = Version::HTTP_10;
        }
        if state.has_unread_content() || !has_end || state.is_old() {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// Discards content that has arrived; what is still to come is left.
async fn discard(content: &mut Body) {
    let (mut discarded, mut has_waited) = (0, false);
    poll_fn(|context| {
        while discarded < MAX_DISCARDED {
            match poll_length(content, context) {
                Poll::Ready(Some(length)) => (discarded, has_waited) = (discarded + length, false),
                Poll::Ready(None) => break,
                // hyper passes on what it has received between two polls.
                Poll::Pending if !has_waited => {
                    has_waited = true;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Pending => break,
            }
        }
        Poll::Ready(())
    })
    .await;
}

/// Polls the length of the next piece; `None` at the end, or after an error.
fn poll_length(content: &mut Body, context: &mut Context<'_>) -> Poll<Option<usize>> {
    Pin::new(content).poll_frame(context).map(|frame| {
        let frame = frame?.ok()?;
        Some(frame.data_ref().map_or(0, Buf::remaining))
    })
}
