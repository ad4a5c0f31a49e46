//! What a problem document is, for its readers: the schema of what [`Problem`](crate::Problem) writes.

use schemars::{JsonSchema, Schema, SchemaGenerator};

/// A problem document (RFC 9457).
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is a shape, of which only the schema is needed")]
struct Problem {
    /// The kind of problem.
    r#type: String,
    /// What the status means.
    title: String,
    #[schemars(range(min = 400, max = 599))]
    status: u16,
    /// What is wrong with this request.
    #[schemars(default, skip_serializing_if = "String::is_empty")]
    detail: String,
    /// The target, or of a 5xx the ID under which the log has the cause.
    instance: String,
    /// What is wrong, in one text.
    error: String,
    /// The rules that the request breaks.
    #[schemars(default, skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Violation>,
    /// The media types that there are.
    #[schemars(default, skip_serializing_if = "Vec::is_empty")]
    available: Vec<String>,
}

/// A rule that a request breaks.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is a shape, of which only the schema is needed")]
struct Violation {
    /// The parameter, or the path within the content.
    name: String,
    r#in: Place,
    /// Which rule it is.
    code: String,
    /// Which rule it is, in words.
    detail: String,
}

/// Where a parameter is.
#[derive(JsonSchema)]
#[schemars(inline, rename_all = "lowercase")]
#[expect(dead_code, reason = "it is a shape, of which only the schema is needed")]
enum Place {
    Path,
    Query,
    Header,
    Content,
}

/// The schema of a problem document.
pub(crate) fn schema(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<Problem>()
}
