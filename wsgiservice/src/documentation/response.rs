//! A response, with its schema.

use schemars::SchemaGenerator;
use serde_json::Value;

use crate::site::SiteResponse;

/// A response of a method.
#[derive(Debug)]
pub(crate) struct Response {
    /// The status, or `None` for any other one.
    pub(crate) status: Option<u16>,
    pub(crate) description: &'static str,
    /// The names of the header fields that it can have, beside those that every response has.
    pub(crate) fields: Vec<&'static str>,
    pub(crate) media_types: Vec<&'static str>,
    pub(crate) schema: Option<Value>,
    pub(crate) is_problem: bool,
}

/// These responses, with their schemas.
pub(super) fn all(responses: Vec<SiteResponse>, generator: &mut SchemaGenerator) -> Vec<Response> {
    let mut response = |it: SiteResponse| Response {
        status: it.status,
        description: it.description,
        fields: it.fields,
        media_types: it.media_types,
        schema: it.schema.map(|schema| schema(generator).to_value()),
        is_problem: it.is_problem,
    };
    responses.into_iter().map(&mut response).collect()
}
