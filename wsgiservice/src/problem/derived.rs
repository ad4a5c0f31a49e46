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
    let mut problem = Problem::caused(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), cause);
    if let Some(challenge) = failure.and_then(|it| HeaderValue::from_str(it.challenge?).ok()) {
        problem = problem.field(header::WWW_AUTHENTICATE, challenge);
    }
    if let Some(seconds) = failure.and_then(|failure| failure.retry_after) {
        problem = problem.field(header::RETRY_AFTER, seconds.into());
    }
    problem
}
