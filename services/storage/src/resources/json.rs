//! Documents, as they were sent.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::value::RawValue;
use wsgiservice::answer::media_type::MediaType;

/// A JSON document, which is kept character by character: numbers keep their digits, and members their order.
///
/// For the same reason it has no other representation.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Document(Box<RawValue>);

impl Document {
    pub(crate) fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl JsonSchema for Document {
    fn schema_name() -> Cow<'static, str> {
        "Document".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "description": "Any JSON document.",
            "type": ["object", "array", "string", "number", "boolean", "null"],
        })
    }
}

/// The media type of a document.
#[derive(Debug, MediaType)]
#[media_type("application/json")]
pub(crate) struct Json;
