//! Encoded content that consists of members, each of which is decoded on its own.
//!
//! Their number is bounded, because a member takes work even if it decodes to nothing, so that the limit of the decoded size
//! does not bound that work.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

#[cfg(feature = "brotli")]
use async_compression::tokio::bufread::BrotliDecoder;
#[cfg(feature = "gzip")]
use async_compression::tokio::bufread::{GzipDecoder, ZlibDecoder};
#[cfg(feature = "zstd")]
use async_compression::{tokio::bufread::ZstdDecoder, zstd::DParameter};
#[cfg(any(feature = "gzip", feature = "zstd"))]
use http::StatusCode;
use tokio::io::{AsyncRead, ReadBuf};

use super::{
    decode::{Decoded, Encoded},
    yielding::Yielding,
};
#[cfg(any(feature = "gzip", feature = "zstd"))]
use crate::problem::Problem;

/// The binary logarithm of the maximum window size for Zstandard (RFC 9659, section 3).
#[cfg(feature = "zstd")]
const WINDOW: u32 = 23;

/// Decodes content whose coding allows one compressed stream, and nothing after it.
#[cfg(any(feature = "brotli", feature = "gzip"))]
pub(super) fn one<D: Decoder + 'static>(content: Encoded, _: usize) -> Decoded {
    members::<D>(content, 1, || io::ErrorKind::InvalidData.into())
}

/// Decodes content whose coding allows several members, of which there may be this many.
#[cfg(any(feature = "gzip", feature = "zstd"))]
pub(super) fn several<D: Decoder + 'static>(content: Encoded, most: usize) -> Decoded {
    members::<D>(content, most, move || {
        let detail = format!("The encoded content exceeds the limit of {most} members.");
        io::Error::other(Problem::new(StatusCode::PAYLOAD_TOO_LARGE).detail(detail))
    })
}

fn members<D: Decoder + 'static>(
    content: Encoded,
    most: usize,
    excess: impl Fn() -> io::Error + Send + Unpin + 'static,
) -> Decoded {
    let content: Encoded = Box::pin(Yielding::new(content));
    Box::pin(Members { member: Some(D::new(content)), further: most.saturating_sub(1), excess })
}

/// A decoder of one member.
pub(super) trait Decoder: AsyncRead + Send + Unpin {
    fn new(content: Encoded) -> Self;
    fn content(&mut self) -> &mut Encoded;
    fn into_content(self) -> Encoded;
}

/// The members of encoded content.
struct Members<D, E> {
    member: Option<D>,
    /// How many may follow.
    further: usize,
    excess: E,
}

impl<D: Decoder, E: Fn() -> io::Error + Unpin> AsyncRead for Members<D, E> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        while let Some(member) = &mut self.member {
            ready!(Pin::new(&mut *member).poll_read(context, buffer))?;
            if buffer.filled().len() > before || buffer.remaining() == 0 {
                break;
            }
            if ready!(member.content().as_mut().poll_fill_buf(context))?.is_empty() {
                break;
            }
            self.further = self.further.checked_sub(1).ok_or_else(&self.excess)?;
            self.member = self.member.take().map(|member| D::new(member.into_content()));
        }
        Poll::Ready(Ok(()))
    }
}

macro_rules! decoders {
    ($($feature:literal $decoder:ident $new:expr;)*) => {$(
        #[cfg(feature = $feature)]
        impl Decoder for $decoder<Encoded> {
            fn new(content: Encoded) -> Self {
                $new(content)
            }

            fn content(&mut self) -> &mut Encoded {
                self.get_mut()
            }

            fn into_content(self) -> Encoded {
                self.into_inner()
            }
        }
    )*};
}

decoders! {
    "brotli" BrotliDecoder Self::new;
    "gzip" GzipDecoder Self::new;
    "gzip" ZlibDecoder Self::new;
    "zstd" ZstdDecoder |content| Self::with_params(content, &[DParameter::window_log_max(WINDOW)]);
}
