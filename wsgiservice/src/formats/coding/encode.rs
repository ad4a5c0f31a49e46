//! Content codings of responses (RFC 9110, section 8.4.1).
//!
//! The exchange applies them itself, not a layer around it, because each coding needs its own entity tag, and `Vary` must
//! list `Accept-Encoding`.

#[cfg(any(feature = "brotli", feature = "gzip"))]
use std::io::Write;

use bytes::Bytes;
#[cfg(feature = "gzip")]
use flate2::{Compression, write::GzEncoder};

/// The minimum size of content that is encoded, in bytes.
const MIN_SIZE: usize = 1 << 10;

/// The number of codings with the enabled features.
const COUNT: usize = cfg!(feature = "brotli") as usize
    + cfg!(feature = "gzip") as usize
    + cfg!(feature = "zstd") as usize;

/// A content coding of responses.
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
    /// All codings, in the order of preference if the client has none.
    pub(crate) const ALL: [Self; COUNT] = [
        #[cfg(feature = "zstd")]
        Self::Zstandard,
        #[cfg(feature = "brotli")]
        Self::Brotli,
        #[cfg(feature = "gzip")]
        Self::Gzip,
    ];

    /// Returns the name in `Accept-Encoding`, in `Content-Encoding` and in entity tags.
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

    /// Encodes content.
    #[cfg_attr(
        not(any(feature = "brotli", feature = "gzip", feature = "zstd")),
        expect(unused_variables, reason = "no coding is enabled")
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
    // A fast level, because each response is encoded again.
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

/// Returns whether content of this size is large enough to be encoded.
pub(crate) fn is_worth_it(size: usize) -> bool {
    size >= MIN_SIZE
}

/// Returns whether encoding makes content of this media type smaller, which holds for text, JSON and XML.
pub(crate) fn is_compressible(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/") || essence.ends_with("json") || essence.ends_with("xml")
}
