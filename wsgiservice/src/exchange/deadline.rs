//! What a client that no longer waits is told.

use http::StatusCode;

use crate::{
    http::{incoming::Request, known_fields::KnownField},
    problem::Problem,
};

/// Ends an exchange before something begins whose result nobody waits for.
#[inline]
pub(super) fn check(request: &Request) -> Result<(), Problem> {
    if request.has(KnownField::Timeout) { check_stated(request) } else { Ok(()) }
}

#[cold]
fn check_stated(request: &Request) -> Result<(), Problem> {
    match request.deadline() {
        Some(deadline) if deadline.has_passed() => Err(passed()),
        _ => Ok(()),
    }
}

/// The response if a method was not called, or one that changes nothing has not ended. It is no fault of the service, and
/// not logged as one.
#[cold]
pub(super) fn passed() -> Problem {
    Problem::new(StatusCode::GATEWAY_TIMEOUT)
}
