//! Content codings of answers (RFC 9110, section 8.4.1).
//!
//! They are applied here, within the exchange, and not by a layer around it: an entity tag has to be another for each
//! coding, and `Vary` has to say so.

use std::io::Write;

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

/// The least content that is worth a coding, in bytes.
const LEAST: usize = 1 << 10;

/// A fast level of Brotli, for what is coded again for every answer.
const BROTLI: (u32, u32) = (4, 22);

/// A content coding that an answer can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Zstandard,
    Brotli,
    Gzip,
}

impl Coding {
    /// All there are, the one that is sent first among equals.
    pub(crate) const ALL: [Self; 3] = [Self::Zstandard, Self::Brotli, Self::Gzip];

    /// Its name, in `Accept-Encoding` and `Content-Encoding`, and in an entity tag.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Zstandard => "zstd",
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// The content in this coding.
    pub(crate) fn encode(self, content: &[u8]) -> std::io::Result<Bytes> {
        let mut encoded = Vec::with_capacity(content.len() / 2);
        match self {
            Self::Zstandard => zstd::stream::copy_encode(content, &mut encoded, 0)?,
            Self::Brotli => {
                let (quality, window) = BROTLI;
                brotli::CompressorWriter::new(&mut encoded, 4096, quality, window)
                    .write_all(content)?;
            }
            Self::Gzip => {
                let mut encoder = GzEncoder::new(&mut encoded, Compression::fast());
                encoder.write_all(content)?;
                encoder.finish()?;
            }
        }
        Ok(encoded.into())
    }
}

/// Whether content of this size would be coded.
pub(crate) fn is_worth_it(size: usize) -> bool {
    size >= LEAST
}

/// Whether content of this media type becomes smaller: text, and what is text in fact.
pub(super) fn is_compressible(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/") || essence.ends_with("json") || essence.ends_with("xml")
}
