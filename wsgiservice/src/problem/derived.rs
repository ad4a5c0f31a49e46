//! The problems that errors with `#[derive(Problem)]` become.

use std::error::Error;

use http::{HeaderValue, StatusCode, header};

use super::Problem;
use crate::declaration::Failure;

/// Converts an error into a problem, by the position of its variant.
pub fn problem(
    failures: &[Failure],
    position: usize,
    cause: Box<dyn Error + Send + Sync>,
) -> Problem {
    let failure = failures.get(position);
    let status = failure.and_then(|failure| StatusCode::from_u16(failure.status).ok());
    let problem = Problem::caused(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), cause);
    match failure.and_then(|failure| HeaderValue::from_str(failure.challenge?).ok()) {
        Some(challenge) => problem.field(header::WWW_AUTHENTICATE, challenge),
        None => problem,
    }
}
