//! The schema of problem documents, which [`Problem`](crate::Problem) writes.

use schemars::JsonSchema;

use super::place::Place;
use crate::declaration::SchemaOf;

/// A problem document (RFC 9457). A client that prefers `text/html` gets it as a page.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Problem {
    /// The type of the problem.
    r#type: String,
    /// The meaning of the status.
    title: String,
    #[schemars(range(min = 400, max = 599))]
    status: u16,
    /// The explanation for this request.
    #[schemars(default, skip_serializing_if = "String::is_empty")]
    detail: String,
    /// The target of the request; for a 5xx, its ID, if that is a UUID.
    instance: String,
    /// For a 5xx, the ID under which the cause is logged.
    #[schemars(default, skip_serializing_if = "String::is_empty")]
    request_id: String,
    /// For a 5xx, the trace that the request is part of.
    #[schemars(default, skip_serializing_if = "String::is_empty")]
    trace_id: String,
    /// The explanation, or the meaning of the status.
    error: String,
    /// The rules that the request violates.
    #[schemars(default, skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Violation>,
    /// The available media types.
    #[schemars(default, skip_serializing_if = "Vec::is_empty")]
    available: Vec<String>,
}

/// A rule that a request violates.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Violation {
    /// The name of the parameter, or the path in the content.
    name: String,
    r#in: Place,
    /// The violated rule.
    code: String,
    /// The violated rule in words.
    detail: String,
}

/// The schema of a problem document.
pub(crate) const SCHEMA: SchemaOf = SchemaOf::of::<Problem>();
