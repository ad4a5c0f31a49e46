//! The content of a request: read within a limit, and deserialised by its media type.

mod file;
mod media_type;
mod members;
mod patch;
mod patience;
#[cfg(feature = "garde")]
pub(crate) mod rules;
mod stream;

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use http_body::Body as _;
use serde::de::DeserializeOwned;

#[cfg(not(feature = "multipart"))]
pub(crate) use self::file::File;
#[cfg(feature = "multipart")]
pub use self::file::File;
pub(crate) use self::{
    media_type::MediaType,
    members::{Member, Written},
    patch::MERGE_PATCH_MEMBER,
    patience::Patience,
};
use self::{members::Members, stream::Use};
pub use self::{patch::Patch, stream::ContentStream};
#[cfg(not(feature = "multipart"))]
use crate::formats::form::multipart::FormStream;
#[cfg(feature = "multipart")]
pub use crate::formats::form::multipart::{FormStream, Part};
pub use crate::http::body::{Body, BoxError};
use crate::{
    formats::coding::decode::Codings,
    http::{
        digest::{Expected, Mismatch},
        incoming::Request,
        known_fields::KnownField,
    },
    limits::Limits,
    problem::{Problem, violation::Violation},
};

/// The media type of a merge patch (RFC 7396).
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";

/// The complete content of a request, deserialised by its media type: JSON, XML, or a URL-encoded or multipart form.
///
/// If `T` has a schema ([`schemars::JsonSchema`]) with more structure than names with texts or lists of texts, no form can
/// carry its values. Then forms are not offered, and get a 415.
///
/// A struct is read from an object, and not from a list of its values, unless serde buffers it (`flatten`, enums that are
/// tagged internally or not at all). A violation has the path of the member, such as `lines[0].quantity`, and what its type
/// expects, but never the value.
///
/// A value that does not fit `T` is the only violation of the content, and its rules are then not checked: serde stops at the
/// first.
///
/// If the content is optional, use `Option<Content<T>>`.
///
/// `#[validate(…)]` and `#[schemars(…)]` on a member are part of its schema, but nothing checks them, nor the rules of a member
/// whose type has `#[derive(Parameter)]`. With the feature `garde`, the rules of `#[derive(garde::Validate)]` on `T` are checked before the method is called. What
/// breaks one is a violation with the path of the member, together with all others, and the schema has the rules. The name
/// in a path is that on the wire if the schema has it, also if serde renames the members of a struct by a case; other
/// names are those in the code. The context of the rules is its `Default`. If `T` is a type parameter of the resource, its
/// bounds must include `garde::Validate`.
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
///
/// # Rules
///
#[cfg_attr(feature = "garde", doc = "```")]
#[cfg_attr(not(feature = "garde"), doc = "```ignore")]
/// use wsgiservice::{Application, Content, Parameter, mount, resource, testing::Client};
///
/// #[derive(serde::Deserialize, garde::Validate)]
/// struct Room {
///     #[garde(dive)]
///     name: Name,
///     #[garde(range(min = 1))]
///     seats: u32,
/// }
///
/// #[derive(Parameter, serde::Deserialize, garde::Validate)]
/// #[validate(len = 1..=20)] // as an argument
/// #[garde(transparent)]
/// struct Name(#[garde(length(chars, min = 1, max = 20))] String); // as a member
///
/// #[mount("/rooms")]
/// struct Rooms;
///
/// #[resource]
/// impl Rooms {
///     fn post(&self, content: Content<Room>) -> String {
///         let Room { name, seats } = content.into_inner();
///         format!("{} has {seats} seats", name.0)
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("rooms").mount(Rooms));
/// let post = |name: &str, seats: i32| client.post("/rooms").json(&serde_json::json!({"name": name, "seats": seats}));
/// assert_eq!(post("Aare", 7).send().await.json::<String>(), "Aare has 7 seats");
/// let errors = async |name: &str, seats: i32| post(name, seats).send().await.text().matches(r#""code""#).count();
/// assert_eq!(errors("", 0).await, 2); // all broken rules
/// assert_eq!(errors("", -1).await, 1); // one value does not fit its type, so no rule is checked
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content<T>(T);

