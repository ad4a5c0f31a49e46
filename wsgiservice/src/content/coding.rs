//! Content codings of requests (RFC 9110, section 8.4.1), taken away as the content comes.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_compression::{
    tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder},
    zstd::DParameter,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt, BufReader, ReadBuf};

use crate::problem::Problem;

/// How many codings content may have, one around the other.
const MOST: usize = 3;

/// The binary logarithm of the window that Zstandard may ask for (RFC 9659, section 3).
const WINDOW: u32 = 23;

/// A content coding that is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstandard,
}

impl Coding {
    fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Self::Gzip,
            "deflate" => Self::Deflate,
            "br" => Self::Brotli,
            "zstd" => Self::Zstandard,
            _ => return None,
        })
    }

    /// Decodes to the very end, since only there is the content held against its digests.
    fn decode(self, content: Encoded) -> Decoded {
        match self {
            Self::Gzip => {
                let mut decoder = GzipDecoder::new(content);
                decoder.multiple_members(true);
                Box::pin(decoder)
            }
            Self::Zstandard => {
                let window = DParameter::window_log_max(WINDOW);
                let mut decoder = ZstdDecoder::with_params(content, &[window]);
                decoder.multiple_members(true);
                Box::pin(decoder)
            }
            Self::Deflate => Box::pin(Single(ZlibDecoder::new(content))),
            Self::Brotli => Box::pin(Single(BrotliDecoder::new(content))),
        }
    }
}

/// Content with a coding around it.
type Encoded = Pin<Box<dyn AsyncBufRead + Send>>;

/// Content with one coding less.
type Decoded = Pin<Box<dyn AsyncRead + Send>>;

/// A coding of which there is one stream, and nothing behind it.
struct Single<D>(D);

macro_rules! single {
    ($($decoder:ident)*) => {$(
        impl AsyncRead for Single<$decoder<Encoded>> {
            fn poll_read(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
                buffer: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                let before = buffer.filled().len();
                ready!(Pin::new(&mut self.0).poll_read(context, buffer))?;
                if buffer.filled().len() > before || buffer.remaining() == 0 {
                    return Poll::Ready(Ok(()));
                }
                match ready!(self.0.get_mut().as_mut().poll_fill_buf(context))?.is_empty() {
                    true => Poll::Ready(Ok(())),
                    false => Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
                }
            }
        }
    )*};
}

single! { ZlibDecoder BrotliDecoder }

/// The codings that the fields of a request name, in the order in which they were applied.
#[derive(Debug, Default)]
pub(super) struct Codings(Vec<Coding>);

impl Codings {
    /// # Errors
    /// A 415 with `Accept-Encoding` where one is not known, or where there are too many.
    pub(super) fn of(fields: &HeaderMap) -> Result<Self, Problem> {
        let mut codings = Vec::new();
        for line in fields.get_all(header::CONTENT_ENCODING) {
            let names = line.to_str().map_err(|_| unsupported())?.split(',').map(str::trim);
            for name in names.filter(|name| !name.is_empty() && *name != "identity") {
                codings.push(Coding::named(name).ok_or_else(unsupported)?);
            }
        }
        if codings.len() > MOST { Err(unsupported()) } else { Ok(Self(codings)) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the codings away, the last one first.
    ///
    /// What comes out of one is bounded before it goes into the next: a bomb within a bomb is no content.
    pub(super) fn decode(&self, content: Encoded, limit: usize) -> Decoded {
        let most = (limit as u64).saturating_add(1);
        let mut codings = self.0.iter().rev();
        let Some(last) = codings.next() else { return Box::pin(content) };
        codings.fold(last.decode(content), |content, coding| {
            coding.decode(Box::pin(BufReader::new(content.take(most))))
        })
    }
}

fn unsupported() -> Problem {
    let known = HeaderValue::from_static("gzip, br, zstd, deflate");
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE).field(header::ACCEPT_ENCODING, known)
}
