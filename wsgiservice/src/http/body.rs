//! The content of requests and responses, as one type.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt, stream};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt, BodyStream, StreamBody};
use pin_project_lite::pin_project;

/// An error of any type, for example one that ends content early.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The maximum size of a piece, in bytes: the server copies each piece into memory that the connection keeps.
const MAX_PIECE: usize = 16 << 10;

/// The content of a request or a response.
///
/// ```
/// use wsgiservice::content::Body;
///
/// assert_eq!(http_body::Body::size_hint(&Body::from("four")).exact(), Some(4));
/// ```
#[derive(Default)]
pub struct Body(Inner);

#[derive(Default)]
enum Inner {
    #[default]
    Empty,
    Full(Bytes),
    Stream(Pin<Box<dyn http_body::Body<Data = Bytes, Error = BoxError> + Send>>),
}

impl Body {
    /// Creates a body without content.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Creates a body from another body, which is read piece by piece.
    ///
    /// ```
    /// use http_body_util::Full;
    /// use wsgiservice::content::Body;
    ///
    /// let body = Body::new(Full::new(&b"four"[..]));
    /// assert_eq!(http_body::Body::size_hint(&body).exact(), Some(4));
    /// ```
    pub fn new<B>(body: B) -> Self
    where
        B: http_body::Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        if body.is_end_stream() {
            return Self::empty();
        }
        Self(Inner::Stream(Box::pin(Foreign { body, length: None, rest: Bytes::new() })))
    }

    /// Creates a body from a stream of pieces.
    ///
    /// ```
    /// use wsgiservice::content::Body;
    ///
    /// let pieces = futures_util::stream::iter(["one", "two"].map(Ok::<_, std::io::Error>));
    /// assert_eq!(http_body::Body::size_hint(&Body::of_stream(pieces)).exact(), None);
    /// ```
    pub fn of_stream<S, D, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<D, E>> + Send + 'static,
        D: Into<Bytes>,
        E: Into<BoxError>,
    {
        let frames = stream.map(|piece| piece.map(|piece| Frame::data(piece.into())));
        Self::new(StreamBody::new(frames))
    }

    /// Returns whether the body has content, and the complete body.
    ///
    /// If the length is unknown, this waits for the first piece.
    pub(crate) async fn peeked(mut self) -> (bool, Self) {
        let hint = http_body::Body::size_hint(&self);
        if http_body::Body::is_end_stream(&self) || hint.exact() == Some(0) {
            return (false, self);
        }
        if hint.lower() > 0 {
            return (true, self);
        }
        loop {
            match self.frame().await {
                None => return (false, Self::empty()),
                Some(Ok(frame)) if frame.data_ref().is_none_or(Bytes::is_empty) => {}
                Some(first) => {
                    let first = stream::iter([first]);
                    let rest = BodyStream::new(self);
                    return (true, Self::new(StreamBody::new(first.chain(rest))));
                }
            }
        }
    }

    /// Sets the length of a streaming body, in bytes.
    pub(crate) fn with_length(self, length: u64) -> Self {
        match self.0 {
            Inner::Stream(body) => Self(Inner::Stream(Box::pin(Foreign {
                body,
                length: Some(length),
                rest: Bytes::new(),
            }))),
            Inner::Empty | Inner::Full(_) => self,
        }
    }

    /// Returns the content, unless it is a stream.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Inner::Empty => Some(&[]),
            Inner::Full(bytes) => Some(bytes),
            Inner::Stream(_) => None,
        }
    }

    /// Keeps a value until the streaming body is dropped.
    pub(crate) fn keep_until_end(self, value: impl Send + 'static) -> Self {
        self.on_error(move |_| _ = &value)
    }

    /// Calls a function with the error that ends a streaming body early.
    pub(crate) fn on_error(self, report: impl Fn(&BoxError) + Send + 'static) -> Self {
        match self.0 {
            Inner::Stream(body) => Self::new(body.map_err(move |error| {
                report(&error);
                error
            })),
            Inner::Empty | Inner::Full(_) => self,
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Inner::Empty => Poll::Ready(None),
            Inner::Full(bytes) if bytes.is_empty() => Poll::Ready(None),
            Inner::Full(bytes) => Poll::Ready(Some(Ok(Frame::data(piece(bytes))))),
            Inner::Stream(body) => body.as_mut().poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Empty => true,
            Inner::Full(bytes) => bytes.is_empty(),
            Inner::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Empty => SizeHint::with_exact(0),
            Inner::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Stream(body) => body.size_hint(),
        }
    }
}

pin_project! {
    /// A body of another type, with its data and errors converted.
    struct Foreign<B> {
        #[pin]
        body: B,
        // The remaining length, for a body that cannot tell it itself.
        length: Option<u64>,
        // Received data that exceeds one piece.
        rest: Bytes,
    }
}

impl<B> http_body::Body for Foreign<B>
where
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        if this.rest.is_empty() {
            let Some(frame) = ready!(this.body.poll_frame(context)) else {
                return Poll::Ready(None);
            };
            match frame.map_err(Into::into)?.into_data() {
                Ok(mut data) => *this.rest = data.copy_to_bytes(data.remaining()),
                Err(other) => return Poll::Ready(Some(Ok(other.map_data(|_| Bytes::new())))),
            }
        }
        let piece = piece(this.rest);
        if let Some(length) = this.length {
            *length = length.saturating_sub(piece.len() as u64);
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if let Some(length) = self.length {
            return SizeHint::with_exact(length);
        }
        let rest = self.rest.len() as u64;
        let mut hint = self.body.size_hint();
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint.set_lower(hint.lower().saturating_add(rest));
        hint
    }
}

/// Splits off the next piece.
fn piece(rest: &mut Bytes) -> Bytes {
    match rest.len() {
        ..=MAX_PIECE => std::mem::take(rest),
        _ => rest.split_to(MAX_PIECE),
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(if bytes.is_empty() { Inner::Empty } else { Inner::Full(bytes) })
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = http_body::Body::size_hint(self);
        formatter.debug_struct("Body").field("size", &size).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the pieces; asserts that the size hint stays exact.
    async fn pieces(mut body: Body) -> Vec<Bytes> {
        let mut pieces: Vec<Bytes> = Vec::new();
        let mut left = http_body::Body::size_hint(&body).exact().expect("a size");
        while let Some(frame) = body.frame().await {
            pieces.push(frame.expect("a piece").into_data().expect("data"));
            left -= pieces.last().map_or(0, |piece| piece.len() as u64);
            assert_eq!(http_body::Body::size_hint(&body).exact(), Some(left));
            assert_eq!(http_body::Body::is_end_stream(&body), left == 0);
        }
        pieces
    }

    #[tokio::test]
    async fn large_content_is_split_into_pieces() {
        let content: Vec<_> = (0..=255).cycle().take(2 * MAX_PIECE + 1).collect();
        let all = Body::from(content.clone());
        let foreign = Body::new(http_body_util::Full::<Bytes>::from(content.clone()));
        let length = content.len() as u64;
        let stream = Body::of_stream(stream::iter([Ok::<_, std::io::Error>(content.clone())]));
        for body in [all, foreign] {
            let pieces = pieces(body).await;
            assert_eq!(
                pieces.iter().map(Bytes::len).collect::<Vec<_>>(),
                [MAX_PIECE, MAX_PIECE, 1]
            );
            assert_eq!(pieces.concat(), content);
        }
        let collected = stream.with_length(length).collect().await.expect("content");
        assert_eq!(collected.to_bytes(), content);
    }
}
