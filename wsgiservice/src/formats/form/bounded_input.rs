//! Input for a parser that would otherwise read all available content at once.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, TryStreamExt, stream};

use crate::problem::Problem;

/// The minimum size of a piece, in bytes. Smaller pieces are joined, because the parser scans its whole buffer for each piece.
const MIN_PIECE: usize = 4 << 10;

/// The maximum that the parser may read without a result, in bytes, not counting the last piece.
const MAX_AHEAD: usize = 64 << 10;

/// Content that the parser reads one piece at a time, and only when it cannot return anything from its buffer.
#[derive(Clone)]
pub(super) struct BoundedInput(Arc<Mutex<State>>);

struct State {
    pieces: Pin<Box<dyn Stream<Item = Result<Bytes, Problem>> + Send>>,
    /// Whether the parser may read a piece.
    is_open: bool,
    /// The size of the pieces read without a result, not counting the last one.
    ahead: usize,
    last: usize,
    has_ended: bool,
}

impl BoundedInput {
    pub(super) fn new(
        content: impl Stream<Item = Result<Bytes, Problem>> + Send + 'static,
    ) -> Self {
        let pieces = stream::try_unfold(Box::pin(content), |mut content| async move {
            let piece = joined(&mut content).await?;
            Ok(piece.map(|piece| (piece, content)))
        });
        let pieces = Box::pin(pieces);
        Self(Arc::new(Mutex::new(State {
            pieces,
            is_open: false,
            ahead: 0,
            last: 0,
            has_ended: false,
        })))
    }

    /// Runs the parser until it returns something, with as little input as possible.
    ///
    /// # Errors
    /// A 400 if the parser reads more than the maximum without a result.
    pub(super) async fn serve<T>(
        &self,
        mut parse: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Result<T, Problem> {
        self.state().begin();
        poll_fn(|context| {
            loop {
                if let Poll::Ready(given) = parse(context) {
                    return Poll::Ready(Ok(given));
                }
                let mut state = self.state();
                if state.is_open {
                    // The parser may still read, so it waits for the next piece.
                    return Poll::Pending;
                }
                if state.ahead > MAX_AHEAD || state.has_ended {
                    let detail = "A part of the form has too large a header, or no end.";
                    return Poll::Ready(Err(Problem::bad_request(detail)));
                }
                state.is_open = true;
            }
        })
        .await
    }

    /// Reads the content to its end, because only then its digests are verified.
    pub(super) async fn drain(&self) -> Result<(), Problem> {
        loop {
            let piece = poll_fn(|context| self.state().pieces.as_mut().poll_next(context)).await;
            if piece.transpose()?.is_none() {
                return Ok(());
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn begin(&mut self) {
        self.is_open = false;
        self.ahead = 0;
        self.last = 0;
    }
}

impl Stream for BoundedInput {
    type Item = Result<Bytes, Problem>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.state();
        if !state.is_open {
            return Poll::Pending;
        }
        let piece = state.pieces.as_mut().poll_next(context);
        if let Poll::Ready(piece) = &piece {
            state.is_open = false;
            state.has_ended = piece.is_none();
            state.ahead = state.ahead.saturating_add(state.last);
            state.last = piece.as_ref().map_or(0, |piece| piece.as_ref().map_or(0, Bytes::len));
        }
        piece
    }
}

/// Reads the next piece, and joins small pieces.
async fn joined(
    content: &mut (impl Stream<Item = Result<Bytes, Problem>> + Unpin),
) -> Result<Option<Bytes>, Problem> {
    let Some(first) = content.try_next().await? else { return Ok(None) };
    if first.len() >= MIN_PIECE {
        return Ok(Some(first));
    }
    let mut joined = BytesMut::from(first);
    while joined.len() < MIN_PIECE
        && let Some(piece) = content.try_next().await?
    {
        joined.extend_from_slice(&piece);
    }
    Ok(Some(joined.freeze()))
}
