//! Content codings of answers (RFC 9110, section 8.4.1).
//!
//! They are applied here, within the exchange, and not by a layer around it: an entity tag has to be another for each
//! coding, and `Vary` has to say so.

#[cfg(any(feature = "brotli", feature = "gzip"))]
use std::io::Write;

use bytes::Bytes;
#[cfg(feature = "gzip")]
use flate2::{Compression, write::GzEncoder};

/// The least content that is worth a coding, in bytes.
const LEAST: usize = 1 << 10;

/// How many codings there are, with the features that are on.
const COUNT: usize = cfg!(feature = "brotli") as usize
    + cfg!(feature = "gzip") as usize
    + cfg!(feature = "zstd") as usize;

/// A content coding that an answer can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    #[cfg(feature = "zstd")]
    Zstandard,
    #[cfg(feature = "brotli")]
    Brotli,
    #[cfg(feature = "gzip")]
    Gzip,
}

impl Coding {
    /// All there are, the one that is sent first among equals.
    pub(crate) const ALL: [Self; COUNT] = [
        #[cfg(feature = "zstd")]
        Self::Zstandard,
        #[cfg(feature = "brotli")]
        Self::Brotli,
        #[cfg(feature = "gzip")]
        Self::Gzip,
    ];

    /// Its name, in `Accept-Encoding` and `Content-Encoding`, and in an entity tag.
    pub(crate) fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "zstd")]
            Self::Zstandard => "zstd",
            #[cfg(feature = "brotli")]
            Self::Brotli => "br",
            #[cfg(feature = "gzip")]
            Self::Gzip => "gzip",
        }
    }

    /// The content in this coding.
    #[cfg_attr(
        not(any(feature = "brotli", feature = "gzip", feature = "zstd")),
        expect(unused_variables, reason = "there is no coding")
    )]
    pub(crate) fn encode(self, content: &[u8]) -> std::io::Result<Bytes> {
        match self {
            #[cfg(feature = "zstd")]
            Self::Zstandard => zstd::stream::encode_all(content, 0).map(Bytes::from),
            #[cfg(feature = "brotli")]
            Self::Brotli => brotli(content),
            #[cfg(feature = "gzip")]
            Self::Gzip => gzip(content),
        }
    }
}

#[cfg(feature = "brotli")]
fn brotli(content: &[u8]) -> std::io::Result<Bytes> {
    // A fast level, for what is coded again for every answer.
    let (quality, window) = (4, 22);
    let mut encoded = Vec::with_capacity(content.len() / 2);
    brotli::CompressorWriter::new(&mut encoded, 4096, quality, window).write_all(content)?;
    Ok(encoded.into())
}

#[cfg(feature = "gzip")]
fn gzip(content: &[u8]) -> std::io::Result<Bytes> {
    let encoded = Vec::with_capacity(content.len() / 2);
    let mut encoder = GzEncoder::new(encoded, Compression::fast());
    encoder.write_all(content)?;
    encoder.finish().map(Bytes::from)
}

/// Whether content of this size would be coded.
pub(crate) fn is_worth_it(size: usize) -> bool {
    size >= LEAST
}

/// Whether content of this media type becomes smaller: text, and what is text in fact.
pub(crate) fn is_compressible(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/") || essence.ends_with("json") || essence.ends_with("xml")
}
