//! A response, with its schema.

use serde_json::{Map, Value, json};

use super::schemas::{Direction, Schemas};
use crate::site::SiteResponse;

/// A response of a method.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) facts: SiteResponse,
    pub(crate) schema: Option<Value>,
}

/// These responses, with their schemas.
pub(super) fn all(responses: Vec<SiteResponse>, schemas: &Schemas) -> Vec<Response> {
    let response = |facts: SiteResponse| {
        let schema = facts.schema.and_then(|schema| schemas.of(schema, Direction::Response));
        let schema = schema.map(|schema| with_members(schema, &facts.members));
        Response { facts, schema }
    };
    responses.into_iter().map(response).collect()
}

/// The schema of a problem with further members, whose types are not known.
fn with_members(schema: Value, members: &[&str]) -> Value {
    if members.is_empty() {
        return schema;
    }
    let properties: Map<_, _> =
        members.iter().map(|member| ((*member).to_owned(), json!({}))).collect();
    json!({"allOf": [schema, {"properties": properties}]})
}
