//! The media types of content that are supported, and how content of each is read.
//!
//! Violations give the position and the expectation, never the content itself.

use bytes::Bytes;
use http::{HeaderMap, Method, header};
use mediatype::{Name, names};
use serde::de::DeserializeOwned;

use super::{
    ContentStream, MERGE_PATCH,
    members::{Member, Members, Written},
    stream::Use,
};
use crate::{
    formats::{
        coding::decode::Codings,
        form::{
            self,
            multipart::{FormStream, Part},
        },
        json, xml,
    },
    http::{digest::Expected, urlencoded::bounded_pairs},
    problem::{Problem, place::Place, violation::Violation},
};

/// A media type of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MediaType {
    Json,
    Form,
    Multipart,
    Xml,
}

impl MediaType {
    /// All media types, in the order in which they are documented.
    const ALL: [Self; 4] = [Self::Json, Self::Form, Self::Multipart, Self::Xml];

    /// Returns those whose feature is enabled.
    pub(super) fn supported() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|it| *it != Self::Multipart || cfg!(feature = "multipart"))
    }

    /// Returns the names, the preferred one first.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Json => &["application/json"],
            Self::Form => &["application/x-www-form-urlencoded"],
            Self::Multipart => &["multipart/form-data"],
            Self::Xml => &["application/xml", "text/xml"],
        }
    }

    /// Returns the suffix of other types with the same syntax, such as `+json` (RFC 6839).
    fn suffix(self) -> Option<Name<'static>> {
        match self {
            Self::Json => Some(names::JSON),
            Self::Xml => Some(names::XML),
            Self::Form | Self::Multipart => None,
        }
    }

    /// Returns the media type with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let is_named =
            |it: &Self| it.names().contains(&name) || *it == Self::Json && name == MERGE_PATCH;
        Self::ALL.into_iter().find(is_named)
    }

    /// Returns whether the content has members, which can be parameters.
    pub(crate) fn has_members(self) -> bool {
        match self {
            Self::Json | Self::Form | Self::Multipart => true,
            Self::Xml => false,
        }
    }

    /// Returns the supported media type that a request states.
    ///
    /// A patch format describes a change, so it is not read as the value itself; a `PATCH` reads a merge patch.
    pub(super) fn of(method: &Method, fields: &HeaderMap) -> Option<Self> {
        // Without the parameters, which clients send without the quotes that they need, and which select nothing.
        let essence = content_type(fields).split(';').next()?.trim();
        let stated = mediatype::MediaType::parse(essence).ok()?;
        let essence = stated.essence().to_string().to_ascii_lowercase();
        let is_patch = stated.subty.as_str().to_ascii_lowercase().ends_with("-patch");
        let is_read = !is_patch || *method == Method::PATCH && essence == MERGE_PATCH;
        let suffix = stated.suffix.filter(|_| stated.ty == names::APPLICATION && is_read);
        Self::supported().find(|it| {
            it.names().contains(&essence.as_str()) || suffix.is_some() && it.suffix() == suffix
        })
    }

    /// Deserialises content.
    ///
    /// # Errors
    /// A violation with the path of the value that does not fit or has too many elements, or with the position if the content
    /// is malformed.
    pub(super) fn deserialize<T: DeserializeOwned>(
        self,
        content: &[u8],
        elements: usize,
    ) -> Result<T, Violation> {
        let content = without_mark(content);
        match self {
            Self::Json => json::read(content, elements),
            Self::Xml => xml::read::read(content, elements),
            Self::Form | Self::Multipart => {
                let fields = bounded_pairs(content, elements);
                let fields = fields
                    .ok_or_else(|| Violation::too_many("content", Place::Content, elements))?;
                form::read::read(fields.iter().map(|(name, value)| (&**name, &**value)))
            }
        }
    }
}

/// Deserialises the members of a multipart form.
///
/// # Errors
/// The errors of [`MediaType::deserialize`], or a violation if a member is not UTF-8.
pub(super) fn deserialize_members<T: DeserializeOwned>(members: &Members) -> Result<T, Violation> {
    form::read::read(members.iter().map(|(name, member)| (name, &*member.value)))
}

/// Returns the media type that the fields of a request state; empty if they state none.
pub(super) fn content_type(fields: &HeaderMap) -> &str {
    fields.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Returns content in a text format without the byte order mark that some clients put before it (RFC 8259, section 8.1).
fn without_mark(content: &[u8]) -> &[u8] {
    content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(content)
}

/// Reads the members of a form or a JSON object. If the content is taken as a whole, too, it may be other JSON, which has no
/// members.
///
/// # Errors
/// A violation if the content is malformed, or cannot have members.
pub(super) async fn members(
    media_type: MediaType,
    content_type: &str,
    content: &Bytes,
    is_whole: bool,
    elements: usize,
) -> Result<Members, Violation> {
    match media_type {
        MediaType::Form => Members::of_form(without_mark(content), elements),
        MediaType::Json => match Members::of_json(without_mark(content), elements)? {
            None if !is_whole => Err(Violation::no_object()),
            members => Ok(members.unwrap_or_default()),
        },
        MediaType::Multipart => parts(content.clone(), content_type, elements).await,
        MediaType::Xml => Ok(Members::default()),
    }
}

async fn parts(content: Bytes, content_type: &str, elements: usize) -> Result<Members, Violation> {
    let malformed = |problem: Problem| Violation::malformed_form(problem.reason().to_owned());
    let limit = content.len();
    let content = ContentStream::new(
        content.into(),
        &Codings::default(),
        Expected::default(),
        limit,
        Use::Whole,
    );
    let mut form = FormStream::new(content.into_pieces(), content_type).map_err(malformed)?;
    let mut members = Members::default();
    let mut count = 0;
    while let Some(part) = form.next().await.map_err(malformed)? {
        count += 1;
        if count > elements {
            return Err(Violation::too_many("content", Place::Content, elements));
        }
        let (name, member) = collect(part).await.map_err(malformed)?;
        members.add(name, member);
    }
    Ok(members)
}

/// Reads the name and the complete content of a part.
async fn collect(mut part: Part<'_>) -> Result<(String, Member), Problem> {
    let name = part.name().to_owned();
    let file_name = part.file_name().map(str::to_owned);
    let media_type = part.media_type().map(str::to_owned);
    let mut pieces = Vec::new();
    while let Some(piece) = part.next().await? {
        pieces.push(piece);
    }
    let value = match <[Bytes; 1]>::try_from(pieces) {
        Ok([value]) => value,
        Err(pieces) => pieces.concat().into(),
    };
    Ok((name, Member { file_name, media_type, ..Member::new(value, Written::Text) }))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::{
        super::{ContentUse, WholeContent},
        *,
    };

    #[test]
    fn multipart_forms_are_supported_only_with_their_feature() {
        let content_type = HeaderValue::from_static("multipart/form-data; boundary=b");
        let fields = HeaderMap::from_iter([(header::CONTENT_TYPE, content_type)]);
        assert_eq!(MediaType::of(&Method::POST, &fields).is_some(), cfg!(feature = "multipart"));
        for whole in [WholeContent::Nothing, WholeContent::Value] {
            let offered =
                ContentUse { whole, parameters: true, ..ContentUse::default() }.media_types();
            let offered = offered.contains(&"multipart/form-data");
            assert_eq!(offered, cfg!(feature = "multipart"), "{whole:?}");
        }
    }
}
