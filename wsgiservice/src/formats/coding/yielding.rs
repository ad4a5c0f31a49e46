//! Content that gives way to other tasks while it is decoded.
//!
//! A decoder returns when it has output, and some content has none: it would be decoded in one go.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncBufRead, AsyncRead, ReadBuf},
    task::yield_now,
};

use super::decode::Encoded;

/// How much is decoded between two turns of other tasks, in bytes. In the worst case, that takes some milliseconds.
const MAX_TURN: usize = 16 << 10;

/// Encoded content. After each turn, other tasks of the runtime have theirs.
pub(super) struct Yielding {
    content: Encoded,
    /// What remains of this turn, in bytes.
    turn: usize,
    others: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Yielding {
    pub(super) fn new(content: Encoded) -> Self {
        Self { content, turn: MAX_TURN, others: None }
    }
}

impl AsyncBufRead for Yielding {
    fn poll_fill_buf(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        if this.turn == 0 {
            let others = this.others.get_or_insert_with(|| Box::pin(yield_now()));
            ready!(others.as_mut().poll(context));
            this.others = None;
            this.turn = MAX_TURN;
        }
        let content = ready!(this.content.as_mut().poll_fill_buf(context))?;
        Poll::Ready(Ok(content.get(..this.turn).unwrap_or(content)))
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        self.turn = self.turn.saturating_sub(amount);
        self.content.as_mut().consume(amount);
    }
}

/// [`AsyncBufRead`] requires it.
impl AsyncRead for Yielding {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let content = ready!(self.as_mut().poll_fill_buf(context))?;
        let amount = content.len().min(buffer.remaining());
        buffer.put_slice(content.get(..amount).unwrap_or_default());
        self.consume(amount);
        Poll::Ready(Ok(()))
    }
}
