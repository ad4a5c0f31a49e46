//! The content of a request: read under a limit, and understood by its media type.

mod coding;
mod format;
mod patch;

use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;

pub use self::patch::Patch;
use self::{coding::Codings, format::Format};
use crate::{body::Body, digest, parameters::Violation, problem::Problem, request::Request};

/// The whole content of a request, deserialised by its media type: JSON or a form.
///
/// ```
/// use std::collections::BTreeMap;
/// use wsgiservice::{Application, Content, mount, resource, testing::Client};
///
/// #[mount("/count")]
/// struct Count;
///
/// #[resource]
/// impl Count {
///     fn post(&self, content: Content<BTreeMap<String, String>>) -> usize {
///         content.into_inner().len()
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("count").mount(Count));
/// let request = client.post("/count").header("content-type", "application/json");
/// assert_eq!(request.body(r#"{"a": "b"}"#).send().await.text(), "1");
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content<T>(T);

impl<T> Content<T> {
    /// Content of this value, as where one resource calls the method of another.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// What an operation does with content.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Use {
    /// It deserialises the whole, and so needs some.
    pub(crate) whole: bool,
    /// It takes the bytes as they are, of whatever media type.
    pub(crate) bytes: bool,
    /// It looks for parameters there.
    pub(crate) parameters: bool,
}

/// Content that was read; empty where the method takes none.
#[derive(Debug, Default)]
pub(crate) struct ReadContent {
    bytes: Bytes,
    format: Option<Format>,
    parameters: Vec<(String, String)>,
}

impl Use {
    pub(crate) fn is_any(self) -> bool {
        self.whole || self.bytes || self.parameters
    }

    /// The media types that are understood, for `Accept`, `Accept-Post` and `Accept-Patch`.
    pub(crate) fn media_types(self) -> HeaderValue {
        HeaderValue::from_static(if self.bytes { "*/*" } else { format::MEDIA_TYPES })
    }

    fn needs_format(self) -> bool {
        self.whole || !self.bytes
    }
}

impl ReadContent {
    pub(crate) fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    pub(crate) fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Violation> {
        match self.format {
            Some(format) => format.deserialize(&self.bytes),
            None => Err(Violation::content("It is missing.")),
        }
    }

    /// The values of a parameter, in order.
    pub(crate) fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.parameters.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Reads the content of a request, for what an operation does with it.
pub(crate) async fn read(
    request: &Request,
    usage: Use,
    limit: usize,
    body: Body,
) -> Result<ReadContent, Problem> {
    let fields = request.fields();
    let codings = Codings::of(fields)?;
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large(limit));
    }
    let format = Format::of(fields);
    if usage.needs_format() && format.is_none() && !body.is_end_stream() {
        return Err(unsupported(request.method(), usage));
    }
    let bytes = collect(body, limit).await?;
    digest::verify(fields, &bytes)?;
    if bytes.is_empty() {
        return empty(usage);
    }
    let bytes = codings.decode(bytes, limit)?;
    let parameters = match format {
        Some(format) if usage.parameters => format.parameters(&bytes),
        _ => Ok(Vec::new()),
    };
    let parameters = parameters
        .map_err(|violation| Problem::violations(StatusCode::BAD_REQUEST, vec![violation]))?;
    Ok(ReadContent { bytes, format, parameters })
}

fn empty(usage: Use) -> Result<ReadContent, Problem> {
    if usage.whole {
        return Err(Problem::bad_request("The request has no content, and needs some."));
    }
    Ok(ReadContent::default())
}

fn unsupported(method: &Method, usage: Use) -> Problem {
    let name = if *method == Method::PATCH {
        HeaderName::from_static("accept-patch")
    } else {
        header::ACCEPT
    };
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE).field(name, usage.media_types())
}

async fn collect(mut body: Body, limit: usize) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::bad_request("The content was cut off."))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len().saturating_add(data.len()) > limit {
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

fn too_large(limit: usize) -> Problem {
    let detail = format!("The content is over the limit of {limit} bytes.");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE).detail(detail)
}
