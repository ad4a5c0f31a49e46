//! The final assembly of every response.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use http_body::Body as _;

use super::{End, context::Context, cross_origin, links, negotiate};
use crate::{
    answer::{
        EVENT_STREAM,
        outcome::{Outcome, OutcomeContent},
    },
    error::Causes,
    formats::{
        coding::{Coding, encode::is_worth_it},
        xml::{self, write::Form},
    },
    http::{
        body::Body,
        date, digest,
        known_fields::KnownField,
        loggable::{Loggable, LoggableCause},
        reference, vary,
    },
    problem::{Problem, occurrence::Occurrence},
    representation::{Represent as _, Representation, Variant, Writer},
    site::NegotiatedBy,
};

/// The fields set by the method that a 304 keeps, in addition to the framework's (RFC 9110, section 15.4.5).
const KEPT: [header::HeaderName; 4] =
    [header::CACHE_CONTROL, header::CONTENT_LOCATION, header::EXPIRES, header::VARY];

/// The field that keeps clients from guessing the media type.
const NOSNIFF: (header::HeaderName, HeaderValue) =
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));

/// The field that names the cluster of the application.
const CLUSTER: header::HeaderName = header::HeaderName::from_static("x-cluster");

/// Assembles the response.
pub(super) fn respond(context: &Context<'_>, end: End, response: &mut Response<Body>) {
    let has_own_fields = end.has_own_fields();
    let negotiated_by = match end {
        End::Outcome(outcome) => with_outcome(context, outcome, response),
        End::NotModified(outcome) => not_modified(context, outcome, response),
        End::Options(fields) => {
            *response.status_mut() = StatusCode::NO_CONTENT;
            response.headers_mut().extend(fields);
            NegotiatedBy::default()
        }
        End::Problem(problem) => with_problem(context, problem, response),
    };
    if response.status() != StatusCode::OK {
        as_status_requires(context, response);
    }
    digests(context, response);
    let fields = response.headers_mut();
    match context.vary(negotiated_by) {
        // To insert costs less, if the field cannot be there yet.
        Some(names) if !has_own_fields => _ = fields.insert(header::VARY, names.clone()),
        names => vary::add(fields, names),
    }
    if let Some(operation) = context.operation.filter(|it| !it.deprecation_fields.is_empty()) {
        fields.extend(operation.deprecation_fields.iter().cloned());
    }
    if context.request.has(KnownField::Origin) {
        cross_origin::add_fields(context, fields);
    }
    fields.insert(NOSNIFF.0, NOSNIFF.1);
    if let Some(cluster) = &context.site.cluster {
        // A method can name another one, such as that of a user.
        fields.entry(CLUSTER).or_insert_with(|| cluster.clone());
    }
    if *context.request.method() == Method::HEAD {
        without_content(response);
    } else if response.body().bytes().is_none() {
        let content = std::mem::take(response.body_mut());
        *response.body_mut() = logged(context, content);
    }
}

/// Completes a response whose status the method may have set itself.
fn as_status_requires(context: &Context<'_>, response: &mut Response<Body>) {
    match response.status() {
        // A method cannot list the resource's other methods.
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {
            if let Some(resource) = context.resource {
                response.headers_mut().insert(header::ALLOW, resource.allow.clone());
            }
        }
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED => {
            *response.body_mut() = Body::empty();
        }
        _ => {}
    }
}

/// Logs an error that ends the content early; the client cannot be notified.
fn logged(context: &Context<'_>, body: Body) -> Body {
    let (request, identity) = (context.request, context.identity().clone());
    let path = request.target().path().to_owned();
    let method = request.method().clone();
    body.on_error(move |error| {
        tracing::error!(
            request_id = %identity.id(),
            trace_id = %identity.trace_id(),
            method = %Loggable(&method),
            path = %Loggable(&path),
            error = %LoggableCause(&error),
            "the content of a response ended early"
        );
    })
}

