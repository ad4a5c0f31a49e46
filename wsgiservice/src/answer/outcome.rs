//! From a return type to the outcome of a call.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::{binary::Binary, events::Events, page::PageExtent, sealed::Sealed};
use crate::http::{
    body::{Body, BoxError},
    entity_tag::EntityTag,
};

/// The result of calling a method, with its value already written in the selected representation.
#[derive(Debug)]
pub struct Outcome {
    pub(crate) status: StatusCode,
    pub(crate) head: Option<Box<ResponseHead>>,
    pub(crate) content: OutcomeContent,
}

impl Outcome {
    /// Whether the method may have set header fields itself.
    pub(crate) fn has_own_fields(&self) -> bool {
        let is_whole =
            matches!(self.content, OutcomeContent::Verbatim(_) | OutcomeContent::Events(_));
        self.head.is_some() || is_whole
    }
}

/// The location and the header fields that a method sets. Boxed, since most methods set none.
#[derive(Debug, Default)]
pub(crate) struct ResponseHead {
    pub(crate) location: Option<String>,
    /// The entity tag of the resource at the location.
    pub(crate) etag: Option<EntityTag>,
    pub(crate) fields: Vec<(HeaderName, HeaderValue)>,
    /// The page that the value is, for its links.
    pub(crate) page: Option<PageExtent>,
}

impl ResponseHead {
    pub(super) fn location(location: String) -> Box<Self> {
        Box::new(Self { location: Some(location), ..Self::default() })
    }

    /// Whether the response is about another resource.
    pub(crate) fn has_location(&self) -> bool {
        self.location.is_some() || self.fields.iter().any(|(name, _)| *name == header::LOCATION)
    }
}

/// The content of an outcome.
#[derive(Debug)]
pub(crate) enum OutcomeContent {
    Nothing,
    /// In the selected representation.
    Represented(Bytes),
    /// The method's own response, unchanged.
    Verbatim(Box<(HeaderMap, Body)>),
    /// Bytes of a media type, which support range requests.
    Binary(Box<Binary>),
    /// Events, until the server stops.
    Events(Box<Events>),
}

/// A return type that sets more of the response than its value: a status, a location.
///
/// Implemented by the types of [`answer`](crate::answer) and by [`http::Response`]; other crates cannot implement it.
pub trait IntoAnswer: Sealed {
    /// The value to represent, or `()` without one.
    type Value;

    /// The possible statuses.
    const STATUSES: &'static [u16];

    /// Whether there is a value to represent.
    const HAS_CONTENT: bool;

    /// Whether it is a complete response, sent without negotiation.
    const VERBATIM: bool = false;

    /// Whether it is a page of a list.
    #[doc(hidden)]
    const IS_PAGE: bool = false;

    /// The media type that it always has, if that is declared.
    #[doc(hidden)]
    const MEDIA_TYPE: Option<&'static str> = None;

    /// Splits it into the status, the location and the value.
    #[doc(hidden)]
    fn into_parts(self) -> Parts<Self::Value>;
}

/// The parts of an [`IntoAnswer`] type.
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

impl Parts<()> {
    /// This status, without content.
    pub(super) fn empty(status: StatusCode, head: Option<Box<ResponseHead>>) -> Self {
        Self { status, head, content: PartsContent::Nothing }
    }
}

#[derive(Debug)]
pub(crate) enum PartsContent<T> {
    Nothing,
    Value(T),
    Verbatim(Box<(HeaderMap, Body)>),
    Binary(Box<Binary>),
    Events(Box<Events>),
}

pub(super) fn parts<T>(status: StatusCode, location: Option<String>, value: T) -> Parts<T> {
    Parts {
        status,
        head: location.map(ResponseHead::location),
        content: PartsContent::Value(value),
    }
}

impl<B> Sealed for http::Response<B> {}

impl<B> IntoAnswer for http::Response<B>
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
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
