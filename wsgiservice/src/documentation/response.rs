//! A response, with its schema.

use serde_json::Value;

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
        Response { facts, schema }
    };
    responses.into_iter().map(response).collect()
}
