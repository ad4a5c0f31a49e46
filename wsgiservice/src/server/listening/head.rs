//! A strict look at the head of a request, before anything else sees it (RFC 9112).

use std::sync::Once;

use http::{HeaderMap, HeaderValue, StatusCode, Version, header};

use crate::{
    http::{
        field_lines::elements,
        host::{self, HostKind},
        incoming::Request,
        known_fields::KnownField,
        loggable::Loggable,
    },
    limits::Limits,
    problem::Problem,
};

/// Checks what hyper lets through.
///
/// # Errors
/// A 400, 414, 417 or 501.
#[inline]
pub(super) fn check(request: &Request, limits: &Limits, names: Names<'_>) -> Result<(), Problem> {
    let target = request.target().path_and_query().map_or(0, |target| target.as_str().len());
    if target > limits.target {
        let detail = format!("The target must not be longer than {} bytes.", limits.target);
        return Err(Problem::new(StatusCode::URI_TOO_LONG).detail(detail));
    }
    match known_host(request.fields()) {
        Some(HostKind::Local) => {}
        Some(HostKind::Name) if names.is_any() => {}
        _ => check_host(request, names)?,
    }
    if request.has(KnownField::TransferCoding) {
        check_coding(request)?;
    }
    if request.has(KnownField::Expectation) {
        check_expectation(request)?;
    }
    Ok(())
}

/// What the first field names, if it is a host that was checked before, and no name occurs twice; this needs no lookup.
fn known_host(fields: &HeaderMap) -> Option<HostKind> {
    let first = fields.iter().next().filter(|(name, _)| **name == header::HOST);
    host::known(first?.1).filter(|_| fields.len() == fields.keys_len())
}

/// A request has one `Host`, which is valid; in HTTP/1.0 it may have none (section 3.2).
#[cold]
fn check_host(request: &Request, names: Names<'_>) -> Result<(), Problem> {
    let mut hosts = request.fields().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => match host::parse(host) {
            Some(HostKind::Local) => Ok(()),
            Some(HostKind::Name) => names.check(host),
            None => Err(Problem::bad_request("The field Host is invalid.")),
        },
        (Some(_), Some(_)) => Err(Problem::bad_request("There are several fields Host.")),
        (None, _) if request.version() < Version::HTTP_11 => Ok(()),
        (None, _) => Err(Problem::bad_request("The field Host is missing.")),
    }
}

/// The names that a client may use for the server.
///
/// On a loopback address, only the names that it knows: a page of another site can make its own name lead to this host
/// (DNS rebinding), and a browser would then take the service for a part of that site.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a>(pub(super) Option<&'a [String]>);

impl Names<'_> {
    fn is_any(self) -> bool {
        self.0.is_none()
    }

    fn check(self, host: &HeaderValue) -> Result<(), Problem> {
        static WARNING: Once = Once::new();
        let name = host::without_port(host);
        if self.0.is_none_or(|known| known.iter().any(|known| known.eq_ignore_ascii_case(name))) {
            return Ok(());
        }
        WARNING.call_once(|| {
            tracing::warn!(host = %Loggable(name), "a client uses a name that the setting `hosts` does not have");
        });
        let problem = Problem::new(StatusCode::MISDIRECTED_REQUEST);
        Err(problem.detail(
            "The server listens on a loopback address, and does not know this name. The setting `hosts` adds names.",
        ))
    }
}

/// The server knows only `chunked`, which is applied once (sections 6.1 and 7.1).
#[cold]
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
#[cold]
fn check_expectation(request: &Request) -> Result<(), Problem> {
    let lines = request.fields().get_all(header::EXPECT).iter();
    let mut expectations = lines.flat_map(|line| elements(line.to_str().unwrap_or("?")));
    let is_supported = expectations.all(|it| it.eq_ignore_ascii_case("100-continue"));
    match is_supported || request.version() < Version::HTTP_11 {
        true => Ok(()),
        false => {
            let problem = Problem::new(StatusCode::EXPECTATION_FAILED);
            Err(problem.detail("The only supported expectation is 100-continue."))
        }
    }
}
