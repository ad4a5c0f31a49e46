//! Where a client sends a parameter.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

// The text below is in the OpenAPI document of each service.
/// The location of the parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline, rename_all = "lowercase")]
pub(crate) enum Place {
    Path,
    Query,
    Header,
    Cookie,
    Content,
}

impl Place {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Content => "content",
        }
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_schema_has_the_names() {
        let names = [Place::Path, Place::Query, Place::Header, Place::Cookie, Place::Content]
            .map(Place::name);
        let schema = schemars::schema_for!(Place);
        assert_eq!(schema.get("enum"), Some(&json!(names)));
    }
}
