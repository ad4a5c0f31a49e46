//! The types that a method can return, apart from values with representations.

mod binary;
mod events;
pub mod media_type;
pub(crate) mod method_return;
pub(crate) mod outcome;
mod page;
mod redirect;
pub(crate) mod return_type;

use http::{HeaderName, HeaderValue, StatusCode};

pub use self::{
    binary::Binary,
    events::{Event, Events, IsEvent},
    method_return::MethodReturn,
    outcome::IntoAnswer,
    page::Page,
    redirect::{
        Found, MovedPermanently, MultipleChoices, PermanentRedirect, SeeOther, TemporaryRedirect,
    },
};
pub(crate) use self::{binary::Piece, events::MEDIA_TYPE as EVENT_STREAM, page::PageExtent};
use self::{
    outcome::{Parts, ResponseHead, parts},
    sealed::Sealed,
};
use crate::http::entity_tag::EntityTag;
pub use crate::representation::{OwnRepresentation, Represent};

/// Keeps other crates from implementing [`IntoAnswer`].
mod sealed {
    #[expect(unnameable_types, reason = "no other crate may name it")]
    pub trait Sealed {}
}

/// 201: a resource was created, with its location (RFC 9110, section 15.3.2).
///
/// A relative location is resolved against the path of the request, without its extension. Inside a host that may have
/// removed a prefix it stays relative; see [`Application::base`](crate::Application::base).
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
///
/// The response to a `PUT` or a `PATCH` has the entity tag of the new state of its resource without further ado. A `Created` is
/// about another resource, whose hook `etag` is not asked: its `authorize` has not seen the request, and the method has just
/// written what the hook would read. So the method states the tag, with [`etag`](Self::etag).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created<T> {
    location: String,
    etag: Option<EntityTag>,
    value: T,
}

impl<T> Created<T> {
    /// Creates a 201 with this location, and this value as content.
    pub fn at(location: impl Into<String>, value: T) -> Self {
        Self { location: location.into(), etag: None, value }
    }

    /// States the entity tag of the new resource, as its hook `etag` gives it, so that the client need not ask for it before it
    /// changes the resource (RFC 9110, section 15.3.2).
    ///
    /// It is sent as the tag of the representation that a `GET` of the location by this client would select.
    ///
    /// ```
    /// # use wsgiservice::{Application, Created, EntityTag, mount, resource, testing::Client};
    /// # #[mount("/notes/{id}")]
    /// # struct Note;
    /// #[resource]
    /// impl Note {
    ///     fn etag(&self, id: u32) -> Option<EntityTag> {
    ///         Some(EntityTag::strong(id))
    ///     }
    ///
    ///     fn get(&self, id: u32) -> u32 {
    ///         id
    ///     }
    /// }
    ///
    /// # #[mount("/notes")]
    /// # struct Notes;
    /// #[resource]
    /// impl Notes {
    ///     fn post(&self) -> Created<&'static str> {
    ///         Created::at(Note::path(7), "saved").etag(EntityTag::strong(7))
    ///     }
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() {
    /// # let client = Client::new(Application::new("notes").mount(Note).mount(Notes));
    /// let created = client.post("/notes").send().await;
    /// assert_eq!(created.field("etag"), Some("\"7_json\""));
    /// assert_eq!(client.get("/notes/7").send().await.field("etag"), created.field("etag"));
    /// # }
    /// ```
    #[must_use]
    pub fn etag(self, etag: EntityTag) -> Self {
        Self { etag: Some(etag), ..self }
    }
}

/// 202: accepted, to be processed later (RFC 9110, section 15.3.3).
///
/// ```
/// # use wsgiservice::{Application, answer::Accepted, mount, resource, testing::Client};
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

/// 204: success, without content (RFC 9110, section 15.3.5).
///
/// A method without a return type responds the same.
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

/// 205: success; the client should reset its form (RFC 9110, section 15.3.6).
///
/// ```
/// # use wsgiservice::{Application, answer::ResetContent, mount, resource, testing::Client};
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

/// The result of a `PUT`: 201 or 200 (RFC 9110, section 9.3.4).
///
/// ```
/// # use wsgiservice::{Application, answer::Put, mount, resource, testing::Client};
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
#[expect(clippy::exhaustive_enums, reason = "a PUT with content has these two results only")]
pub enum Put<T> {
    /// 201: the resource did not exist before.
    Created(T),
    /// 200: the resource existed before.
    Replaced(T),
}

/// A value whose response is a 200 or a 503, for the health of the service.
#[derive(Clone, Debug)]
pub(crate) struct WithStatus<T> {
    pub(crate) status: StatusCode,
    pub(crate) value: T,
}

/// What a method returns, with additional header fields.
///
/// It can be around every type that a method can return: around a value, a [`Created`], a [`NoContent`], a [`Binary`], a
/// redirect. An `Option` or a `Result` can be on either side: the fields within it are sent on success only, and those around
/// it also with the 404 or the problem.
///
/// A field replaces the `Content-Type` of the response; others are added to it.
///
/// ```
/// # use wsgiservice::{Application, Created, answer::WithFields, mount, resource, testing::Client};
/// use wsgiservice::http::{HeaderName, HeaderValue, header};
///
/// #[mount("/poem")]
/// struct Poem;
///
/// #[resource]
/// impl Poem {
///     fn get(&self, verse: u32) -> WithFields<Option<&'static str>> {
///         let verse = (verse == 1).then_some("Grüezi");
///         WithFields::new(verse).field(header::CONTENT_LANGUAGE, HeaderValue::from_static("gsw"))
///     }
///
///     fn post(&self) -> WithFields<Created<u32>> {
///         let name = HeaderName::from_static("x-version");
///         WithFields::new(Created::at("2", 2)).field(name, HeaderValue::from_static("7"))
///     }
/// }
/// # #[tokio::main]
/// # async fn main() {
/// # let client = Client::new(Application::new("poems").mount(Poem));
/// let missing = client.get("/poem?verse=9").send().await;
/// assert_eq!((missing.status().as_u16(), missing.field("content-language")), (404, Some("gsw")));
/// let created = client.post("/poem").send().await;
/// assert_eq!((created.status().as_u16(), created.field("x-version")), (201, Some("7")));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithFields<T> {
    pub(crate) value: T,
    pub(crate) fields: Vec<(HeaderName, HeaderValue)>,
}

