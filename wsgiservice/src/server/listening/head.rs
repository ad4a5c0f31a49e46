//! A strict look at the head of a request, before anything else sees it (RFC 9112).

use http::{HeaderMap, StatusCode, Version, header};

use crate::{
    http::{field_lines::elements, host, incoming::Request, known_fields::KnownField},
    limits::Limits,
    problem::Problem,
};

/// Checks what hyper lets through.
///
/// # Errors
/// A 400, 414, 417 or 501.
#[inline]
pub(super) fn check(request: &Request, limits: &Limits) -> Result<(), Problem> {
    let target = request.target().path_and_query().map_or(0, |target| target.as_str().len());
    if target > limits.target {
        let detail = format!("The target must not be longer than {} bytes.", limits.target);
        return Err(Problem::new(StatusCode::URI_TOO_LONG).detail(detail));
    }
    if !has_known_host(request.fields()) {
        check_host(request)?;
    }
    if request.has(KnownField::TransferCoding) {
        check_coding(request)?;
    }
    if request.has(KnownField::Expectation) {
        check_expectation(request)?;
    }
    Ok(())
}

/// Whether the first field is a host that was checked before, and no name occurs twice; this needs no lookup.
fn has_known_host(fields: &HeaderMap) -> bool {
    let first = fields.iter().next().filter(|(name, _)| **name == header::HOST);
    fields.len() == fields.keys_len() && first.is_some_and(|(_, host)| host::was_valid(host))
}

/// A request has one `Host`, which is valid; in HTTP/1.0 it may have none (section 3.2).
fn check_host(request: &Request) -> Result<(), Problem> {
    let mut hosts = request.fields().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if host::is_valid(host) => Ok(()),
        (Some(_), None) => Err(Problem::bad_request("The field Host is invalid.")),
        (Some(_), Some(_)) => Err(Problem::bad_request("There are several fields Host.")),
        (None, _) if request.version() < Version::HTTP_11 => Ok(()),
        (None, _) => Err(Problem::bad_request("The field Host is missing.")),
    }
}

/// The server knows only `chunked`, which is applied once (sections 6.1 and 7.1).
fn check_coding(request: &Request) -> Result<(), Problem> {
    let lines = request.fields().get_all(header::TRANSFER_ENCODING).iter();
    let mut codings = lines.flat_map(|line| elements(line.to_str().unwrap_or("?")));
    let is_chunked = |coding: &str| coding.eq_ignore_ascii_case("chunked");
    match (codings.next(), codings.next()) {
        (Some(coding), None) if is_chunked(coding) => Ok(()),
        (Some(coding), Some(next)) if is_chunked(coding) && is_chunked(next) => {
            Err(Problem::bad_request("The transfer coding chunked is applied twice."))
        }
        _ => {
            let problem = Problem::new(StatusCode::NOT_IMPLEMENTED);
            Err(problem.detail("The only supported transfer coding is chunked."))
        }
    }
}

/// The only expectation is `100-continue` (RFC 9110, section 10.1.1), which HTTP/1.0 does not have.
fn check_expectation(request: &Request) -> Result<(), Problem> {
    let lines = request.fields().get_all(header::EXPECT).iter();
    let mut expectations = lines.flat_map(|line| elements(line.to_str().unwrap_or("?")));
    let is_known = expectations.all(|it| it.eq_ignore_ascii_case("100-continue"));
    match is_known || request.version() < Version::HTTP_11 {
        true => Ok(()),
        false => {
            let problem = Problem::new(StatusCode::EXPECTATION_FAILED);
            Err(problem.detail("The only supported expectation is 100-continue."))
        }
    }
}
