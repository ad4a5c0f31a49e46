//! Request content, with its schema.

use schemars::SchemaGenerator;
use serde_json::{Map, Value};

use super::{Parameter, parameter::of_type};
use crate::{problem::place::Place, site::SiteOperation};

/// The content of a request to a method.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) is_required: bool,
    pub(crate) media_types: Vec<&'static str>,
    /// Its maximum size, in bytes.
    pub(crate) limit: usize,
    pub(crate) schema: Option<Value>,
}

/// The content that a method reads, if it reads any.
pub(super) fn of(
    operation: &SiteOperation,
    parameters: &[Parameter],
    generator: &mut SchemaGenerator,
) -> Option<Content> {
    if !operation.content.is_any() {
        return None;
    }
    let whole = operation.content_schema().map(|schema| schema(generator).to_value());
    let members = members(parameters);
    let has_required = parameters.iter().any(|it| it.place == Place::Content && it.is_required);
    Some(Content {
        is_required: operation.requires_content() || has_required,
        media_types: operation.content.media_types(),
        limit: operation.content_limit,
        schema: match (whole, members) {
            (Some(whole), Some(members)) => Some(all_of(whole, members)),
            (whole, members) => whole.or(members).filter(|_| operation.content.has_schema()),
        },
    })
}

/// The content as a whole, together with the parameters that can also be among its members.
fn all_of(whole: Value, members: Value) -> Value {
    let mut schema = Map::new();
    schema.insert("allOf".to_owned(), vec![whole, members].into());
    schema.into()
}

/// The parameters that can be in the content, as the members of an object.
fn members(parameters: &[Parameter]) -> Option<Value> {
    let members = || parameters.iter().filter(|parameter| parameter.can_be_in(Place::Content));
    members().next()?;
    // Not `collect`, which instantiates a sort for this map.
    let mut properties = Map::new();
    for parameter in members() {
        let mut schema = parameter.schema.clone();
        if let Some(schema) = schema.as_object_mut()
            && !parameter.description.is_empty()
        {
            schema.insert("description".to_owned(), parameter.description.into());
        }
        properties.insert(parameter.name.to_owned(), schema);
    }
    let required = members().filter(|it| it.place == Place::Content && it.is_required);
    let required: Vec<_> = required.map(|parameter| parameter.name).collect();
    let mut schema = of_type("object");
    schema.insert("properties".to_owned(), properties.into());
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    Some(schema.into())
}
