//! What a method may return, beside any value that has representations.

pub(crate) mod binary;
pub(crate) mod return_type;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use self::binary::Binary;
use crate::{http::body::Body, representation::Represent};

/// What a method's call gave, its value already represented.
#[derive(Debug)]
pub struct Outcome {
    pub(crate) status: StatusCode,
    pub(crate) head: Option<Box<ResponseHead>>,
    pub(crate) content: OutcomeContent,
}

/// What a method says beside its status and its content. Most say nothing, and so it has a box of its own.
#[derive(Debug, Default)]
pub(crate) struct ResponseHead {
    pub(crate) location: Option<String>,
    pub(crate) fields: Vec<(HeaderName, HeaderValue)>,
}

impl ResponseHead {
    fn location(location: String) -> Box<Self> {
        Box::new(Self { location: Some(location), ..Self::default() })
    }
}

/// The content of an outcome.
#[derive(Debug)]
pub(crate) enum OutcomeContent {
    /// None.
    Nothing,
    /// In the selected representation.
    Represented(Bytes),
    /// The method's own response, as it is.
    Verbatim(Box<(HeaderMap, Body)>),
    /// Bytes of a media type, of which parts can be asked for.
    Binary(Box<Binary>),
}

/// What a method may return that is more than its value: a status, a location.
///
/// Implemented by [`Created`], [`Accepted`], [`NoContent`], [`ResetContent`], [`Put`], the redirects and
/// [`http::Response`].
pub trait Answer {
    /// What is represented, where something is.
    type Value;

    /// The statuses it can have.
    const STATUSES: &'static [u16];

    /// Whether there is a value to be represented.
    const HAS_CONTENT: bool;

    /// Whether the answer is a whole response.
    const VERBATIM: bool = false;

    /// The status, the location and the value.
    fn into_parts(self) -> Parts<Self::Value>;
}

/// The parts of an answer.
#[derive(Debug)]
pub struct Parts<T> {
    pub(crate) status: StatusCode,
    pub(crate) head: Option<Box<ResponseHead>>,
    pub(crate) content: PartsContent<T>,
}

impl<T> Parts<T> {
    /// A 200 with this value.
    pub(crate) fn ok(value: T) -> Self {
        parts(StatusCode::OK, None, value)
    }
}

#[derive(Debug)]
pub(crate) enum PartsContent<T> {
    Nothing,
    Value(T),
    Verbatim(Box<(HeaderMap, Body)>),
    Binary(Box<Binary>),
}

/// 201: something was created, and this is where (RFC 9110, section 15.3.2).
///
/// A relative location is resolved against the path of the request, without its extension.
///
/// ```
/// use wsgiservice::{Application, Created, mount, resource, testing::Client};
///
/// #[mount("/notes")]
/// struct Notes;
///
/// #[resource]
/// impl Notes {
///     fn post(&self) -> Created<&'static str> {
///         Created::at("1", "saved")
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let response = Client::new(Application::new("notes").mount(Notes)).post("/notes").send().await;
/// assert_eq!(response.status(), 201);
/// assert_eq!(response.field("location"), Some("/notes/1"));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created<T> {
    location: String,
    value: T,
}

impl<T> Created<T> {
    /// Created at this location, with this to say about it.
    pub fn at(location: impl Into<String>, value: T) -> Self {
        Self { location: location.into(), value }
    }
}

/// 202: it will be done (RFC 9110, section 15.3.3).
///
/// ```
/// # use wsgiservice::{Accepted, Application, mount, resource, testing::Client};
/// #[mount("/jobs")]
/// struct Jobs;
///
/// #[resource]
/// impl Jobs {
///     fn post(&self) -> Accepted<&'static str> {
///         Accepted("queued")
///     }
/// }
/// # #[tokio::main]
/// # async fn main() {
/// # let client = Client::new(Application::new("jobs").mount(Jobs));
/// assert_eq!(client.post("/jobs").send().await.status(), 202);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted<T>(pub T);

/// 204: done, and there is nothing to say (RFC 9110, section 15.3.5).
///
/// A method that returns nothing at all answers the same.
///
/// ```
/// # use wsgiservice::{Application, NoContent, mount, resource, testing::Client};
/// #[mount("/lamp")]
/// struct Lamp;
///
/// #[resource]
/// impl Lamp {
///     fn delete(&self) -> NoContent {
///         NoContent
///     }
/// }
/// # #[tokio::main]
/// # async fn main() {
/// # let client = Client::new(Application::new("lamp").mount(Lamp));
/// assert_eq!(client.delete("/lamp").send().await.status(), 204);
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoContent;

