//! `multipart/form-data` (RFC 7578): forms with files.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use futures_util::stream;
use http::header;
use multer::{Field, Multipart};

use super::{ContentStream, File};
use crate::problem::Problem;

/// How many bytes may stand between the contents of two parts, beside the piece that was read last: the header fields
/// of one.
const HEAD: usize = 64 << 10;

/// The parts of a `multipart/form-data` content as they come, for files that are too large to be held.
///
/// Parameters of a method that takes it are in the path, the query and the header fields. Files that are small enough
/// to be held are parameters by themselves: see [`File`].
///
/// ```
/// use wsgiservice::{Application, FormStream, Problem, mount, resource, testing::Client};
///
/// #[mount("/sizes")]
/// struct Sizes;
///
/// #[resource]
/// impl Sizes {
///     #[limit(content = 1 << 30)]
///     async fn post(&self, mut form: FormStream) -> Result<Vec<(String, usize)>, Problem> {
///         let mut sizes = Vec::new();
///         while let Some(mut part) = form.next().await? {
///             let mut size = 0;
///             while let Some(piece) = part.next().await? {
///                 size += piece.len();
///             }
///             sizes.push((part.name().to_owned(), size));
///         }
///         Ok(sizes)
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("sizes").mount(Sizes));
/// let request = client.post("/sizes").header("content-type", "multipart/form-data; boundary=b");
/// let content = "--b\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\nfour\r\n--b--\r\n";
/// assert_eq!(request.body(content).send().await.text(), r#"[["a",4]]"#);
/// # }
/// ```
pub struct FormStream {
    multipart: Multipart<'static>,
    current: Option<Field<'static>>,
    /// How much was read since the last piece of content was given.
    ahead: Arc<AtomicUsize>,
}

/// A part of a form, as it comes.
///
/// [`FormStream`] gives them, one after the other.
pub struct Part<'a> {
    field: &'a mut Field<'static>,
    ahead: &'a AtomicUsize,
}

impl FormStream {
    /// # Errors
    /// A 400 where the media type has no boundary.
    pub(super) fn new(content: ContentStream, content_type: &str) -> Result<Self, Problem> {
        let boundary = multer::parse_boundary(content_type).map_err(problem)?;
        let ahead = Arc::new(AtomicUsize::new(0));
        let read = Arc::clone(&ahead);
        let pieces = stream::try_unfold((content, 0), move |(mut content, last)| {
            let read = Arc::clone(&read);
            async move {
                // The parser reads on for as long as there is something: so there is one piece at a time.
                tokio::task::yield_now().await;
                if read.load(Ordering::Relaxed) > last + HEAD {
                    let detail = "A part of the form has too large a head.";
                    return Err(Problem::bad_request(detail));
                }
                let Some(piece) = content.next().await? else { return Ok(None) };
                read.fetch_add(piece.len(), Ordering::Relaxed);
                let last = piece.len();
                Ok(Some((piece, (content, last))))
            }
        });
        Ok(Self { multipart: Multipart::new(pieces, boundary), current: None, ahead })
    }

    /// The next part, with what is left of the one before it passed over; nothing at the end.
    ///
    /// # Errors
    /// A problem to answer with: 400 where the form is malformed or the content breaks off, 413 where it goes over the
    /// limit.
    pub async fn next(&mut self) -> Result<Option<Part<'_>>, Problem> {
        if let Some(field) = &mut self.current {
            let mut rest = Part { field, ahead: &self.ahead };
            while rest.next().await?.is_some() {}
        }
        self.current = None;
        self.current = self.multipart.next_field().await.map_err(problem)?;
        let ahead = &self.ahead;
        Ok(self.current.as_mut().map(|field| Part { field, ahead }))
    }
}

impl Part<'_> {
    /// The name of the part; empty where it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.field.name().unwrap_or_default()
    }

    /// The name that the file has at the client, where it is a file: by no means a safe path.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        self.field.file_name()
    }

    /// The media type that the client states.
    #[must_use]
    pub fn media_type(&self) -> Option<&str> {
        self.field.headers().get(header::CONTENT_TYPE)?.to_str().ok()
    }

    /// The next piece of its content; nothing at the end.
    ///
    /// # Errors
    /// As [`FormStream::next`].
    pub async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        self.ahead.store(0, Ordering::Relaxed);
        self.field.chunk().await.map_err(problem)
    }

    /// The whole part.
    pub(super) async fn collect(mut self) -> Result<(String, File), Problem> {
        let name = self.name().to_owned();
        let file_name = self.file_name().map(str::to_owned);
        let media_type = self.media_type().map(str::to_owned);
        let mut pieces = Vec::new();
        while let Some(piece) = self.next().await? {
            pieces.push(piece);
        }
        let content = match <[Bytes; 1]>::try_from(pieces) {
            Ok([content]) => content,
            Err(pieces) => pieces.concat().into(),
        };
        Ok((name, File { file_name, media_type, content }))
    }
}

/// What was wrong with the form, or with the content before it came to that; never the content itself.
fn problem(error: multer::Error) -> Problem {
    let reason = match error {
        multer::Error::StreamReadFailed(error) => match error.downcast::<Problem>() {
            Ok(problem) => return *problem,
            Err(_) => "it was cut off",
        },
        multer::Error::NoBoundary
        | multer::Error::NoMultipart
        | multer::Error::DecodeContentType(_) => "its media type has no boundary",
        multer::Error::IncompleteStream | multer::Error::IncompleteFieldData { .. } => {
            "it ends before its last boundary"
        }
        _ => "a part of it has a malformed head",
    };
    Problem::bad_request(format!("The content is no multipart form: {reason}."))
}

impl fmt::Debug for FormStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FormStream")
    }
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Part").field("name", &self.name()).finish_non_exhaustive()
    }
}
