//! Content codings (RFC 9110, section 8.4.1) of requests and responses.

pub(crate) mod decode;
pub(crate) mod encode;
#[cfg(any(feature = "brotli", feature = "gzip", feature = "zstd"))]
mod members;
#[cfg(any(feature = "brotli", feature = "gzip", feature = "zstd"))]
mod yielding;

pub(crate) use self::encode::Coding;