/// 205: done, and the form may be cleared (RFC 9110, section 15.3.6).
///
/// ```
/// # use wsgiservice::{Application, ResetContent, mount, resource, testing::Client};
/// #[mount("/vote")]
/// struct Vote;
///
/// #[resource]
/// impl Vote {
///     fn post(&self) -> ResetContent {
///         ResetContent
///     }
/// }
/// # #[tokio::main]
/// # async fn main() {
/// # let client = Client::new(Application::new("vote").mount(Vote));
/// assert_eq!(client.post("/vote").send().await.status(), 205);
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResetContent;

/// What a `PUT` did: 201 or 200 (RFC 9110, section 9.3.4).
///
/// ```
/// # use wsgiservice::{Application, Put, mount, resource, testing::Client};
/// #[mount("/{id}")]
/// struct Document;
///
/// #[resource]
/// impl Document {
///     fn put(&self, id: u32) -> Put<&'static str> {
///         if id == 1 { Put::Replaced("new text") } else { Put::Created("first text") }
///     }
/// }
/// # #[tokio::main]
/// # async fn main() {
/// # let client = Client::new(Application::new("store").mount(Document));
/// assert_eq!(client.put("/1").send().await.status(), 200);
/// assert_eq!(client.put("/2").send().await.status(), 201);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "these are the two things that a PUT can do")]
pub enum Put<T> {
    /// There was none before.
    Created(T),
    /// There was one before.
    Replaced(T),
}

/// 300: there are several, and these they are (RFC 9110, section 15.4.1).
///
/// ```
/// # use wsgiservice::{Application, MultipleChoices, mount, resource, testing::Client};
/// #[mount("/manual")]
/// struct Manual;
///
/// #[resource]
/// impl Manual {
///     fn get(&self) -> MultipleChoices<[&'static str; 2]> {
///         MultipleChoices::of(["/manual/de", "/manual/en"]).preferring("/manual/en")
///     }
/// }
/// # #[tokio::main]
/// # async fn main() {
/// # let client = Client::new(Application::new("manuals").mount(Manual));
/// let response = client.get("/manual").send().await;
/// assert_eq!((response.status().as_u16(), response.field("location")), (300, Some("/manual/en")));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultipleChoices<T> {
    choices: T,
    preferred: Option<String>,
}

impl<T> MultipleChoices<T> {
    /// These choices.
    pub fn of(choices: T) -> Self {
        Self { choices, preferred: None }
    }

    /// With the one that a client may follow by itself.
    #[must_use]
    pub fn preferring(self, location: impl Into<String>) -> Self {
        Self { preferred: Some(location.into()), ..self }
    }
}

/// 200, with header fields that belong to the value.
///
/// ```
/// # use wsgiservice::{Application, WithFields, mount, resource, testing::Client};
/// use http::{HeaderValue, header};
///
/// #[mount("/poem")]
/// struct Poem;
///
/// #[resource]
/// impl Poem {
///     fn get(&self) -> WithFields<&'static str> {
///         WithFields::new("Grüezi").field(header::CONTENT_LANGUAGE, HeaderValue::from_static("gsw"))
///     }
/// }
/// # #[tokio::main]
/// # async fn main() {
/// # let client = Client::new(Application::new("poems").mount(Poem));
/// assert_eq!(client.get("/poem").send().await.field("content-language"), Some("gsw"));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithFields<T> {
    value: T,
    fields: Vec<(HeaderName, HeaderValue)>,
}

impl<T> WithFields<T> {
    /// This value, with no fields yet.
    pub fn new(value: T) -> Self {
        Self { value, fields: Vec::new() }
    }

    /// With a header field more.
    #[must_use]
    pub fn field(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.fields.push((name, value));
        self
    }
}

fn parts<T>(status: StatusCode, location: Option<String>, value: T) -> Parts<T> {
    Parts {
        status,
        head: location.map(ResponseHead::location),
        content: PartsContent::Value(value),
    }
}

impl<T: Represent> Answer for Created<T> {
    type Value = T;
    const STATUSES: &'static [u16] = &[201];
    const HAS_CONTENT: bool = true;

    fn into_parts(self) -> Parts<T> {
        parts(StatusCode::CREATED, Some(self.location), self.value)
    }
}

impl<T: Represent> Answer for WithFields<T> {
    type Value = T;
    const STATUSES: &'static [u16] = &[200];
    const HAS_CONTENT: bool = true;

