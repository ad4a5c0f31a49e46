//! Bytes of a media type as content, without representations: in memory, in a file, or from a stream.

use std::{
    fmt, io, marker::PhantomData, ops::Range, path::Path, pin::Pin, sync::Arc, time::SystemTime,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderValue, StatusCode};
use tokio::io::{AsyncReadExt, AsyncSeekExt, SeekFrom};
use tokio_util::io::ReaderStream;

use super::{
    media_type::{AnyType, MediaType},
    outcome::{IntoAnswer, Parts, PartsContent},
    sealed::Sealed,
};
use crate::{
    http::{body::Body, entity_tag::EntityTag},
    problem::Problem,
    representation::content_type,
};

type Pieces = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// How much of a file is read at once, in bytes.
const READ_SIZE: usize = 64 << 10;

/// Bytes of a media type, for example an image: 200, or 206 with the ranges that a `Range` requests.
///
/// The bytes are in memory, in a file or from a stream; a stream does not support ranges (RFC 9110, section 14). Their entity
/// tag is that of the resource. With `etag = auto`, the tag is computed from the bytes in
/// memory, or from the size and the modification time of the file, which then is also its `Last-Modified`. Digests are
/// computed for bytes in memory only.
///
/// The type says the [media type](super::media_type), which the documentation then shows, and a client that does not accept it
/// gets a 406. A `Binary` without a type has the media type that the method gives it: it is documented as `*/*`, and not
/// negotiated.
///
/// ```
/// # use wsgiservice::{Application, mount, resource, testing::Client};
/// use wsgiservice::answer::{Binary, media_type::Png};
///
/// #[mount("/logo")]
/// struct Logo;
///
/// #[resource]
/// impl Logo {
///     fn get(&self) -> Binary<Png> {
///         Binary::of("0123456789")
///     }
/// }
/// # #[tokio::main]
/// # async fn main() {
/// # let client = Client::new(Application::new("logo").mount(Logo));
/// let response = client.get("/logo").header("range", "bytes=2-4").send().await;
/// assert_eq!(response.status(), 206);
/// assert_eq!(response.field("content-range"), Some("bytes 2-4/10"));
/// assert_eq!(response.text(), "234");
/// let response = client.get("/logo").header("accept", "image/gif").send().await;
/// assert_eq!(response.status(), 406);
/// # }
/// ```
pub struct Binary<M = AnyType> {
    pub(crate) media_type: HeaderValue,
    content: BinaryContent,
    declared: PhantomData<fn() -> M>,
}

enum BinaryContent {
    Bytes(Bytes),
    File(File),
    Stream(Body),
}

/// An open file, with its length and modification time when it was opened.
#[derive(Clone)]
struct File {
    file: Arc<std::fs::File>,
    length: usize,
    modified: Option<SystemTime>,
}

/// A piece of the content of a response: a part, or text between parts.
pub(crate) enum Piece {
    Text(String),
    Part(Range<usize>),
}

impl<M: MediaType> Binary<M> {
    /// Creates content from bytes in memory, of the media type in the return type of the method.
    pub fn of(content: impl Into<Bytes>) -> Self {
        Self::declared(BinaryContent::Bytes(content.into()))
    }

    /// Opens a file as content, of the media type in the return type of the method; otherwise like [`file`](Binary::file).
    ///
    /// # Errors
    /// A 404 if the file does not exist, a 500 if it cannot be read.
    pub async fn of_file(path: impl AsRef<Path>) -> Result<Self, Problem> {
        Ok(Self::declared(BinaryContent::File(opened(path.as_ref()).await?)))
    }

    /// Creates content from a body, of the media type in the return type of the method; otherwise like
    /// [`stream`](Binary::stream).
    pub fn of_stream(body: impl Into<Body>) -> Self {
        Self::declared(BinaryContent::Stream(body.into()))
    }

    fn declared(content: BinaryContent) -> Self {
        let octets = HeaderValue::from_static("application/octet-stream");
        let media_type = content_type(M::NAME).unwrap_or(octets);
        Self { media_type, content, declared: PhantomData }
    }
}