fn with_outcome(
    context: &Context<'_>,
    outcome: Outcome,
    response: &mut Response<Body>,
) -> NegotiatedBy {
    let has_own = outcome.has_own_fields();
    *response.status_mut() = outcome.status;
    match outcome.content {
        OutcomeContent::Nothing => {}
        OutcomeContent::Represented(bytes) => match context.representation() {
            Some(representation) => {
                let coding = || context.negotiated?.coding(context.request);
                let content_type = representation.content_type.clone();
                write(representation, content_type, coding, bytes, response);
            }
            None => *response.body_mut() = bytes.into(),
        },
        OutcomeContent::Binary(binary) => *response.body_mut() = binary.into_body(),
        OutcomeContent::Events(events) => {
            let fields = response.headers_mut();
            fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM));
            fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            *response.body_mut() = events.into_body(context.site.stopping.clone());
        }
        OutcomeContent::Verbatim(verbatim) => {
            let (fields, content) = *verbatim;
            response.headers_mut().extend(fields);
            *response.body_mut() = content;
        }
    }
    let fields = response.headers_mut();
    if let Some(head) = outcome.head {
        if head.fields.iter().any(|(name, _)| *name == header::CONTENT_TYPE) {
            fields.remove(header::CONTENT_TYPE);
        }
        fields.extend(head.fields);
        if let Some(links) = head.page.and_then(|page| links::of_page(context, page)) {
            fields.append(header::LINK, links);
        }
        if let Some(location) = head.location {
            let location = self::location(context, &location);
            if let Some(etag) = head.etag {
                let variant = context.variant_at(location.to_str().unwrap_or_default());
                fields.entry(header::ETAG).or_insert_with(|| variant.tag_value(&etag));
            }
            fields.insert(header::LOCATION, location);
        }
    }
    if has_own {
        fields.remove(header::SERVER);
    }
    if outcome.status.is_success() {
        if context.request.retrieves() && context.validators.has_any() {
            validators(fields, context, context.variant(), true);
        }
        if let Some(etag) = &context.new_tag {
            let value = || context.variant_of_get().tag_value(etag);
            fields.entry(header::ETAG).or_insert_with(value);
        }
        fresh(fields, context, has_own);
    }
    context.negotiated_by()
}

/// How long the response stays fresh, unless the method says so itself.
fn fresh(fields: &mut HeaderMap, context: &Context<'_>, has_own: bool) {
    if let Some(lifetime) = context.freshness()
        && !(has_own && fields.contains_key(header::CACHE_CONTROL))
    {
        lifetime.write(fields, context.measurement.began());
    }
}

/// Writes content, coded if it is worth a coding.
fn write(
    representation: &Representation,
    content_type: HeaderValue,
    coding: impl FnOnce() -> Option<Coding>,
    bytes: Bytes,
    response: &mut Response<Body>,
) {
    let is_coded = representation.can_be_coded && is_worth_it(bytes.len());
    let coding = is_coded.then(coding).flatten();
    let coded = coding.and_then(|coding| Some((coding, coding.encode(&bytes).ok()?)));
    let (coding, bytes) = coded.map_or((None, bytes), |(coding, coded)| (Some(coding), coded));
    *response.body_mut() = bytes.into();
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, content_type);
    if let Some(coding) = coding {
        fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    }
}

/// The fields that the 200 would have, without its content (RFC 9110, section 15.4.5).
fn not_modified(
    context: &Context<'_>,
    outcome: Option<Outcome>,
    response: &mut Response<Body>,
) -> NegotiatedBy {
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    let fields = response.headers_mut();
    keep_fields(fields, outcome);
    let has_own = !fields.is_empty();
    let variant = context.variant();
    // Clients that have a tag need no other validator.
    let has_tag = variant.is_some() && context.validators.etag.is_some();
    validators(fields, context, variant, !has_tag);
    fresh(fields, context, has_own);
    context.negotiated_by()
}

/// Keeps the fields of the method's own that a 304 has, too.
fn keep_fields(fields: &mut HeaderMap, outcome: Option<Outcome>) {
    let Some(Outcome { head, content, .. }) = outcome else { return };
    let own = head.iter().flat_map(|head| &head.fields).map(|(name, value)| (name, value));
    let verbatim = match &content {
        OutcomeContent::Verbatim(verbatim) => Some(&verbatim.0),
        _ => None,
    };
    let all = own.chain(verbatim.into_iter().flatten());
    for (name, value) in all.filter(|(name, _)| KEPT.contains(name)) {
        fields.append(name, value.clone());
    }
}

