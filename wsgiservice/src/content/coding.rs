//! Content codings of requests (RFC 9110, section 8.4.1), taken away as the content comes.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

#[cfg(feature = "brotli")]
use async_compression::tokio::bufread::BrotliDecoder;
use async_compression::tokio::bufread::{GzipDecoder, ZlibDecoder};
#[cfg(feature = "zstd")]
use async_compression::{tokio::bufread::ZstdDecoder, zstd::DParameter};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt, BufReader, ReadBuf};

use crate::problem::Problem;

/// How many codings content may have, one around the other.
const MOST: usize = 3;

/// The binary logarithm of the window that Zstandard may ask for (RFC 9659, section 3).
#[cfg(feature = "zstd")]
const WINDOW: u32 = 23;

/// The codings that are understood, each decoded to the very end, since only there is the content held against its digests.
const KNOWN: &[(&str, Decode)] = &[
    ("gzip", |content| {
        let mut decoder = GzipDecoder::new(content);
        decoder.multiple_members(true);
        Box::pin(decoder)
    }),
    #[cfg(feature = "brotli")]
    ("br", |content| Box::pin(Single(BrotliDecoder::new(content)))),
    #[cfg(feature = "zstd")]
    ("zstd", |content| {
        let window = DParameter::window_log_max(WINDOW);
        let mut decoder = ZstdDecoder::with_params(content, &[window]);
        decoder.multiple_members(true);
        Box::pin(decoder)
    }),
    ("deflate", |content| Box::pin(Single(ZlibDecoder::new(content)))),
];

/// Takes one coding away.
type Decode = fn(Encoded) -> Decoded;

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

single! { ZlibDecoder }
#[cfg(feature = "brotli")]
single! { BrotliDecoder }

/// The codings that the fields of a request name, in the order in which they were applied.
#[derive(Debug, Default)]
pub(super) struct Codings(Vec<Decode>);

impl Codings {
    /// # Errors
    /// A 415 with `Accept-Encoding` where one is not known, or where there are too many.
    pub(super) fn of(fields: &HeaderMap) -> Result<Self, Problem> {
        let mut codings = Vec::new();
        for line in fields.get_all(header::CONTENT_ENCODING) {
            let names = line.to_str().map_err(|_| unsupported())?.split(',').map(str::trim);
            for name in names.filter(|name| !name.is_empty() && *name != "identity") {
                codings.push(decoder(name).ok_or_else(unsupported)?);
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
        codings.fold(last(content), |content, decode| {
            decode(Box::pin(BufReader::new(content.take(most))))
        })
    }
}

fn decoder(name: &str) -> Option<Decode> {
    let name = if name.eq_ignore_ascii_case("x-gzip") { "gzip" } else { name };
    let known = KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    known.map(|(_, decode)| *decode)
}

fn unsupported() -> Problem {
    let known: Vec<_> = KNOWN.iter().map(|(name, _)| *name).collect();
    let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    match HeaderValue::try_from(known.join(", ")) {
        Ok(known) => problem.field(header::ACCEPT_ENCODING, known),
        Err(_) => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_whose_feature_is_off_is_refused_with_what_there_is() {
        let known = match (cfg!(feature = "brotli"), cfg!(feature = "zstd")) {
            (true, true) => "gzip, br, zstd, deflate",
            (true, false) => "gzip, br, deflate",
            (false, true) => "gzip, zstd, deflate",
            (false, false) => "gzip, deflate",
        };
        for coding in ["gzip", "X-GZip", "br", "zstd", "deflate", "compress"] {
            let value = HeaderValue::from_static(coding);
            let fields = HeaderMap::from_iter([(header::CONTENT_ENCODING, value)]);
            let is_known = known.contains(coding) || coding == "X-GZip";
            match Codings::of(&fields) {
                Ok(_) => assert!(is_known, "{coding}"),
                Err(mut problem) => {
                    assert!(!is_known, "{coding}");
                    let accepted = (header::ACCEPT_ENCODING, HeaderValue::from_static(known));
                    assert_eq!(problem.take_fields(), [accepted]);
                }
            }
        }
    }
}
