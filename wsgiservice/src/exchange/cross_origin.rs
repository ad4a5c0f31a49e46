//! Requests that a browser sends for a page of another site (RFC 6454; Fetch standard, section 3.3).
//!
//! A browser sends a form of any site to any service, those on loopback included, with the cookies that it has. So what may
//! change something is refused, unless the origin is that of the target or is allowed.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::context::Context;
use crate::{
    http::{incoming::Request, known_fields::KnownField},
    problem::Problem,
    site::Policy,
};

/// The methods that the registry calls safe.
const SAFE: [&str; 8] =
    ["GET", "HEAD", "OPTIONS", "PROPFIND", "QUERY", "REPORT", "SEARCH", "TRACE"];

/// Refuses a method that may change something, if the request comes from another site.
///
/// # Errors
/// A 403.
#[inline]
pub(super) fn check(request: &Request, policy: &Policy) -> Result<(), Problem> {
    match request.has(KnownField::Origin) && !SAFE.contains(&request.method().as_str()) {
        true => check_change(request, policy),
        false => Ok(()),
    }
}

#[cold]
fn check_change(request: &Request, policy: &Policy) -> Result<(), Problem> {
    let fields = request.fields();
    let site = fields.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if matches!(site, Some(b"same-origin" | b"none")) {
        return Ok(());
    }
    let is_permitted = match fields.get(header::ORIGIN) {
        Some(origin) => {
            is_of_target(origin, request)
                || policy.cors.as_ref().is_some_and(|cors| cors.allows(origin))
        }
        None => site != Some(b"cross-site"),
    };
    match is_permitted {
        true => Ok(()),
        false => Err(Problem::forbidden()
            .detail("The request comes from another site. The policy of the application can allow its origin.")),
    }
}

/// Whether this is the origin of the target itself, whatever its scheme: a proxy may have removed TLS.
fn is_of_target(origin: &HeaderValue, request: &Request) -> bool {
    let host = request.fields().get(header::HOST).map(HeaderValue::as_bytes);
    let authority = request.target().authority().map(|authority| authority.as_str().as_bytes());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    match (origin, authority.or(host)) {
        (Some((_, origin)), Some(target)) => origin.as_bytes().eq_ignore_ascii_case(target),
        _ => false,
    }
}

/// Adds what allows a script of another site to read a response, if the policy does.
#[inline(never)]
pub(super) fn add_fields(context: &Context<'_>, fields: &mut HeaderMap) {
    let request = context.request;
    let Some(cors) = &context.policy().cors else { return };
    let Some(origin) = request.fields().get(header::ORIGIN).filter(|it| cors.allows(it)) else {
        return;
    };
    let mut all = cors.response_fields(origin);
    let is_preflight = *request.method() == Method::OPTIONS
        && request.fields().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if let Some(resource) = context.resource.filter(|_| is_preflight) {
        all.extend(cors.preflight_fields(&resource.allow));
    }
    for (name, value) in all {
        // What a method says itself stands.
        fields.entry(HeaderName::from_static(name)).or_insert(value);
    }
}