impl Binary {
    /// Creates content from bytes in memory, of this media type.
    pub fn new(content: impl Into<Bytes>, media_type: HeaderValue) -> Self {
        Self::undeclared(BinaryContent::Bytes(content.into()), media_type)
    }

    /// Opens a file as content; it is read while the client receives it.
    ///
    /// The path is not checked: a part of it that comes from a client, for example `..`, can reach any file.
    ///
    /// # Errors
    /// A 404 if the file does not exist, a 500 if it cannot be read.
    ///
    /// ```
    /// # use wsgiservice::{Application, Problem, answer::Binary, mount, resource, testing::Client};
    /// # use wsgiservice::http::HeaderValue;
    /// #[mount("/manifest", etag = auto)]
    /// struct Manifest;
    ///
    /// #[resource]
    /// impl Manifest {
    ///     async fn get(&self) -> Result<Binary, Problem> {
    ///         Binary::file("Cargo.toml", HeaderValue::from_static("application/toml")).await
    ///     }
    /// }
    /// # #[tokio::main]
    /// # async fn main() {
    /// # let client = Client::new(Application::new("files").mount(Manifest));
    /// let response = client.get("/manifest").header("range", "bytes=0-8").send().await;
    /// assert_eq!(response.text(), "[package]");
    /// # }
    /// ```
    pub async fn file(path: impl AsRef<Path>, media_type: HeaderValue) -> Result<Self, Problem> {
        Ok(Self::undeclared(BinaryContent::File(opened(path.as_ref()).await?), media_type))
    }

    /// Creates content from a body, which is read while the client receives it.
    ///
    /// ```
    /// # use wsgiservice::{Application, answer::Binary, content::Body, mount, resource, testing::Client};
    /// # use wsgiservice::http::HeaderValue;
    /// #[mount("/numbers")]
    /// struct Numbers;
    ///
    /// #[resource]
    /// impl Numbers {
    ///     fn get(&self) -> Binary {
    ///         let lines = (0..3).map(|number| format!("{number}\n"));
    ///         let body = Body::of_stream(futures_util::stream::iter(lines.map(Ok::<_, std::io::Error>)));
    ///         Binary::stream(body, HeaderValue::from_static("text/plain"))
    ///     }
    /// }
    /// # #[tokio::main]
    /// # async fn main() {
    /// # let client = Client::new(Application::new("numbers").mount(Numbers));
    /// assert_eq!(client.get("/numbers").send().await.text(), "0\n1\n2\n");
    /// # }
    /// ```
    pub fn stream(body: impl Into<Body>, media_type: HeaderValue) -> Self {
        Self::undeclared(BinaryContent::Stream(body.into()), media_type)
    }

    fn undeclared(content: BinaryContent, media_type: HeaderValue) -> Self {
        Self { media_type, content, declared: PhantomData }
    }

    /// The bytes, if they are in memory.
    pub(crate) fn bytes(&self) -> Option<&Bytes> {
        match &self.content {
            BinaryContent::Bytes(bytes) => Some(bytes),
            BinaryContent::File(_) | BinaryContent::Stream(_) => None,
        }
    }

    /// The length, if ranges are supported.
    pub(crate) fn length(&self) -> Option<usize> {
        match &self.content {
            BinaryContent::Bytes(bytes) => Some(bytes.len()),
            BinaryContent::File(file) => Some(file.length),
            BinaryContent::Stream(_) => None,
        }
    }

    /// A strong entity tag: of the bytes, or of the size and the modification time of the file.
    pub(crate) fn tag(&self) -> Option<EntityTag> {
        match &self.content {
            BinaryContent::Bytes(bytes) => Some(EntityTag::of_content(bytes)),
            BinaryContent::File(file) => {
                let age = file.modified?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
                Some(EntityTag::strong(format_args!("{:x}-{:x}", age.as_nanos(), file.length)))
            }
            BinaryContent::Stream(_) => None,
        }
    }

    /// The modification time of the file.
    pub(crate) fn last_modified(&self) -> Option<SystemTime> {
        match &self.content {
            BinaryContent::File(file) => file.modified,
            BinaryContent::Bytes(_) | BinaryContent::Stream(_) => None,
        }
    }

