//! `multipart/form-data` (RFC 7578): forms with files.

use std::{fmt, pin::Pin};

use bytes::Bytes;
use futures_util::Stream;
use http::header;
use multer::{Field, Multipart};

use super::{bounded_input::BoundedInput, disposition::Disposition, parameters::Parameters};
use crate::problem::Problem;

/// The maximum length of a boundary (RFC 2046, section 5.1.1).
const MAX_BOUNDARY: usize = 70;

/// The parts of `multipart/form-data` content as a stream, for files that are too large for memory.
///
/// A method that takes it reads its parameters only from the path, the query and the header fields. A file that fits into
/// memory can be a parameter: see [`File`](crate::content::File).
///
/// ```
/// use wsgiservice::{Application, Problem, content::FormStream, mount, resource, testing::Client};
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
    current: Option<Box<(Field<'static>, Disposition)>>,
    input: BoundedInput,
}

/// A part of a form, as a stream.
///
/// [`FormStream::next`] returns the parts one after the other.
pub struct Part<'a> {
    field: &'a mut Field<'static>,
    disposition: &'a Disposition,
    input: &'a BoundedInput,
}

impl FormStream {
    /// # Errors
    /// A 400 if the media type has no valid boundary.
    pub(crate) fn new(
        content: impl Stream<Item = Result<Bytes, Problem>> + Send + 'static,
        content_type: &str,
    ) -> Result<Self, Problem> {
        let boundary = boundary(content_type).ok_or(problem(multer::Error::NoBoundary))?;
        let input = BoundedInput::new(content);
        let multipart = Multipart::new(input.clone(), boundary);
        Ok(Self { multipart, current: None, input })
    }

    /// Returns the next part, or `None` at the end; skips the rest of the previous part.
    ///
    /// # Errors
    /// A [`Problem`] to return: 400 if the form is malformed, if the content ends early or if it does not match its digest,
    /// 413 if it exceeds the limit.
    pub async fn next(&mut self) -> Result<Option<Part<'_>>, Problem> {
        if let Some((field, disposition)) = self.current.as_deref_mut() {
            let mut rest = Part { field, disposition, input: &self.input };
            while rest.next().await?.is_some() {}
        }
        self.current = None;
        let Self { multipart, input, .. } = self;
        let field = input.serve(|context| multipart.poll_next_field(context)).await?;
        let Some(field) = field.map_err(problem)? else {
            self.input.drain().await?;
            return Ok(None);
        };
        let disposition = Disposition::of(field.headers()).ok_or_else(malformed_header)?;
        let (field, disposition) = &mut **self.current.insert(Box::new((field, disposition)));
        Ok(Some(Part { field, disposition, input: &self.input }))
    }
}

/// The boundary that a media type states, if it is valid.
fn boundary(content_type: &str) -> Option<String> {
    let parameters = Parameters::read(content_type.as_bytes())?;
    let boundary = std::str::from_utf8(parameters.get("boundary")?).ok()?;
    (1..=MAX_BOUNDARY).contains(&boundary.len()).then(|| boundary.to_owned())
}

impl Part<'_> {
    /// Returns the name of the part; empty if it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.disposition.name
    }

    /// Returns the file name that the client states, if the part is a file.
    ///
    /// It is not a safe path.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        self.disposition.file_name.as_deref()
    }

    /// Returns the media type that the client states.
    #[must_use]
    pub fn media_type(&self) -> Option<&str> {
        self.field.headers().get(header::CONTENT_TYPE)?.to_str().ok()
    }

    /// Returns the next piece of the content, or `None` at the end.
    ///
    /// # Errors
    /// The errors of [`FormStream::next`].
    pub async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let Self { field, input, .. } = self;
        let piece = input.serve(|context| Pin::new(&mut **field).poll_next(context)).await?;
        piece.transpose().map_err(problem)
    }
}

/// Converts an error of the form, or of the content below it, without repeating any content.
fn problem(error: multer::Error) -> Problem {
    let reason = match error {
        multer::Error::StreamReadFailed(error) => match error.downcast::<Problem>() {
            Ok(problem) => return *problem,
            Err(_) => "the content ended early",
        },
        multer::Error::NoBoundary
        | multer::Error::NoMultipart
        | multer::Error::DecodeContentType(_) => "the media type has no valid boundary",
        multer::Error::IncompleteStream | multer::Error::IncompleteFieldData { .. } => {
            "the last boundary is missing"
        }
        _ => return malformed_header(),
    };
    malformed(reason)
}

fn malformed_header() -> Problem {
    malformed("a part has a malformed header")
}

fn malformed(reason: &str) -> Problem {
    Problem::bad_request(format!("The content is not a valid multipart form: {reason}."))
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
