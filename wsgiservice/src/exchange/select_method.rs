//! The method stage: which operation of a resource a request calls (RFC 9110, section 9).

use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use crate::{
    http::incoming::Request,
    problem::Problem,
    site::{SiteOperation, SiteResource},
};

/// What a request calls.
#[derive(Debug)]
pub(super) enum Selection<'a> {
    /// This operation.
    Operation(&'a SiteOperation),
    /// Nothing: it asks what the resource implements, which these fields report.
    Options(Vec<(HeaderName, HeaderValue)>),
}

/// Selects the operation of a resource.
///
/// # Errors
/// A 405 or a 501 if the resource does not implement the method.
pub(super) fn select<'a>(
    request: &Request,
    resource: &'a SiteResource,
) -> Result<Selection<'a>, Problem> {
    if let Some(operation) = resource.method(request.method()) {
        return Ok(Selection::Operation(operation));
    }
    match *request.method() {
        Method::OPTIONS => Ok(Selection::Options(resource.options())),
        ref method => {
            let is_known =
                resource.policy.known_methods.iter().any(|known| known == method.as_str());
            Err(refused(is_known, resource.allow.clone()))
        }
    }
}

/// A 405 for a method that the server knows, and a 501 for any other.
pub(super) fn refused(is_known: bool, allow: HeaderValue) -> Problem {
    let status =
        if is_known { StatusCode::METHOD_NOT_ALLOWED } else { StatusCode::NOT_IMPLEMENTED };
    Problem::new(status).field(header::ALLOW, allow)
}