impl<T> Content<T> {
    /// Creates content from a value, for example to call the method of another resource.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// How an operation uses content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ContentUse {
    /// How it takes the content as a whole.
    pub(crate) whole: WholeContent,
    /// Whether the content may hold parameters.
    pub(crate) parameters: bool,
    /// Whether it requires a file, which only a multipart form can have.
    pub(crate) needs_file: bool,
    /// Whether the deserialised value has more structure than a form can carry.
    pub(crate) has_structure: bool,
    /// Whether a merge patch is offered beside other JSON.
    pub(crate) merge_patch: bool,
}

/// How an operation takes the content as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum WholeContent {
    /// Not at all.
    #[default]
    Nothing,
    /// As a deserialised value.
    Value,
    /// As bytes of any media type.
    Bytes,
    /// As a stream of any media type.
    Stream,
    /// As a stream of the parts of a form.
    Form,
}

impl ContentUse {
    pub(crate) fn is_any(self) -> bool {
        self != Self::default()
    }

    /// Whether the operation takes the content as a whole.
    pub(crate) fn is_whole(self) -> bool {
        self.whole != WholeContent::Nothing
    }

    /// Whether the content has a schema: bytes of any media type have none.
    pub(crate) fn has_schema(self) -> bool {
        !self.is_of_any_type()
    }

    /// The supported media types.
    pub(crate) fn media_types(self) -> Vec<&'static str> {
        if self.is_of_any_type() {
            return vec!["*/*"];
        }
        let all = MediaType::supported().filter(|media_type| self.reads(*media_type));
        let mut names: Vec<_> = all.flat_map(MediaType::names).copied().collect();
        if self.merge_patch && !self.needs_file {
            names.insert(1, MERGE_PATCH);
        }
        names
    }

    /// The supported media types, as the value of `Accept`, `Accept-Patch`, `Accept-Post` and `Accept-Query`.
    pub(crate) fn accept(self) -> HeaderValue {
        let media_types = self.media_types().join(", ");
        HeaderValue::try_from(media_types).unwrap_or(HeaderValue::from_static("*/*"))
    }

    fn understands(self, media_type: Option<MediaType>) -> bool {
        self.is_of_any_type() || media_type.is_some_and(|media_type| self.reads(media_type))
    }

    fn is_of_any_type(self) -> bool {
        !self.needs_file && matches!(self.whole, WholeContent::Bytes | WholeContent::Stream)
    }

    fn reads(self, media_type: MediaType) -> bool {
        if self.needs_file {
            return media_type == MediaType::Multipart;
        }
        match self.whole {
            WholeContent::Nothing => media_type.has_members(),
            WholeContent::Value => match media_type {
                MediaType::Json | MediaType::Xml => true,
                MediaType::Form | MediaType::Multipart => !self.has_structure,
            },
            WholeContent::Bytes | WholeContent::Stream => true,
            WholeContent::Form => media_type == MediaType::Multipart,
        }
    }
}

/// Content that was read, or that the method reads itself; `None` if the method takes no content.
#[derive(Debug, Default)]
pub(crate) struct ReadContent(Option<Box<Read>>);

#[derive(Debug)]
struct Read {
    bytes: Bytes,
    media_type: Option<MediaType>,
    /// The members, or why they cannot be read.
    members: Result<Members, Violation>,
    /// Whether the content has nothing but parameters, since it is not taken as a whole.
    is_of_parameters: bool,
    /// The maximum number of entries of a list, and of members of an object.
    elements: usize,
    unread: Mutex<Option<Unread>>,
}

/// Content that the method reads itself.
#[derive(Debug)]
enum Unread {
    Stream(ContentStream),
    Form(FormStream),
}

impl Default for Read {
    fn default() -> Self {
        Self {
            bytes: Bytes::new(),
            media_type: None,
            members: Ok(Members::default()),
            is_of_parameters: false,
            elements: 0,
            unread: Mutex::default(),
        }
    }
}

impl From<Unread> for ReadContent {
    fn from(unread: Unread) -> Self {
        Self(Some(Box::new(Read { unread: Mutex::new(Some(unread)), ..Read::default() })))
    }
}

impl ReadContent {
    pub(crate) fn bytes(&self) -> Bytes {
        self.0.as_ref().map(|read| read.bytes.clone()).unwrap_or_default()
    }

    pub(crate) fn stream(&self) -> Option<ContentStream> {
        match self.take_unread()? {
            Unread::Stream(stream) => Some(stream),
            Unread::Form(_) => None,
        }
    }

