//! The method stage: what the resource implements, and what to say of the rest (RFC 9110, section 9).

use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use crate::{
    http::request::Request,
    problem::Problem,
    site::resource::{Entry, Prepared},
};

/// What the method stage found.
#[derive(Debug)]
pub(crate) enum Selection<'a> {
    /// The operation to call.
    Operation(&'a Prepared),
    /// The client asks what there is: the fields that say so.
    Options(Vec<(HeaderName, HeaderValue)>),
}

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
