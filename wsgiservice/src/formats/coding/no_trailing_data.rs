//! Content codings that allow only one compressed stream and no data after it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

#[cfg(feature = "brotli")]
use async_compression::tokio::bufread::BrotliDecoder;
#[cfg(feature = "gzip")]
use async_compression::tokio::bufread::ZlibDecoder;
use tokio::io::{AsyncRead, ReadBuf};

use super::decode::{Decoded, Encoded};

/// A decoder that fails if data follows the compressed stream.
struct NoTrailingData<D>(D);

#[cfg(feature = "brotli")]
pub(crate) fn brotli(content: Encoded) -> Decoded {
    Box::pin(NoTrailingData(BrotliDecoder::new(content)))
}

#[cfg(feature = "gzip")]
pub(crate) fn zlib(content: Encoded) -> Decoded {
    Box::pin(NoTrailingData(ZlibDecoder::new(content)))
}

macro_rules! no_trailing_data {
    ($($decoder:ident)*) => {$(
        impl AsyncRead for NoTrailingData<$decoder<Encoded>> {
            fn poll_read(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
                buffer: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                let before = buffer.filled().len();
                ready!(Pin::new(&mut self.0).poll_read(context, buffer))?;
                if buffer.filled().len() > before || buffer.remaining() == 0 {
                    return Poll::Ready(Ok(()));
                }
                match ready!(self.0.get_mut().as_mut().poll_fill_buf(context))?.is_empty() {
                    true => Poll::Ready(Ok(())),
                    false => Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
                }
            }
        }
    )*};
}

#[cfg(feature = "gzip")]
no_trailing_data! { ZlibDecoder }
#[cfg(feature = "brotli")]
no_trailing_data! { BrotliDecoder }