    pub(crate) fn form(&self) -> Option<FormStream> {
        match self.take_unread()? {
            Unread::Form(form) => Some(form),
            Unread::Stream(_) => None,
        }
    }

    fn take_unread(&self) -> Option<Unread> {
        let unread = &self.0.as_ref()?.unread;
        unread.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Returns whether the content is absent: it has no bytes, and is not an empty form.
    pub(crate) fn is_empty(&self) -> bool {
        let is_empty =
            |read: &Read| read.bytes.is_empty() && read.media_type != Some(MediaType::Form);
        self.0.as_deref().is_none_or(is_empty)
    }

    pub(crate) fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Violation> {
        let read = self.0.as_ref().filter(|_| !self.is_empty());
        let read = read.ok_or_else(Violation::no_content)?;
        match read.media_type {
            Some(MediaType::Multipart) => {
                let members = read.members.as_ref().map_err(Violation::clone)?;
                media_type::deserialize_members(members)
            }
            Some(media_type) => media_type.deserialize(&read.bytes, read.elements),
            None => Err(Violation::no_content()),
        }
    }

    /// Returns whether there is content that has nothing but parameters.
    pub(crate) fn is_of_parameters(&self) -> bool {
        !self.is_empty() && self.0.as_deref().is_some_and(|read| read.is_of_parameters)
    }

    /// Returns why the parameters in the content cannot be read.
    pub(crate) fn violation(&self) -> Option<&Violation> {
        let read = self.0.as_deref().filter(|read| read.is_of_parameters)?;
        read.members.as_ref().err()
    }

    /// Returns whether it is a form by its media type, and looks like JSON: `curl -d` sends it so.
    pub(crate) fn looks_like_json_in_form(&self) -> bool {
        let is_json = |text: &[u8]| matches!(text.trim_ascii_start(), [b'{' | b'[', ..]);
        self.0
            .as_deref()
            .is_some_and(|read| read.media_type == Some(MediaType::Form) && is_json(&read.bytes))
    }

    /// Returns the names of the members, each once; none if the content is malformed.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let members = self.0.iter().filter_map(|read| read.members.as_ref().ok());
        members.flat_map(Members::names)
    }

    /// Returns the members with this name, in order.
    ///
    /// # Errors
    /// A violation if the content is malformed.
    pub(crate) fn members(&self, name: &str) -> Result<&[Member], Violation> {
        let Some(read) = &self.0 else { return Ok(&[]) };
        read.members.as_ref().map(|members| members.named(name)).map_err(Violation::clone)
    }
}

/// Decides what can be decided before the content is read; returns the digests to verify.
///
/// # Errors
/// A 413 or a 415, or a 400 if the header fields contradict themselves.
pub(crate) fn admit(
    request: &Request,
    usage: ContentUse,
    limits: &Limits,
    body: &Body,
) -> Result<Expected, Problem> {
    let length = body.size_hint();
    if length.lower() > limits.content as u64 {
        return Err(too_large(limits.content));
    }
    let is_partial = || request.fields().contains_key(header::CONTENT_RANGE);
    if *request.method() == Method::PUT && is_partial() {
        // A part must not replace the whole (RFC 9110, section 14.5).
        return Err(Problem::bad_request("A PUT with Content-Range is not supported."));
    }
    // Content of unknown length is there if the client waits to be asked for it.
    let is_expected = length.exact().is_none() && request.has(KnownField::Expectation);
    if usage.is_any() && (length.lower() > 0 || is_expected) {
        check_format(request, usage, limits)?;
    }
    if !request.has(KnownField::StatedDigest) {
        return Ok(Expected::default());
    }
    Expected::of(request.fields()).map_err(|it| mismatch(&it))
}

/// Checks that the operation can read the media type; returns the content codings.
fn check_format(request: &Request, usage: ContentUse, limits: &Limits) -> Result<Codings, Problem> {
    let fields = request.fields();
    let mut types = fields.get_all(header::CONTENT_TYPE).iter();
    if let Some(first) = types.next()
        && types.any(|other| other != first)
    {
        return Err(Problem::bad_request("The fields Content-Type contradict each other."));
    }
    let codings = Codings::of(fields, limits)?;
    let media_type = MediaType::of(request.method(), fields);
    match usage.understands(media_type) {
        true => Ok(codings),
        false => Err(unsupported(request, media_type, usage)),
    }
}

