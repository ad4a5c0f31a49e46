//! Range requests of binary content (RFC 9110, section 14).

use std::ops::Range;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use uuid::Uuid;

use crate::{
    answer::{
        Binary, Piece,
        outcome::{Outcome, OutcomeContent},
    },
    http::{
        body::Body,
        date, digest,
        entity_tag::{EntityTag, EntityTagList},
        incoming::Request,
        range::Ranges,
    },
    preconditions::Validators,
    problem::Problem,
};

/// Reduces the outcome to the requested ranges, if the request has any.
///
/// # Errors
/// A 416 if none of the ranges can be satisfied.
pub(super) fn select(
    request: &Request,
    validators: &Validators,
    outcome: Outcome,
) -> Result<Outcome, Problem> {
    let Outcome { status, head, content } = outcome;
    let OutcomeContent::Binary(binary) = content else {
        return Ok(Outcome { status, head, content });
    };
    let selected = of_binary(request, validators, status, *binary)?;
    Ok(Outcome { head, ..selected })
}

fn of_binary(
    request: &Request,
    validators: &Validators,
    status: StatusCode,
    binary: Binary,
) -> Result<Outcome, Problem> {
    let honors_range = *request.method() == Method::GET
        && status == StatusCode::OK
        && is_unchanged(request, validators);
    let Some(length) = binary.length() else { return Ok(whole(status, "none", binary)) };
    let ranges = if honors_range { Ranges::of(request.fields(), length) } else { Ranges::Whole };
    match ranges {
        Ranges::Whole => Ok(whole(status, "bytes", binary)),
        Ranges::Unsatisfiable => Err(unsatisfiable(length)),
        Ranges::Parts(parts) => {
            let bytes = binary.bytes();
            let digest = bytes.and_then(|it| digest::of_representation(request.fields(), it));
            let mut outcome = match parts.as_slice() {
                [part] => one(binary, part.clone(), length),
                _ => several(binary, &parts, length),
            };
            if let OutcomeContent::Verbatim(verbatim) = &mut outcome.content {
                verbatim.0.extend(digest);
            }
            Ok(outcome)
        }
    }
}

/// `If-Range` (section 13.1.5): whether it has the current tag, by strong comparison, or exactly the current date. If not,
/// the response is the complete content.
fn is_unchanged(request: &Request, validators: &Validators) -> bool {
    let mut values = request.fields().get_all(header::IF_RANGE).iter();
    let Some(value) = values.next() else { return true };
    // Two validators contradict each other, or one of them is not current.
    if values.next().is_some() {
        return false;
    }
    if let Some(date) = date::parse([value]) {
        // A date is a weak validator (section 8.8.2.2), so it counts only without a tag.
        return validators.etag.is_none() && validators.last_modified == Some(date);
    }
    match (EntityTagList::parse([value]), &validators.etag) {
        (Some(Ok(EntityTagList::Tags(tags))), Some(etag)) => {
            tags.len() == 1 && tags.iter().all(|tag: &EntityTag| tag.strong_eq(etag))
        }
        _ => false,
    }
}

fn whole(status: StatusCode, accepts: &'static str, binary: Binary) -> Outcome {
    let media_type = binary.media_type.clone();
    respond(status, media_type, accepts, None, binary.into_body())
}

fn one(binary: Binary, part: Range<usize>, length: usize) -> Outcome {
    let range = content_range(&part, length);
    let media_type = binary.media_type.clone();
    let body = binary.into_pieces(vec![Piece::Part(part)]);
    respond(StatusCode::PARTIAL_CONTENT, media_type, "bytes", Some(range), body)
}

/// `multipart/byteranges` (section 14.6).
fn several(binary: Binary, parts: &[Range<usize>], length: usize) -> Outcome {
    let boundary = Uuid::new_v4().simple().to_string();
    let media_type = binary.media_type.to_str().unwrap_or("application/octet-stream");
    let mut pieces = Vec::new();
    let mut before = "";
    for part in parts {
        let range = content_range(part, length);
        let range = range.to_str().unwrap_or_default();
        pieces.push(Piece::Text(format!(
            "{before}--{boundary}\r\ncontent-type: {media_type}\r\ncontent-range: {range}\r\n\r\n"
        )));
        pieces.push(Piece::Part(part.clone()));
        before = "\r\n";
    }
    pieces.push(Piece::Text(format!("\r\n--{boundary}--\r\n")));
    let media_type = HeaderValue::try_from(format!("multipart/byteranges; boundary={boundary}"));
    let media_type = media_type.unwrap_or(HeaderValue::from_static("multipart/byteranges"));
    let body = binary.into_pieces(pieces);
    respond(StatusCode::PARTIAL_CONTENT, media_type, "bytes", None, body)
}

fn respond(
    status: StatusCode,
    media_type: HeaderValue,
    accepts: &'static str,
    range: Option<HeaderValue>,
    body: Body,
) -> Outcome {
    let mut fields = HeaderMap::new();
    fields.insert(header::CONTENT_TYPE, media_type);
    fields.insert(header::ACCEPT_RANGES, HeaderValue::from_static(accepts));
    if let Some(range) = range {
        fields.insert(header::CONTENT_RANGE, range);
    }
    let content = OutcomeContent::Verbatim(Box::new((fields, body)));
    Outcome { status, head: None, content }
}

fn content_range(part: &Range<usize>, length: usize) -> HeaderValue {
    let text = format!("bytes {}-{}/{length}", part.start, part.end.saturating_sub(1));
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("bytes */*"))
}

fn unsatisfiable(length: usize) -> Problem {
    let range = HeaderValue::try_from(format!("bytes */{length}"));
    let range = range.unwrap_or(HeaderValue::from_static("bytes */*"));
    let problem = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE);
    problem.field(header::CONTENT_RANGE, range)
}