    fn into_parts(self) -> Parts<T> {
        let head = Box::new(ResponseHead { fields: self.fields, ..ResponseHead::default() });
        Parts { head: Some(head), ..parts(StatusCode::OK, None, self.value) }
    }
}

impl<T: Represent> Answer for MultipleChoices<T> {
    type Value = T;
    const STATUSES: &'static [u16] = &[300];
    const HAS_CONTENT: bool = true;

    fn into_parts(self) -> Parts<T> {
        parts(StatusCode::MULTIPLE_CHOICES, self.preferred, self.choices)
    }
}

impl<T: Represent> Answer for Accepted<T> {
    type Value = T;
    const STATUSES: &'static [u16] = &[202];
    const HAS_CONTENT: bool = true;

    fn into_parts(self) -> Parts<T> {
        parts(StatusCode::ACCEPTED, None, self.0)
    }
}

impl<T: Represent> Answer for Put<T> {
    type Value = T;
    const STATUSES: &'static [u16] = &[200, 201];
    const HAS_CONTENT: bool = true;

    fn into_parts(self) -> Parts<T> {
        match self {
            Self::Created(value) => parts(StatusCode::CREATED, None, value),
            Self::Replaced(value) => parts(StatusCode::OK, None, value),
        }
    }
}

macro_rules! without_content {
    ($($type:ty: $status:literal $constant:ident;)*) => {$(
        impl Answer for $type {
            type Value = ();
            const STATUSES: &'static [u16] = &[$status];
            const HAS_CONTENT: bool = false;

            fn into_parts(self) -> Parts<()> {
                Parts {
                    status: StatusCode::$constant,
                    head: None,
                    content: PartsContent::Nothing,
                }
            }
        }
    )*};
}

without_content! {
    (): 204 NO_CONTENT;
    NoContent: 204 NO_CONTENT;
    ResetContent: 205 RESET_CONTENT;
}

macro_rules! redirects {
    ($($(#[$meta:meta])* $name:ident: $status:literal $constant:ident;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// To this location; a relative one is resolved against the path of the request.
            pub fn to(location: impl Into<String>) -> Self {
                Self(location.into())
            }
        }

        impl Answer for $name {
            type Value = ();
            const STATUSES: &'static [u16] = &[$status];
            const HAS_CONTENT: bool = false;

            fn into_parts(self) -> Parts<()> {
                Parts {
                    status: StatusCode::$constant,
                    head: Some(ResponseHead::location(self.0)),
                    content: PartsContent::Nothing,
                }
            }
        }
    )*};
}

redirects! {
    /// 301: it is elsewhere, for good (RFC 9110, section 15.4.2).
    ///
    /// ```
    /// # use wsgiservice::{Application, MovedPermanently, mount, resource, testing::Client};
    /// #[mount("/old")]
    /// struct Old;
    ///
    /// #[resource]
    /// impl Old {
    ///     fn get(&self) -> MovedPermanently {
    ///         MovedPermanently::to("/new")
    ///     }
    /// }
    /// # #[tokio::main]
    /// # async fn main() {
    /// # let client = Client::new(Application::new("old").mount(Old));
    /// let response = client.get("/old").send().await;
    /// assert_eq!((response.status().as_u16(), response.field("location")), (301, Some("/new")));
    /// # }
    /// ```
    MovedPermanently: 301 MOVED_PERMANENTLY;
    /// 302: it is elsewhere, today (RFC 9110, section 15.4.3). Used as [`MovedPermanently`] is.
    Found: 302 FOUND;
    /// 303: look there with a `GET` (RFC 9110, section 15.4.4). Used as [`MovedPermanently`] is.
    SeeOther: 303 SEE_OTHER;
    /// 307: ask there, with the same method (RFC 9110, section 15.4.8). Used as [`MovedPermanently`] is.
    TemporaryRedirect: 307 TEMPORARY_REDIRECT;
    /// 308: it is elsewhere, for good, for every method (RFC 9110, section 15.4.9). Used as [`MovedPermanently`] is.
    PermanentRedirect: 308 PERMANENT_REDIRECT;
}

impl<B> Answer for http::Response<B>
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<crate::http::body::BoxError>,
{
    type Value = ();
    const STATUSES: &'static [u16] = &[200];
    const HAS_CONTENT: bool = false;
    const VERBATIM: bool = true;

    fn into_parts(self) -> Parts<()> {
        let (head, body) = self.into_parts();
        Parts {
            status: head.status,
            head: None,
            content: PartsContent::Verbatim(Box::new((head.headers, Body::new(body)))),
        }
    }
}