/// Reads admitted content as an operation uses it.
///
/// # Errors
/// A 413, a 415, a 400 if the content ends early, cannot be decoded or does not match its digest, or a 408 if it does not
/// arrive in time.
pub(crate) async fn read(
    request: &Request,
    usage: ContentUse,
    limits: &Limits,
    patience: Patience,
    digests: Expected,
    body: &mut Body,
) -> Result<ReadContent, Problem> {
    // Content that the operation does not use is read only to verify its digests.
    if !usage.is_any() && digests.is_empty() {
        return Ok(ReadContent::default());
    }
    // Boxed, because the future would enlarge that of every request, and few have content.
    let body = patience.wait_for(std::mem::take(body));
    Box::pin(receive(request, usage, limits, body, digests)).await
}

async fn receive(
    request: &Request,
    usage: ContentUse,
    limits: &Limits,
    body: Body,
    digests: Expected,
) -> Result<ReadContent, Problem> {
    let fields = request.fields();
    if !usage.is_any() {
        ContentStream::new(body, &Codings::default(), digests, limits.content, Use::Whole)
            .collect()
            .await?;
        return Ok(ReadContent::default());
    }
    let (is_there, body) = body.peeked().await;
    let codings = if is_there { check_format(request, usage, limits)? } else { Codings::default() };
    let media_type = MediaType::of(request.method(), fields);
    let use_of = match usage.whole {
        WholeContent::Stream | WholeContent::Form => Use::Stream,
        WholeContent::Nothing | WholeContent::Value | WholeContent::Bytes => Use::Whole,
    };
    let content = ContentStream::new(body, &codings, digests, limits.content, use_of);
    let content_type = media_type::content_type(fields);
    match usage.whole {
        WholeContent::Stream => Ok(Unread::Stream(content).into()),
        WholeContent::Form => {
            Ok(Unread::Form(FormStream::new(content.into_pieces(), content_type)?).into())
        }
        WholeContent::Nothing | WholeContent::Value | WholeContent::Bytes => {
            let bytes = content.collect().await?;
            let is_in_parts =
                usage.whole == WholeContent::Value && media_type == Some(MediaType::Multipart);
            let members = match media_type {
                Some(media_type) if (usage.parameters || is_in_parts) && !bytes.is_empty() => {
                    let (is_whole, elements) = (usage.is_whole(), limits.elements);
                    media_type::members(media_type, content_type, &bytes, is_whole, elements).await
                }
                _ => Ok(Members::default()),
            };
            let is_of_parameters = usage.parameters && !usage.is_whole();
            let (elements, unread) = (limits.elements, Mutex::default());
            let read = Read { bytes, media_type, members, is_of_parameters, elements, unread };
            Ok(ReadContent(Some(Box::new(read))))
        }
    }
}

/// Returns the name of the field of a 415 that lists the media types that a method reads (RFC 9110, section 15.5.16;
/// RFC 5789, section 2.2; RFC 10008, section 3).
pub(crate) fn media_types_field(method: &str) -> &'static str {
    match method {
        "PATCH" => "Accept-Patch",
        "QUERY" => "Accept-Query",
        _ => "Accept",
    }
}

fn unsupported(request: &Request, media_type: Option<MediaType>, usage: ContentUse) -> Problem {
    let method = request.method();
    let media_types = usage.accept();
    let supported = media_types.to_str().unwrap_or_default();
    let mut detail = format!("Supported media types: {supported}.");
    // The content is not read. `curl -d` sends any content with this media type.
    if media_type == Some(MediaType::Form) && usage.reads(MediaType::Json) {
        detail.push_str(" The request states that its content is a form; JSON needs `Content-Type: application/json`.");
    }
    let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE).detail(detail);
    match HeaderName::try_from(media_types_field(method.as_str())) {
        Ok(name) => problem.field(name, media_types),
        Err(_) => problem,
    }
}

fn mismatch(mismatch: &Mismatch) -> Problem {
    Problem::bad_request(mismatch.to_string())
}

fn too_large(limit: usize) -> Problem {
    let detail = format!("The content exceeds the limit of {limit} bytes.");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE).detail(detail)
}