    /// The complete content.
    pub(crate) fn into_body(self) -> Body {
        match self.content {
            BinaryContent::Bytes(bytes) => bytes.into(),
            BinaryContent::File(file) => {
                let length = file.length;
                file.body(vec![Piece::Part(0..length)])
            }
            BinaryContent::Stream(body) => body,
        }
    }

    /// These pieces in sequence, or the complete content if ranges are not supported.
    pub(crate) fn into_pieces(self, pieces: Vec<Piece>) -> Body {
        match self.content {
            BinaryContent::Bytes(bytes) => match pieces.as_slice() {
                [Piece::Part(range)] => bytes.slice(range.clone()).into(),
                _ => {
                    pieces.into_iter().flat_map(|piece| piece.of(&bytes)).collect::<Vec<_>>().into()
                }
            },
            BinaryContent::File(file) => file.body(pieces),
            BinaryContent::Stream(body) => body,
        }
    }
}

/// Opens a file; what is not a file is not found.
async fn opened(path: &Path) -> Result<File, Problem> {
    File::open(path).await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::InvalidFilename
        | io::ErrorKind::InvalidInput => Problem::not_found(),
        _ => Problem::internal(error),
    })
}

impl File {
    async fn open(path: &Path) -> io::Result<Self> {
        // Before opening, since opening a named pipe blocks until it has a writer.
        if !tokio::fs::metadata(path).await?.is_file() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let file = tokio::fs::File::open(path).await?;
        let metadata = file.metadata().await?;
        let length = usize::try_from(metadata.len()).map_err(io::Error::other)?;
        let file = Arc::new(file.into_std().await);
        Ok(Self { file, length, modified: metadata.modified().ok() })
    }

    /// A body of these pieces, each read after the one before it was sent.
    fn body(self, pieces: Vec<Piece>) -> Body {
        let length = pieces.iter().map(Piece::len).sum::<usize>();
        let read = stream::iter(pieces).then(move |piece| {
            let file = self.clone();
            async move {
                let pieces: Pieces = match piece {
                    Piece::Text(text) => Box::pin(stream::iter([Ok(Bytes::from(text))])),
                    Piece::Part(range) => match file.part(range).await {
                        Ok(part) => Box::pin(part),
                        Err(error) => Box::pin(stream::iter([Err(error)])),
                    },
                };
                pieces
            }
        });
        Body::of_stream(read.flatten()).with_length(length as u64)
    }

    async fn part(self, range: Range<usize>) -> io::Result<impl Stream<Item = io::Result<Bytes>>> {
        let mut file = tokio::fs::File::from_std(self.file.try_clone()?);
        file.seek(SeekFrom::Start(range.start as u64)).await?;
        let part = file.take(range.len() as u64);
        Ok(ReaderStream::with_capacity(part, READ_SIZE.min(range.len().max(1))))
    }
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Part(range) => range.len(),
        }
    }

    fn of(self, bytes: &Bytes) -> Bytes {
        match self {
            Self::Text(text) => text.into(),
            Self::Part(range) => bytes.slice(range),
        }
    }
}

impl<M> Sealed for Binary<M> {}

impl<M: MediaType> IntoAnswer for Binary<M> {
    type Value = ();
    const STATUSES: &'static [u16] = &[200, 206, 416];
    const HAS_CONTENT: bool = false;
    const VERBATIM: bool = true;
    const MEDIA_TYPE: Option<&'static str> = M::DECLARED;

    fn into_parts(self) -> Parts<()> {
        let binary = Binary::undeclared(self.content, self.media_type);
        Parts {
            status: StatusCode::OK,
            head: None,
            content: PartsContent::Binary(Box::new(binary)),
        }
    }
}

impl<M> fmt::Debug for Binary<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { media_type, content, .. } = self;
        formatter
            .debug_struct("Binary")
            .field("media_type", media_type)
            .field("content", content)
            .finish()
    }
}

impl fmt::Debug for BinaryContent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(formatter, "{} bytes", bytes.len()),
            Self::File(file) => write!(formatter, "file of {} bytes", file.length),
            Self::Stream(body) => body.fmt(formatter),
        }
    }
}
