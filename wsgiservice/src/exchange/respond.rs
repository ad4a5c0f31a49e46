//! The final assembly of every answer.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use http_body::Body as _;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use uuid::Uuid;

use super::{End, Exchange, Findings, negotiate, suffix};
use crate::{
    answer::{Outcome, OutcomeContent},
    formats::coding::{Coding, encode::is_worth_it},
    http::{body::Body, date, digest, known_fields::KnownField, path::Path, request::Request},
    problem::Problem,
    representation::{self, NOSNIFF, Selected, Writer},
    site::Built,
};

/// What a reference must not hold as it is (RFC 3986, section 2); what is encoded already stays so.
const REFERENCE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

static ACCEPT: HeaderValue = HeaderValue::from_static("Accept");
static ACCEPT_ENCODING: HeaderValue = HeaderValue::from_static("Accept-Encoding");

/// What a 304 carries as the 200 would, beside what the framework says by itself (RFC 9110, section 15.4.5).
const KEPT: [header::HeaderName; 4] =
    [header::CACHE_CONTROL, header::CONTENT_LOCATION, header::EXPIRES, header::VARY];

/// What an answer depends on, beside what the resource says.
#[derive(Clone, Copy, Default)]
struct Varies {
    by_coding: bool,
    by_representation: bool,
    /// Whether the method may have said so itself.
    has_own: bool,
}

/// Assembles the answer.
pub(crate) fn respond(
    application: &Built,
    exchange: &mut Exchange,
    findings: &Findings<'_>,
    end: End,
) {
    let Exchange { request, response, .. } = exchange;
    let varies = match end {
        End::Outcome(outcome) => {
            take_table(request, response.headers_mut());
            with_outcome(request, findings, outcome, response)
        }
        End::NotModified(outcome) => not_modified(findings, outcome, response),
        End::Options(fields) => {
            *response.status_mut() = StatusCode::NO_CONTENT;
            response.headers_mut().extend(fields);
            Varies::default()
        }
        End::Problem(problem) => with_problem(application, request, findings, problem, response),
    };
    digests(findings.has_md5.unwrap_or(application.manners.content_md5), request, response);
    let fields = response.headers_mut();
    vary(fields, findings, varies);
    if !findings.deprecation.is_empty() {
        fields.extend(findings.deprecation.iter().cloned());
    }
    fields.insert(NOSNIFF.0, NOSNIFF.1);
    if *request.method() == Method::HEAD {
        without_content(response);
    } else if response.body().bytes().is_none() {
        let content = std::mem::take(response.body_mut());
        *response.body_mut() = told(request, content);
    }
}

/// The fields of the answer take over the table of the request's, where nobody asks for those any more. The server gives it
/// to the next request, and so a connection needs one.
fn take_table(request: &mut Request, fields: &mut HeaderMap) {
    if !request.has(KnownField::WantedDigest) {
        std::mem::swap(request.fields_mut(), fields);
        fields.clear();
    }
}

/// Content that tells the log where it breaks off: no client is told.
fn told(request: &Request, body: Body) -> Body {
    let (method, path) = (request.method().clone(), request.target().path().to_owned());
    body.on_error(move |error| {
        tracing::error!(%method, path, %error, "the content of an answer broke off");
    })
}

fn with_outcome(
    request: &Request,
    findings: &Findings<'_>,
    outcome: Outcome,
    response: &mut Response<Body>,
) -> Varies {
    let has_own = outcome.said.is_some() || matches!(outcome.content, OutcomeContent::Verbatim(_));
    let mut by_coding = false;
    *response.status_mut() = outcome.status;
    match outcome.content {
        OutcomeContent::Nothing => {}
        OutcomeContent::Represented(bytes) => match &findings.selected {
            Some(selected) => by_coding = coded(selected, || findings.coding, bytes, response),
            None => *response.body_mut() = bytes.into(),
        },
        OutcomeContent::Binary(binary) => *response.body_mut() = binary.into_body(),
        OutcomeContent::Verbatim(verbatim) => {
            (*response.headers_mut(), *response.body_mut()) = *verbatim;
        }
    }
    let fields = response.headers_mut();
    if let Some(said) = outcome.said {
        fields.extend(said.fields);
        if let Some(location) = said.location {
            let path = Path::of(request);
            let stem = path.get(..findings.stem).unwrap_or(&path);
            fields.insert(header::LOCATION, self::location(stem, &location));
        }
    }
    if has_own {
        fields.remove(header::SERVER);
    }
    if outcome.status.is_success() {
        if request.retrieves() {
            let coding = findings.coding.filter(|_| fields.contains_key(header::CONTENT_ENCODING));
            let extension = findings.selected.map(|selected| selected.extension);
            let suffix = extension.zip(coding).map(|(extension, coding)| suffix(extension, coding));
            validators(fields, findings, suffix.as_deref(), true);
        }
        fresh(fields, findings, has_own);
    }
    Varies { by_coding, by_representation: findings.is_negotiated, has_own }
}

