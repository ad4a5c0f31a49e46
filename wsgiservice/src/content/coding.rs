//! Content codings of requests (RFC 9110, section 8.4.1), taken away under the limit of what comes out.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::too_large;
use crate::problem::Problem;

/// How many codings content may have, one around the other.
const MOST: usize = 3;

/// How large the buffer of a decoder is, in bytes.
const BUFFER: usize = 4096;

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

    fn decode(self, content: &[u8], limit: usize) -> Result<Bytes, Problem> {
        match self {
            Self::Gzip => limited(MultiGzDecoder::new(content), limit),
            Self::Deflate => limited(ZlibDecoder::new(content), limit),
            Self::Brotli => limited(brotli::Decompressor::new(content, BUFFER), limit),
            Self::Zstandard => limited(zstd::Decoder::new(content).map_err(|_| broken())?, limit),
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

    /// Takes the codings away, the last one first.
    pub(super) fn decode(&self, content: Bytes, limit: usize) -> Result<Bytes, Problem> {
        self.0.iter().rev().try_fold(content, |content, coding| coding.decode(&content, limit))
    }
}

fn limited(decoder: impl Read, limit: usize) -> Result<Bytes, Problem> {
    let mut decoded = Vec::new();
    let most = (limit as u64).saturating_add(1);
    decoder.take(most).read_to_end(&mut decoded).map_err(|_| broken())?;
    if decoded.len() > limit { Err(too_large(limit)) } else { Ok(decoded.into()) }
}

fn broken() -> Problem {
    Problem::bad_request("The content is not of the content coding that it states.")
}

fn unsupported() -> Problem {
    let known = HeaderValue::from_static("gzip, br, zstd, deflate");
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE).field(header::ACCEPT_ENCODING, known)
}
