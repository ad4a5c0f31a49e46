//! Content as a stream: limited, verified against its digests, and decoded.

use std::{fmt, io, pin::Pin};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use http::StatusCode;
use http_body_util::BodyExt;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::io::StreamReader;

use super::{mismatch, patience::TooLate, too_large};
use crate::{
    formats::coding::decode::Codings,
    http::{
        body::{Body, BoxError},
        digest::Expected,
    },
    problem::Problem,
};

/// The maximum size of a decoded piece, in bytes.
const MAX_DECODED_PIECE: usize = 16 << 10;

/// The maximum number of small pieces of content that is read as a whole, beside those that its size allows. Each piece that is
/// received takes the work of a hundred bytes or more, so that a byte in each would take the longest.
const MAX_SMALL_PIECES: usize = 80_000;

/// The size of a piece that is not small, in bytes.
const SMALL_PIECE: usize = 64;

/// The content of a request as a stream of pieces, for content that is too large for memory.
///
/// The content can be of any media type. `#[limit(content = …)]` on the method raises its limit. A method that takes it reads
/// its parameters only from the path, the query and the header fields.
///
/// ```
/// use wsgiservice::{Application, Problem, content::ContentStream, mount, resource, testing::Client};
///
/// #[mount("/sum")]
/// struct Sum;
///
/// #[resource]
/// impl Sum {
///     #[limit(content = 1 << 30)]
///     async fn post(&self, mut content: ContentStream) -> Result<u64, Problem> {
///         let mut sum = 0;
///         while let Some(piece) = content.next().await? {
///             sum += piece.iter().map(|byte| u64::from(*byte)).sum::<u64>();
///         }
///         Ok(sum)
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("sums").mount(Sum));
/// assert_eq!(client.post("/sum").body(vec![2; 100]).send().await.text(), "200");
/// # }
/// ```
pub struct ContentStream {
    input: Input,
    limit: usize,
    length: usize,
}

/// How content is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// It is collected before it is used.
    Whole,
    /// The method reads it itself, as slowly and in such pieces as it arrives.
    Stream,
}

enum Input {
    Plain(Received),
    Decoded(Pin<Box<dyn AsyncRead + Send>>),
}

impl ContentStream {
    pub(super) fn new(
        body: Body,
        codings: &Codings,
        digests: Expected,
        limit: usize,
        use_of: Use,
    ) -> Self {
        let received = Received {
            body,
            digests: Some(digests),
            has_ended: false,
            limit,
            length: 0,
            small_pieces: (use_of == Use::Whole).then_some(0),
        };
        let input = match codings.is_empty() {
            true => Input::Plain(received),
            false => Input::Decoded(codings.decode(
                Box::pin(StreamReader::new(Box::pin(stream::try_unfold(
                    received,
                    |mut received| async move {
                        let piece = received.next().await.map_err(io::Error::other)?;
                        Ok::<_, io::Error>(piece.map(|piece| (piece, received)))
                    },
                )))),
                limit,
            )),
        };
        Self { input, limit, length: 0 }
    }

    /// Returns the next piece, or `None` at the end.
    ///
    /// # Errors
    /// A [`Problem`] to return: 400 if the content ends early, cannot be decoded or does not match its digest, 408 if it
    /// does not arrive in time, 413 if it exceeds the limit.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let piece = match &mut self.input {
            Input::Plain(received) => return received.next().await,
            Input::Decoded(decoder) => {
                // Decoding takes processor time, so other tasks get their turn.
                tokio::task::coop::consume_budget().await;
                let mut piece = BytesMut::with_capacity(MAX_DECODED_PIECE);
                decoder.read_buf(&mut piece).await.map_err(problem)?;
                piece.freeze()
            }
        };
        self.length = self.length.saturating_add(piece.len());
        if self.length > self.limit {
            return Err(too_large(self.limit));
        }
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }

    /// Returns the remaining content as a stream.
    pub(super) fn into_pieces(self) -> impl Stream<Item = Result<Bytes, Problem>> + Send {
        stream::try_unfold(self, |mut content| async move {
            let piece = content.next().await?;
            Ok(piece.map(|piece| (piece, content)))
        })
    }

    /// Reads all remaining content.
    pub(super) async fn collect(mut self) -> Result<Bytes, Problem> {
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.next().await? else { return Ok(first) };
        let mut bytes = BytesMut::from(first);
        bytes.extend_from_slice(&second);
        while let Some(piece) = self.next().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes.freeze())
    }
}

/// Content as received, before decoding.
struct Received {
    body: Body,
    /// The digests, until they are verified.
    digests: Option<Expected>,
    has_ended: bool,
    limit: usize,
    length: usize,
    /// The number of small pieces, if it is bounded.
    small_pieces: Option<usize>,
}

impl Received {
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        while !self.has_ended
            && let Some(frame) = self.body.frame().await
        {
            let frame = frame.map_err(|error| ended_early(&error))?;
            let Ok(piece) = frame.into_data() else { continue };
            self.length = self.length.saturating_add(piece.len());
            if self.length > self.limit {
                return Err(too_large(self.limit));
            }
            self.count(&piece)?;
            if let Some(digests) = &mut self.digests {
                digests.update(&piece);
            }
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
        self.has_ended = true;
        self.digests
            .take()
            .map_or(Ok(None), |digests| digests.verify().map(|()| None).map_err(|it| mismatch(&it)))
    }
}

impl Received {
    fn count(&mut self, piece: &Bytes) -> Result<(), Problem> {
        let Some(count) = &mut self.small_pieces else { return Ok(()) };
        *count += usize::from(piece.len() < SMALL_PIECE);
        match *count > MAX_SMALL_PIECES + self.length / SMALL_PIECE {
            true => Err(Problem::bad_request("The content was sent in too many small chunks.")),
            false => Ok(()),
        }
    }
}

fn ended_early(error: &BoxError) -> Problem {
    match error.is::<TooLate>() {
        true => {
            Problem::new(StatusCode::REQUEST_TIMEOUT).detail("The content did not arrive in time.")
        }
        false => Problem::bad_request("The content ended early."),
    }
}

/// Converts an error of the decoder, or returns the problem of the content below it.
fn problem(error: io::Error) -> Problem {
    error
        .downcast()
        .unwrap_or_else(|_| Problem::bad_request("The content does not match its content coding."))
}

impl fmt::Debug for ContentStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ContentStream").field("limit", &self.limit).finish_non_exhaustive()
    }
}