/// For how long it stays fresh, where the method itself does not say so.
fn fresh(fields: &mut HeaderMap, findings: &Findings<'_>, has_own: bool) {
    if let Some(lifetime) = findings.freshness
        && !(has_own && fields.contains_key(header::CACHE_CONTROL))
    {
        lifetime.write(fields);
    }
}

/// Content in a representation, and in this coding where it is worth one; whether it could be coded.
fn coded(
    selected: &Selected<'_>,
    coding: impl FnOnce() -> Option<Coding>,
    bytes: Bytes,
    response: &mut Response<Body>,
) -> bool {
    let can_be_coded = can_be_coded(selected, &bytes);
    let coding = can_be_coded.then(coding).flatten();
    let coded = coding.and_then(|coding| Some((coding, coding.encode(&bytes).ok()?)));
    let (coding, bytes) = coded.map_or((None, bytes), |(coding, coded)| (Some(coding), coded));
    *response.body_mut() = bytes.into();
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, selected.content_type.clone());
    if let Some(coding) = coding {
        fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    }
    can_be_coded
}

fn can_be_coded(selected: &Selected<'_>, bytes: &[u8]) -> bool {
    !Coding::ALL.is_empty() && is_worth_it(bytes.len()) && selected.is_compressible
}

/// What the 200 would say of the representation, and none of its content (RFC 9110, section 15.4.5).
fn not_modified(
    findings: &Findings<'_>,
    outcome: Option<Outcome>,
    response: &mut Response<Body>,
) -> Varies {
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    // How large the content would be is known only where the method was asked for its tag.
    let (said, content) =
        outcome.map_or((None, OutcomeContent::Nothing), |it| (it.said, it.content));
    let fields = response.headers_mut();
    let own = match &content {
        OutcomeContent::Verbatim(verbatim) => verbatim.0.iter().collect(),
        _ => Vec::new(),
    };
    let said =
        said.iter().flat_map(|said| &said.fields).map(|(name, value)| (name, value)).chain(own);
    for (name, value) in said.filter(|(name, _)| KEPT.contains(name)) {
        fields.append(name, value.clone());
    }
    let has_own = !fields.is_empty();
    let would_be_coded = match (&content, &findings.selected) {
        (OutcomeContent::Represented(bytes), Some(selected)) => can_be_coded(selected, bytes),
        _ => false,
    };
    let suffix = suffix_of_not_modified(findings, would_be_coded);
    // Other metadata than the tag is for clients that have none.
    let with_last_modified = findings.validators.etag.is_none();
    validators(fields, findings, suffix.as_deref(), with_last_modified);
    let extension = findings.selected.map(|selected| selected.extension);
    let by_coding = would_be_coded || suffix.is_some_and(|suffix| Some(&*suffix) != extension);
    fresh(fields, findings, has_own);
    Varies { by_coding, by_representation: findings.is_negotiated, has_own }
}

/// The suffix of the tag that the client has, or else of the one that it would get.
fn suffix_of_not_modified<'a>(
    findings: &'a Findings<'_>,
    would_be_coded: bool,
) -> Option<Cow<'a, str>> {
    if let Some(known) = &findings.known_suffix {
        return Some(Cow::Borrowed(known));
    }
    let (selected, coding) = findings.selected.zip(findings.coding)?;
    would_be_coded.then(|| Cow::Owned(suffix(selected.extension, coding)))
}

fn with_problem(
    application: &Built,
    request: &Request,
    findings: &Findings<'_>,
    mut problem: Problem,
    response: &mut Response<Body>,
) -> Varies {
    let own = problem.take_fields();
    let instance = instance(request, &problem);
    let selected = select(application, request, findings);
    let document = problem.document(&instance);
    let content = match selected.writer {
        Writer::Own(_) => Ok(document.html().into()),
        writer => representation::write(&document, writer),
    };
    let content_type = representation::problem_type(&selected);
    let selected = Selected { content_type: &content_type, ..selected };
    let coding = || negotiate::coding(request);
    let by_coding = coded(&selected, coding, content.unwrap_or_default(), response);
    let has_own = !own.is_empty();
    *response.status_mut() = problem.status();
    for (name, value) in own {
        response.headers_mut().append(name, value);
    }
    response.headers_mut().remove(header::SERVER);
    // Where a method itself says so, which does not know the others.
    let names_methods =
        matches!(response.status(), StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED);
    if let (true, Some(allow)) = (names_methods, findings.allow) {
        response.headers_mut().insert(header::ALLOW, allow.clone());
    }
    Varies { by_coding, by_representation: true, has_own }
}

/// A problem is negotiated like everything else, and is JSON where nothing else is acceptable.
fn select<'a>(application: &'a Built, request: &Request, findings: &Findings<'a>) -> Selected<'a> {
    let problems = findings.problems.unwrap_or(&application.problems);
    negotiate::select(request, findings.extension, problems).unwrap_or(Selected::NONE)
}

