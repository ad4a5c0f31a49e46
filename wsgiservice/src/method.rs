//! The method stage: what the resource implements, and what to say of the rest (RFC 9110, section 9).

use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use crate::{
    application::entry::{Entry, Prepared},
    http::request::Request,
    problem::Problem,
};

/// What the method stage found.
#[derive(Debug)]
pub(crate) enum Selection<'a> {
    /// The operation to call.
    Operation(&'a Prepared),
    /// The client asks what there is: the fields that say so.
    Options(Vec<(HeaderName, HeaderValue)>),
}

/// The HTTP Method Registry, but for `*` and `PRI`, which are no methods of a request.
pub(crate) const REGISTERED: &[&str] = &[
    "ACL",
    "BASELINE-CONTROL",
    "BIND",
    "CHECKIN",
    "CHECKOUT",
    "CONNECT",
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LABEL",
    "LINK",
    "LOCK",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MKREDIRECTREF",
    "MKWORKSPACE",
    "MOVE",
    "OPTIONS",
    "ORDERPATCH",
    "PATCH",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "PUT",
    "QUERY",
    "REBIND",
    "REPORT",
    "SEARCH",
    "TRACE",
    "UNBIND",
    "UNCHECKOUT",
    "UNLINK",
    "UNLOCK",
    "UPDATE",
    "UPDATEREDIRECTREF",
    "VERSION-CONTROL",
];

/// Selects the operation of a resource that answers the request.
pub(crate) fn select<'a>(request: &Request, entry: &'a Entry) -> Result<Selection<'a>, Problem> {
    let method = match request.method() {
        &Method::HEAD => &Method::GET,
        method => method,
    };
    if let Some(operation) = entry.method(method) {
        return Ok(Selection::Operation(operation));
    }
    match *request.method() {
        Method::OPTIONS => Ok(Selection::Options(entry.options())),
        ref method => Err(refused(method, entry.manners.known_methods, entry.allow.clone())),
    }
}

/// 405 for what is known, 501 for anything else.
pub(crate) fn refused(method: &Method, known: &[&str], allow: HeaderValue) -> Problem {
    let status = if known.contains(&method.as_str()) {
        StatusCode::METHOD_NOT_ALLOWED
    } else {
        StatusCode::NOT_IMPLEMENTED
    };
    Problem::new(status).field(header::ALLOW, allow)
}

/// The value of `Allow` for these methods: with `HEAD` where there is a `GET`, and always `OPTIONS`; alphabetical.
pub(crate) fn allow<'a>(methods: impl Iterator<Item = &'a str>) -> HeaderValue {
    let mut names: Vec<_> = methods.chain(["OPTIONS"]).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.sort_unstable();
    names.dedup();
    HeaderValue::try_from(names.join(", ")).unwrap_or(HeaderValue::from_static("OPTIONS"))
}
