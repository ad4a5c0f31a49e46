//! Targets in absolute form, which a server must not respond to if it has no authority over them (RFC 9110, section 7.4).

use http::{StatusCode, uri::Scheme};

use crate::{http::incoming::Request, problem::Problem};

/// Rejects a target that this connection cannot serve: the connection is not secured, and speaks only HTTP. A host knows
/// that about its own connections.
///
/// # Errors
/// A 421 for another scheme than `http`, `https` included; a 400 for userinfo (RFC 9110, section 4.2.4).
pub(super) fn check(request: &Request) -> Result<(), Problem> {
    let target = request.target();
    let Some(scheme) = target.scheme().filter(|_| !request.is_hosted()) else { return Ok(()) };
    if *scheme != Scheme::HTTP {
        let problem = Problem::new(StatusCode::MISDIRECTED_REQUEST);
        return Err(problem.detail("This connection serves only targets with the scheme http."));
    }
    let authority = target.authority().map_or("", |authority| authority.as_str());
    if authority.contains('@') {
        return Err(Problem::bad_request("The target must not have userinfo."));
    }
    Ok(())
}
