//! Content codings of requests (RFC 9110, section 8.4.1), taken away as the content comes.

use std::pin::Pin;

use async_compression::{
    tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder},
    zstd::DParameter,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::io::{AsyncBufRead, AsyncRead, BufReader};

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
    fn decode(self, content: Pin<Box<dyn AsyncBufRead + Send>>) -> Pin<Box<dyn AsyncRead + Send>> {
        macro_rules! whole {
            ($decoder:expr) => {{
                let mut decoder = $decoder;
                decoder.multiple_members(true);
                Box::pin(decoder)
            }};
        }
        match self {
            Self::Gzip => whole!(GzipDecoder::new(content)),
            Self::Deflate => whole!(ZlibDecoder::new(content)),
            Self::Brotli => whole!(BrotliDecoder::new(content)),
            Self::Zstandard => {
                whole!(ZstdDecoder::with_params(content, &[DParameter::window_log_max(WINDOW)]))
            }
        }
    }
}

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
    pub(super) fn decode(
        &self,
        content: Pin<Box<dyn AsyncBufRead + Send>>,
    ) -> Pin<Box<dyn AsyncRead + Send>> {
        self.0.iter().rev().fold(Box::pin(content), |content, coding| {
            coding.decode(Box::pin(BufReader::new(content)))
        })
    }
}

fn unsupported() -> Problem {
    let known = HeaderValue::from_static("gzip, br, zstd, deflate");
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE).field(header::ACCEPT_ENCODING, known)
}