/// The occurrence: of a 5xx the request's ID, under which its cause is logged; else the target.
fn instance<'a>(request: &'a Request, problem: &Problem) -> Cow<'a, str> {
    if !problem.status().is_server_error() {
        return Cow::Borrowed(request.target().path());
    }
    let id = Uuid::new_v4();
    let cause: &dyn std::fmt::Display = match problem.cause() {
        Some(cause) => &Causes(cause),
        None => problem,
    };
    tracing::error!(
        %id,
        method = %request.method(),
        path = request.target().path(),
        status = problem.status().as_u16(),
        %cause,
        "the request failed"
    );
    Cow::Owned(format!("urn:uuid:{id}"))
}

/// What the client, or the application, wants to know of content that is all there.
fn digests(has_md5: bool, request: &Request, response: &mut Response<Body>) {
    if !has_md5 && !request.has(KnownField::WantedDigest) {
        return;
    }
    let wanted = request.fields();
    let Some(content) = response.body().bytes() else { return };
    let has_none = [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT, StatusCode::NOT_MODIFIED];
    if has_none.contains(&response.status()) {
        return;
    }
    let is_whole = response.status() != StatusCode::PARTIAL_CONTENT;
    let sent = if *request.method() == Method::HEAD { &[] } else { content };
    let fields = [
        digest::of_content(wanted, sent),
        is_whole.then(|| digest::of_representation(wanted, content)).flatten(),
        has_md5.then(|| digest::content_md5(content)).flatten(),
    ];
    for (name, value) in fields.into_iter().flatten() {
        response.headers_mut().entry(name).or_insert(value);
    }
}

/// The validators of the selected representation, whose tag has its extension for a suffix, or this one.
fn validators(
    fields: &mut HeaderMap,
    findings: &Findings<'_>,
    suffix: Option<&str>,
    with_last_modified: bool,
) {
    let validators = &findings.validators;
    if let (Some(etag), Some(selected)) = (&validators.etag, &findings.selected) {
        let suffix = suffix.unwrap_or(selected.extension);
        fields.insert(header::ETAG, etag.to_value(suffix));
    }
    if let (Some(time), true) = (validators.last_modified, with_last_modified) {
        fields.insert(header::LAST_MODIFIED, date::value(time));
    }
}

/// `Accept` and `Accept-Encoding` where they could have mattered, and what else the resource says.
fn vary(fields: &mut HeaderMap, findings: &Findings<'_>, varies: Varies) {
    let coding = varies.by_coding.then_some(&ACCEPT_ENCODING);
    let accept = (varies.by_representation && findings.extension.is_none()).then_some(&ACCEPT);
    let more = findings.freshness.map_or(&[][..], |freshness| &freshness.vary);
    let mut is_first = !varies.has_own;
    for value in coding.into_iter().chain(accept).chain(more) {
        // Where nothing is there yet, this costs less.
        if std::mem::take(&mut is_first) {
            fields.insert(header::VARY, value.clone());
        } else {
            fields.append(header::VARY, value.clone());
        }
    }
}

/// A relative reference is resolved against the path of the request, without its extension, as if that were a
/// folder: so did the Python original.
fn location(path: &str, reference: &str) -> HeaderValue {
    let encoded = utf8_percent_encode(reference, REFERENCE).to_string();
    let absolute = encoded.starts_with('/') || has_scheme(&encoded);
    let location =
        if absolute { encoded } else { format!("{}/{encoded}", path.trim_end_matches('/')) };
    HeaderValue::try_from(location).unwrap_or(HeaderValue::from_static("/"))
}

fn has_scheme(reference: &str) -> bool {
    reference.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

/// The header fields of a `GET`, its `Content-Length` included, and no content.
fn without_content(response: &mut Response<Body>) {
    let content = std::mem::take(response.body_mut());
    let allowed = !matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if let (true, Some(length)) = (allowed, content.size_hint().exact()) {
        response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    }
}

/// An error and what caused it, in one line.
struct Causes<'a>(&'a (dyn std::error::Error + Send + Sync));

impl std::fmt::Display for Causes<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(formatter, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_varies_by_coding_only_where_there_is_one() {
        let has_codings = cfg!(any(feature = "brotli", feature = "gzip", feature = "zstd"));
        assert_eq!(can_be_coded(&Selected::NONE, &[b' '; 1 << 20]), has_codings);
        assert!(!can_be_coded(&Selected::NONE, b" "));
    }

    #[test]
    fn a_relative_location_is_below_the_path() {
        assert_eq!(location("/notes", "1"), "/notes/1");
        assert_eq!(location("/", "1"), "/1");
    }

    #[test]
    fn an_absolute_location_stays_as_it_is() {
        assert_eq!(location("/notes", "/1"), "/1");
        assert_eq!(location("/notes", "https://example.org/1"), "https://example.org/1");
    }

    #[test]
    fn a_location_never_splits_the_answer() {
        assert_eq!(location("/", "/a\r\nSet-Cookie: b"), "/a%0D%0ASet-Cookie:%20b");
    }
}
