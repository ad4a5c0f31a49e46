//! The problems that errors with `#[derive(Problem)]` become.

use std::error::Error;

use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::Problem;
use crate::declaration::{Failure, Failures};

/// Converts an error into a problem, by the position of its variant, with these members and header fields of its own.
pub fn problem(
    failures: &[Failure],
    position: usize,
    extensions: Vec<(&'static str, serde_json::Value)>,
    headers: Vec<(&'static str, Option<HeaderValue>)>,
    cause: Box<dyn Error + Send + Sync>,
) -> Problem {
    let failure = failures.get(position);
    let status = failure.and_then(|failure| StatusCode::from_u16(failure.status).ok());
    let mut problem = Problem::caused(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), cause);
    problem.0.kind = failure.and_then(|failure| failure.kind);
    problem.0.extensions = extensions;
    if let Some(challenge) = failure.and_then(|it| HeaderValue::from_str(it.challenge?).ok()) {
        problem = problem.field(header::WWW_AUTHENTICATE, challenge);
    }
    if let Some(seconds) = failure.and_then(|failure| failure.retry_after) {
        problem = problem.field(header::RETRY_AFTER, seconds.into());
    }
    for (name, value) in headers {
        if let (Ok(name), Some(value)) = (HeaderName::from_bytes(name.as_bytes()), value) {
            problem = problem.field(name, value);
        }
    }
    problem
}

/// A field of an error that is a member of its document.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a member of a problem document",
    label = "not serializable",
    note = "add `#[derive(serde::Serialize)]` to the type, or remove `#[problem(extension)]` from the field"
)]
pub trait ProblemMember {
    /// The value; `null` if it cannot be written.
    fn value(&self) -> serde_json::Value;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> ProblemMember for T {
    fn value(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// A field of an error as a header field of the response; `None` if it has what a header field cannot have.
#[must_use]
pub fn header_value(text: String) -> Option<HeaderValue> {
    HeaderValue::try_from(text).ok()
}

/// The problems of the variants of an error.
pub fn own_failures<E: Failures>(_: &E) -> &'static [Failure] {
    E::FAILURES.own
}
