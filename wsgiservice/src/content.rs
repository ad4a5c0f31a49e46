//! The content of a request: read under a limit, and deserialised.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use mediatype::{MediaType, names};
use serde::de::DeserializeOwned;

use crate::{body::Body, parameters::Violation, problem::Problem};

/// How much content a method reads, in bytes.
const LIMIT: usize = 2 << 20;

/// The whole content of a request, deserialised.
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

/// Content that was read; empty where the method takes none.
#[derive(Debug, Default)]
pub(crate) struct ReadContent(Bytes);

impl ReadContent {
    pub(crate) fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Violation> {
        serde_json::from_slice(&self.0)
            .map_err(|error| Violation::content(error.line(), error.column()))
    }
}

/// Reads the content of a request for a method that takes one.
pub(crate) async fn read(
    method: &Method,
    fields: &HeaderMap,
    body: Body,
) -> Result<ReadContent, Problem> {
    if fields.contains_key(header::CONTENT_ENCODING) {
        let none = HeaderValue::from_static("identity");
        return Err(
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE).field(header::ACCEPT_ENCODING, none)
        );
    }
    let declared = body.size_hint().lower();
    if declared > LIMIT as u64 {
        return Err(too_large());
    }
    let declares_content = declared > 0 || !body.is_end_stream();
    if declares_content && !is_json(fields) {
        let json = HeaderValue::from_static("application/json");
        let accept = if *method == Method::PATCH { "accept-patch" } else { "accept" };
        let accept = http::HeaderName::from_static(accept);
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE).field(accept, json));
    }
    let bytes = collect(body).await?;
    if bytes.is_empty() {
        return Err(Problem::bad_request("The request has no content, and needs some."));
    }
    Ok(ReadContent(bytes))
}

async fn collect(mut body: Body) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::bad_request("The content was cut off."))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len().saturating_add(data.len()) > LIMIT {
            return Err(too_large());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE)
        .detail(format!("The content is over the limit of {LIMIT} bytes."))
}

fn is_json(fields: &HeaderMap) -> bool {
    let media_type = fields.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|text| MediaType::parse(text).ok());
    media_type.is_some_and(|media_type| {
        media_type.ty == names::APPLICATION
            && (media_type.subty == names::JSON || media_type.suffix == Some(names::JSON))
    })
}
