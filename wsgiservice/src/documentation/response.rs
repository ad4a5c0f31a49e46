//! A response, with its schema.

use schemars::SchemaGenerator;
use serde_json::Value;

use crate::site::SiteResponse;

/// A response of a method.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) facts: SiteResponse,
    pub(crate) schema: Option<Value>,
}

/// These responses, with their schemas.
pub(super) fn all(responses: Vec<SiteResponse>, generator: &mut SchemaGenerator) -> Vec<Response> {
    let response = |facts: SiteResponse| {
        let schema = facts.schema.map(|schema| schema(generator).to_value());
        Response { facts, schema }
    };
    responses.into_iter().map(response).collect()
}
