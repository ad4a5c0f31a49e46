//! Content for a parser that would take all there is at once.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, TryStreamExt, stream};

use crate::problem::Problem;

/// The least that is given at once, in bytes: small pieces are joined, since the parser looks through all it has for each.
const LEAST: usize = 4 << 10;

/// How much the parser may take without giving anything, beside the piece that it took last, in bytes.
const MOST: usize = 64 << 10;

/// Content that is given one piece at a time, and only when the parser has nothing left to say.
#[derive(Clone)]
pub(super) struct BoundedInput(Arc<Mutex<State>>);

struct State {
    pieces: Pin<Box<dyn Stream<Item = Result<Bytes, Problem>> + Send>>,
    /// Whether the parser may take a piece.
    is_open: bool,
    /// How much it has taken without giving anything, but for the last piece.
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

    /// What the parser gives next, fed with no more than it needs for that.
    ///
    /// # Errors
    /// A 400 where it needs more than it should.
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
                    // It was not enough to come to an end, and there is nothing more yet.
                    return Poll::Pending;
                }
                if state.ahead > MOST || state.has_ended {
                    let detail = "A part of the form has too large a head, or no end.";
                    return Poll::Ready(Err(Problem::bad_request(detail)));
                }
                state.is_open = true;
            }
        })
        .await
    }

    /// Reads the content to its end, where it is held against its digests.
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

/// The next piece, joined with those behind it as long as it is small.
async fn joined(
    content: &mut (impl Stream<Item = Result<Bytes, Problem>> + Unpin),
) -> Result<Option<Bytes>, Problem> {
    let Some(first) = content.try_next().await? else { return Ok(None) };
    if first.len() >= LEAST {
        return Ok(Some(first));
    }
    let mut joined = BytesMut::from(first);
    while joined.len() < LEAST
        && let Some(piece) = content.try_next().await?
    {
        joined.extend_from_slice(&piece);
    }
    Ok(Some(joined.freeze()))
}
