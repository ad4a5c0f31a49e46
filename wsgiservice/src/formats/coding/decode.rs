//! Decoding the content of requests (RFC 9110, section 8.4.1) as a stream.

use std::{pin::Pin, time::Duration};

#[cfg(feature = "brotli")]
use async_compression::tokio::bufread::BrotliDecoder;
#[cfg(feature = "zstd")]
use async_compression::tokio::bufread::ZstdDecoder;
#[cfg(feature = "gzip")]
use async_compression::tokio::bufread::{GzipDecoder, ZlibDecoder};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt, BufReader};

#[cfg(any(feature = "brotli", feature = "gzip"))]
use super::members::one;
#[cfg(any(feature = "gzip", feature = "zstd"))]
use super::members::several;
use crate::{limits::Limits, problem::Problem};

/// The supported codings. Each decoder reads to the end of the content, because only then the digests are verified.
const KNOWN: &[(&str, Decode)] = &[
    #[cfg(feature = "gzip")]
    ("gzip", several::<GzipDecoder<_>>),
    #[cfg(feature = "brotli")]
    ("br", one::<BrotliDecoder<_>>),
    #[cfg(feature = "zstd")]
    ("zstd", several::<ZstdDecoder<_>>),
    #[cfg(feature = "gzip")]
    ("deflate", one::<ZlibDecoder<_>>),
];

/// A function that decodes one coding.
type Decode = fn(Encoded, Bounds) -> Decoded;

/// What may be spent on decoding one coding.
#[cfg_attr(
    not(any(feature = "gzip", feature = "zstd")),
    expect(dead_code, reason = "no coding has members")
)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bounds {
    /// How many members the content may have.
    pub(super) members: usize,
    /// How long the processor may work: for each mebibyte in [`Codings`], in all for a decoder.
    pub(super) time: Duration,
}

/// Encoded content.
pub(crate) type Encoded = Pin<Box<dyn AsyncBufRead + Send>>;

/// Content after decoding one coding.
pub(crate) type Decoded = Pin<Box<dyn AsyncRead + Send>>;

/// The codings that the fields of a request name, in the order in which they were applied.
#[derive(Debug, Default)]
pub(crate) struct Codings {
    codings: Vec<Decode>,
    bounds: Bounds,
}

impl Codings {
    /// # Errors
    /// A 415 with `Accept-Encoding` if a coding is unknown or if there are too many.
    pub(crate) fn of(fields: &HeaderMap, limits: &Limits) -> Result<Self, Problem> {
        let mut codings = Vec::new();
        for line in fields.get_all(header::CONTENT_ENCODING) {
            let names = line.to_str().map_err(|_| unsupported())?.split(',').map(str::trim);
            for name in
                names.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity"))
            {
                codings.push(decoder(name).ok_or_else(unsupported)?);
            }
        }
        match codings.len() > limits.codings {
            true => Err(too_many(limits.codings)),
            false => Ok(Self {
                codings,
                bounds: Bounds { members: limits.coding_members, time: limits.coding_time },
            }),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.codings.is_empty()
    }

    /// Decodes the content, beginning with the coding that was applied last.
    ///
    /// The output of each decoder is limited before it enters the next one, against nested decompression bombs.
    pub(crate) fn decode(&self, content: Encoded, limit: usize) -> Decoded {
        let most = (limit as u64).saturating_add(1);
        let mut codings = self.codings.iter().rev();
        let Some(last) = codings.next() else { return Box::pin(content) };
        let mebibytes = u32::try_from(limit.div_ceil(1 << 20)).unwrap_or(u32::MAX);
        let bounds = Bounds { time: self.bounds.time.saturating_mul(mebibytes), ..self.bounds };
        codings.fold(last(content, bounds), |content, decode| {
            decode(Box::pin(BufReader::new(content.take(most))), bounds)
        })
    }
}

fn decoder(name: &str) -> Option<Decode> {
    let name = if name.eq_ignore_ascii_case("x-gzip") { "gzip" } else { name };
    let known = KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    known.map(|(_, decode)| *decode)
}

fn too_many(limit: usize) -> Problem {
    let codings = if limit == 1 { "content coding" } else { "content codings" };
    let detail = format!("The content may have at most {limit} {codings}.");
    match limit {
        0 => accepting("identity"),
        _ => unsupported(),
    }
    .detail(detail)
}

fn unsupported() -> Problem {
    let known: Vec<_> = KNOWN.iter().map(|(name, _)| *name).collect();
    match known.is_empty() {
        true => accepting("identity"),
        false => accepting(&known.join(", ")),
    }
}

/// Creates a 415 with the supported codings.
fn accepting(known: &str) -> Problem {
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
            match Codings::of(&fields, &Limits::default()) {
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
