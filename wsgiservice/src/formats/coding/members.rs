//! Encoded content that consists of members, each of which is decoded on its own.
//!
//! Their number is bounded, because a member takes work even if it decodes to nothing, so that the limit of the decoded size
//! does not bound that work. Nor does it bound what the processor does within a member: each block can describe tables that
//! take longer to build than to read. So that is measured.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

#[cfg(feature = "brotli")]
use async_compression::tokio::bufread::BrotliDecoder;
#[cfg(feature = "gzip")]
use async_compression::tokio::bufread::{GzipDecoder, ZlibDecoder};
#[cfg(feature = "zstd")]
use async_compression::{tokio::bufread::ZstdDecoder, zstd::DParameter};
use cpu_time::ThreadTime;
use http::StatusCode;
use tokio::io::{AsyncRead, ReadBuf};

use super::{
    decode::{Bounds, Decoded, Encoded},
    yielding::Yielding,
};
use crate::problem::Problem;

/// The binary logarithm of the maximum window size for Zstandard (RFC 9659, section 3).
#[cfg(feature = "zstd")]
const WINDOW: u32 = 23;

/// Decodes content whose coding allows one compressed stream, and nothing after it.
#[cfg(any(feature = "brotli", feature = "gzip"))]
pub(super) fn one<D: Decoder + 'static>(content: Encoded, bounds: Bounds) -> Decoded {
    members::<D>(content, Bounds { members: 1, ..bounds }, || io::ErrorKind::InvalidData.into())
}

/// Decodes content whose coding allows several members.
#[cfg(any(feature = "gzip", feature = "zstd"))]
pub(super) fn several<D: Decoder + 'static>(content: Encoded, bounds: Bounds) -> Decoded {
    let Bounds { members: most, .. } = bounds;
    members::<D>(content, bounds, move || {
        excess(format!("The encoded content exceeds the limit of {most} members."))
    })
}

fn members<D: Decoder + 'static>(
    content: Encoded,
    bounds: Bounds,
    too_many: impl Fn() -> io::Error + Send + Unpin + 'static,
) -> Decoded {
    let content: Encoded = Box::pin(Yielding::new(content));
    Box::pin(Members {
        member: Some(D::new(content)),
        further: bounds.members.saturating_sub(1),
        too_many,
        limit: bounds.time,
        spent: Duration::ZERO,
    })
}

fn excess(detail: String) -> io::Error {
    io::Error::other(Problem::new(StatusCode::PAYLOAD_TOO_LARGE).detail(detail))
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
    /// Says that there are more.
    too_many: E,
    /// How long the processor may work.
    limit: Duration,
    /// How long it has worked.
    spent: Duration,
}

impl<D: Decoder, E> Members<D, E> {
    /// Decodes some of the member, and charges what that takes.
    fn poll_member(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(member) = &mut self.member else { return Poll::Ready(Ok(())) };
        let begin = ThreadTime::now();
        let decoded = Pin::new(member).poll_read(context, buffer);
        self.spent = self.spent.saturating_add(begin.elapsed());
        match self.spent > self.limit {
            true => Poll::Ready(Err(excess(format!(
                "The content takes longer to decode than the limit of {:?}.",
                self.limit
            )))),
            false => decoded,
        }
    }
}

impl<D: Decoder, E: Fn() -> io::Error + Unpin> AsyncRead for Members<D, E> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        loop {
            ready!(self.poll_member(context, buffer))?;
            if buffer.filled().len() > before || buffer.remaining() == 0 {
                break;
            }
            let Some(member) = &mut self.member else { break };
            if ready!(member.content().as_mut().poll_fill_buf(context))?.is_empty() {
                break;
            }
            self.further = self.further.checked_sub(1).ok_or_else(&self.too_many)?;
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