fn with_problem(
    context: &Context<'_>,
    mut problem: Problem,
    response: &mut Response<Body>,
) -> NegotiatedBy {
    let request = context.request;
    if problem.violations_number() > 0 {
        context.measurement.violations(problem.violations_number());
    }
    let own = problem.take_fields();
    let occurrence = occurrence(context, &problem);
    let base = context.site.base(request).unwrap_or_default();
    let document = problem.document(&occurrence, &base);
    let problems = context.problems();
    let selected = negotiate::select(request, context.extension(), problems);
    let mut accept_encoding = false;
    // A client that accepts none of the representations gets JSON.
    if let Some(representation) = selected.or_else(|| problems.with_extension("json")) {
        let content = match representation.writer {
            Writer::Own(_) => Ok(document.html().into()),
            Writer::ProblemXml => xml::write::write(&document, Form::Problem).map_err(Into::into),
            writer => document.write(writer),
        };
        let content_type = representation.content_type.clone();
        let coding = || negotiate::coding(request);
        let content = content.unwrap_or_default();
        accept_encoding = representation.can_be_coded;
        write(representation, content_type, coding, content, response);
    }
    *response.status_mut() = problem.status();
    let fields = response.headers_mut();
    for (name, value) in own {
        fields.append(name, value);
    }
    fields.remove(header::SERVER);
    NegotiatedBy { accept: context.extension().is_none(), accept_encoding }
}

/// The occurrence of a problem. An error of the server is logged with its cause.
fn occurrence<'a>(context: &'a Context<'_>, problem: &Problem) -> Occurrence<'a> {
    let (request, status) = (context.request, problem.status());
    // A client can send any method, and more requests than the server can handle, so that neither a 501 nor a 503 is an error
    // of the server.
    let is_of_client = match status {
        StatusCode::NOT_IMPLEMENTED => problem.cause().is_none(),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => problem.is_unexplained(),
        _ => false,
    };
    let base = context.site.base(request).unwrap_or_default();
    let target = reference::of_path(&base, request.target().path());
    if is_of_client || !status.is_server_error() {
        return Occurrence::Target(target);
    }
    let identity = context.identity();
    let cause: &dyn std::fmt::Display = match problem.cause() {
        Some(cause) => &Causes(cause),
        None => problem,
    };
    tracing::error!(
        request_id = %identity.id(),
        trace_id = %identity.trace_id(),
        method = %Loggable(request.method()),
        path = %Loggable(request.target().path()),
        status = status.as_u16(),
        cause = %LoggableCause(cause),
        "the request failed"
    );
    context.measurement.problem(identity.id().clone(), status, problem.title());
    Occurrence::Logged { identity, target }
}

/// Adds the digests that the client or the application requests, if the content is in memory.
fn digests(context: &Context<'_>, response: &mut Response<Body>) {
    let (request, has_md5) = (context.request, context.policy().content_md5);
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

/// Writes the validators of a variant. A response without a variant has no entity tag.
fn validators(
    fields: &mut HeaderMap,
    context: &Context<'_>,
    variant: Option<Variant>,
    with_last_modified: bool,
) {
    let validators = &context.validators;
    if let (Some(etag), Some(variant)) = (&validators.etag, variant) {
        fields.insert(header::ETAG, variant.tag_value(etag));
    }
    if let (Some(time), true) = (validators.last_modified, with_last_modified) {
        fields.insert(header::LAST_MODIFIED, date::value(time));
    }
}

/// A relative location is resolved against the path of the request, without its extension, as if that were a folder,
/// as in the Python original. If a host may have removed a prefix, the location stays relative.
fn location(context: &Context<'_>, location: &str) -> HeaderValue {
    let reference = reference::encode(location);
    let location = if reference::is_absolute(&reference) {
        reference
    } else if let Some(base) = context.site.base(context.request) {
        reference::below(&reference::of_path(&base, context.stem()), &reference)
    } else {
        reference::relative_below(&reference::of_path("", context.stem()), &reference)
    };
    HeaderValue::try_from(location).unwrap_or(HeaderValue::from_static("/"))
}

/// Removes the content, and keeps its `Content-Length`.
fn without_content(response: &mut Response<Body>) {
    let content = std::mem::take(response.body_mut());
    let allowed = !matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if let (true, Some(length)) = (allowed, content.size_hint().exact()) {
        response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    }
}
