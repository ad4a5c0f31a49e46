//! Decoding the content of requests (RFC 9110, section 8.4.1) as a stream.

use std::pin::Pin;

#[cfg(feature = "gzip")]
use async_compression::tokio::bufread::GzipDecoder;
#[cfg(feature = "zstd")]
use async_compression::{tokio::bufread::ZstdDecoder, zstd::DParameter};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt, BufReader};

#[cfg(any(feature = "brotli", feature = "gzip"))]
use super::no_trailing_data;
use crate::problem::Problem;

/// The maximum number of nested codings.
const MAX_CODINGS: usize = 3;

/// The binary logarithm of the maximum window size for Zstandard (RFC 9659, section 3).
#[cfg(feature = "zstd")]
const WINDOW: u32 = 23;

/// The supported codings. Each decoder reads to the end of the content, because only then the digests are verified.
const KNOWN: &[(&str, Decode)] = &[
    #[cfg(feature = "gzip")]
    ("gzip", |content| {
        let mut decoder = GzipDecoder::new(content);
        decoder.multiple_members(true);
        Box::pin(decoder)
    }),
    #[cfg(feature = "brotli")]
    ("br", no_trailing_data::brotli),
    #[cfg(feature = "zstd")]
    ("zstd", |content| {
        let window = DParameter::window_log_max(WINDOW);
        let mut decoder = ZstdDecoder::with_params(content, &[window]);
        decoder.multiple_members(true);
        Box::pin(decoder)
    }),
    #[cfg(feature = "gzip")]
    ("deflate", no_trailing_data::zlib),
];

/// A function that decodes one coding.
type Decode = fn(Encoded) -> Decoded;

/// Encoded content.
pub(crate) type Encoded = Pin<Box<dyn AsyncBufRead + Send>>;

/// Content after decoding one coding.
pub(crate) type Decoded = Pin<Box<dyn AsyncRead + Send>>;

/// The codings that the fields of a request name, in the order in which they were applied.
#[derive(Debug, Default)]
pub(crate) struct Codings(Vec<Decode>);

impl Codings {
    /// # Errors
    /// A 415 with `Accept-Encoding` if a coding is unknown or if there are too many.
    pub(crate) fn of(fields: &HeaderMap) -> Result<Self, Problem> {
        let mut codings = Vec::new();
        for line in fields.get_all(header::CONTENT_ENCODING) {
            let names = line.to_str().map_err(|_| unsupported())?.split(',').map(str::trim);
            for name in names.filter(|name| !name.is_empty() && *name != "identity") {
                codings.push(decoder(name).ok_or_else(unsupported)?);
            }
        }
        if codings.len() > MAX_CODINGS { Err(unsupported()) } else { Ok(Self(codings)) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Decodes the content, beginning with the coding that was applied last.
    ///
    /// The output of each decoder is limited before it enters the next one, against nested decompression bombs.
    pub(crate) fn decode(&self, content: Encoded, limit: usize) -> Decoded {
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
    let known = if known.is_empty() { "identity".to_owned() } else { known.join(", ") };
    let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    match HeaderValue::try_from(known) {
        Ok(known) => problem.field(header::ACCEPT_ENCODING, known),
        Err(_) => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsupported_coding_is_rejected_with_the_supported_ones() {
        let features = [
            ("gzip", cfg!(feature = "gzip")),
            ("br", cfg!(feature = "brotli")),
            ("zstd", cfg!(feature = "zstd")),
            ("deflate", cfg!(feature = "gzip")),
        ];
        let known: Vec<_> = features.iter().filter(|it| it.1).map(|it| it.0).collect();
        let listed = if known.is_empty() { "identity".to_owned() } else { known.join(", ") };
        for coding in ["gzip", "X-GZip", "br", "zstd", "deflate", "compress"] {
            let value = HeaderValue::from_static(coding);
            let fields = HeaderMap::from_iter([(header::CONTENT_ENCODING, value)]);
            let name = if coding == "X-GZip" { "gzip" } else { coding };
            let is_known = known.contains(&name);
            match Codings::of(&fields) {
                Ok(_) => assert!(is_known, "{coding}"),
                Err(mut problem) => {
                    assert!(!is_known, "{coding}");
                    let listed = HeaderValue::try_from(&listed).expect("a list of names");
                    let accepted = (header::ACCEPT_ENCODING, listed);
                    assert_eq!(problem.take_fields(), [accepted]);
                }
            }
        }
    }
}