impl<T> WithFields<T> {
    /// Puts no fields around a return value yet.
    pub fn new(value: T) -> Self {
        Self { value, fields: Vec::new() }
    }

    /// Adds a header field.
    #[must_use]
    pub fn field(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.fields.push((name, value));
        self
    }
}

impl<T> Sealed for Created<T> {}

impl<T: Represent> IntoAnswer for Created<T> {
    type Value = T;
    const STATUSES: &'static [u16] = &[201];
    const HAS_CONTENT: bool = true;

    fn into_parts(self) -> Parts<T> {
        let head = ResponseHead { etag: self.etag, ..*ResponseHead::location(self.location) };
        Parts { head: Some(Box::new(head)), ..parts(StatusCode::CREATED, None, self.value) }
    }
}

impl<T> Sealed for Accepted<T> {}

impl<T: Represent> IntoAnswer for Accepted<T> {
    type Value = T;
    const STATUSES: &'static [u16] = &[202];
    const HAS_CONTENT: bool = true;

    fn into_parts(self) -> Parts<T> {
        parts(StatusCode::ACCEPTED, None, self.0)
    }
}

impl<T> Sealed for WithStatus<T> {}

impl<T: Represent> IntoAnswer for WithStatus<T> {
    type Value = T;
    const STATUSES: &'static [u16] = &[200, 503];
    const HAS_CONTENT: bool = true;

    fn into_parts(self) -> Parts<T> {
        parts(self.status, None, self.value)
    }
}

impl<T> Sealed for Put<T> {}

impl<T: Represent> IntoAnswer for Put<T> {
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
        impl Sealed for $type {}

        impl IntoAnswer for $type {
            type Value = ();
            const STATUSES: &'static [u16] = &[$status];
            const HAS_CONTENT: bool = false;

            fn into_parts(self) -> Parts<()> {
                Parts::empty(StatusCode::$constant, None)
            }
        }
    )*};
}

without_content! {
    (): 204 NO_CONTENT;
    NoContent: 204 NO_CONTENT;
    ResetContent: 205 RESET_CONTENT;
}
