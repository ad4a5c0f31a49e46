//! Parts of binary content (RFC 9110, section 14).

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use uuid::Uuid;

use crate::{
    body::Body,
    fields::{
        entity_tag::{EntityTag, EntityTagList},
        http_date,
        range::Ranges,
    },
    outcome::{Binary, Outcome, OutcomeContent},
    problem::Problem,
    request::Request,
    validators::Validators,
};

/// Gives the parts that a request asks for, or the whole.
///
/// # Errors
/// A 416 where there is nothing of what it asks for.
pub(crate) fn select(
    request: &Request,
    validators: &Validators,
    outcome: Outcome,
) -> Result<Outcome, Problem> {
    let OutcomeContent::Binary(binary) = outcome.content else { return Ok(outcome) };
    let asks = *request.method() == Method::GET
        && outcome.status == StatusCode::OK
        && is_unchanged(request, validators);
    let length = binary.content.len();
    match if asks { Ranges::of(request.fields(), length) } else { Ranges::Whole } {
        Ranges::Whole => Ok(whole(outcome.status, binary)),
        Ranges::Unsatisfiable => Err(unsatisfiable(length)),
        Ranges::Parts(parts) => Ok(match parts.as_slice() {
            [part] => one(binary, part.start, part.end),
            _ => several(&binary, &parts),
        }),
    }
}

/// `If-Range` (section 13.1.5): strongly the tag, or just the date, that there is; else the whole is due.
fn is_unchanged(request: &Request, validators: &Validators) -> bool {
    let mut values = request.fields().get_all(header::IF_RANGE).iter();
    let Some(value) = values.next() else { return true };
    if let Some(date) = http_date::parse([value]) {
        return validators.last_modified == Some(date);
    }
    match (EntityTagList::parse([value]), &validators.etag) {
        (Some(Ok(EntityTagList::Tags(tags))), Some(etag)) => {
            tags.len() == 1 && tags.iter().all(|tag: &EntityTag| tag.strong_eq(etag))
        }
        _ => false,
    }
}

fn whole(status: StatusCode, binary: Binary) -> Outcome {
    respond(status, binary.media_type, None, binary.content)
}

fn one(binary: Binary, start: usize, end: usize) -> Outcome {
    let range = content_range(start, end, binary.content.len());
    let content = binary.content.slice(start..end);
    respond(StatusCode::PARTIAL_CONTENT, binary.media_type, Some(range), content)
}

/// `multipart/byteranges` (section 14.6).
fn several(binary: &Binary, parts: &[std::ops::Range<usize>]) -> Outcome {
    let boundary = Uuid::new_v4().simple().to_string();
    let mut content = BytesMut::new();
    for part in parts {
        content.extend_from_slice(format!("--{boundary}\r\ncontent-type: ").as_bytes());
        content.extend_from_slice(binary.media_type.as_bytes());
        content.extend_from_slice(b"\r\ncontent-range: ");
        let range = content_range(part.start, part.end, binary.content.len());
        content.extend_from_slice(range.as_bytes());
        content.extend_from_slice(b"\r\n\r\n");
        content.extend_from_slice(&binary.content.slice(part.clone()));
        content.extend_from_slice(b"\r\n");
    }
    content.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let media_type = HeaderValue::try_from(format!("multipart/byteranges; boundary={boundary}"));
    let media_type = media_type.unwrap_or(HeaderValue::from_static("multipart/byteranges"));
    respond(StatusCode::PARTIAL_CONTENT, media_type, None, content.freeze())
}

fn respond(
    status: StatusCode,
    media_type: HeaderValue,
    range: Option<HeaderValue>,
    content: Bytes,
) -> Outcome {
    let mut fields = HeaderMap::new();
    fields.insert(header::CONTENT_TYPE, media_type);
    fields.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Some(range) = range {
        fields.insert(header::CONTENT_RANGE, range);
    }
    let content = OutcomeContent::Verbatim(Box::new((fields, Body::from(content))));
    Outcome { status, location: None, content }
}

fn content_range(start: usize, end: usize, length: usize) -> HeaderValue {
    let text = format!("bytes {start}-{}/{length}", end.saturating_sub(1));
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("bytes */*"))
}

fn unsatisfiable(length: usize) -> Problem {
    let range = HeaderValue::try_from(format!("bytes */{length}"));
    let range = range.unwrap_or(HeaderValue::from_static("bytes */*"));
    let problem = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE);
    problem.field(header::CONTENT_RANGE, range)
}
