//! Request content, with its schema.

use serde_json::{Map, Value};

use super::{
    Parameter,
    example::Examples,
    schemas::{Direction, Schemas},
};
use crate::{
    content::MediaType, parameters::accepted_names::AcceptedNames, problem::place::Place,
    site::SiteOperation,
};

/// The content of a request to a method.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) is_required: bool,
    /// What it means, if the method takes it as a whole.
    pub(crate) description: &'static str,
    pub(crate) media_types: Vec<&'static str>,
    /// Its maximum size, in bytes.
    pub(crate) limit: usize,
    /// The schema of content with members, which can be parameters.
    pub(crate) schema: Option<Value>,
    /// The schema of content without members, such as XML.
    pub(super) schema_without_members: Option<Value>,
    /// A value that the method accepts as JSON, if it takes the content as a whole.
    pub(crate) example: Option<Value>,
}

impl Content {
    /// The schema of content of this media type.
    pub(crate) fn schema_of(&self, media_type: &str) -> Option<&Value> {
        match MediaType::named(media_type) {
            Some(media_type) if media_type.has_members() => self.schema.as_ref(),
            _ => self.schema_without_members.as_ref(),
        }
    }
}

/// The content that a method reads, if it reads any.
pub(super) fn of(
    operation: &SiteOperation,
    parameters: &[Parameter],
    schemas: &Schemas,
) -> Option<Content> {
    if !operation.content.is_any() {
        return None;
    }
    let whole = operation.content_schema();
    let whole = whole.and_then(|schema| schemas.of(schema, Direction::Request));
    let has_required = parameters.iter().any(|it| is_member(it) && it.is_required);
    let examples = Examples { schemas: &schemas.components };
    let example = whole.as_ref().filter(|_| operation.takes_value());
    let example = example.and_then(|schema| examples.of("content", schema));
    Some(Content {
        is_required: operation.requires_content() || has_required,
        description: operation.content_documentation().unwrap_or_default(),
        media_types: operation.content.media_types(),
        limit: operation.limits.content,
        schema: with_members(operation, whole.clone(), parameters),
        schema_without_members: whole,
        example,
    })
}

/// The schema of content whose members can be parameters.
fn with_members(
    operation: &SiteOperation,
    whole: Option<Value>,
    parameters: &[Parameter],
) -> Option<Value> {
    let members = members(parameters).filter(|_| operation.content.has_schema());
    let Some(mut members) = members else { return whole };
    // Content that is taken as a whole need not be an object, and then has no members.
    if !operation.content.is_whole() {
        members.insert("type".to_owned(), "object".into());
    }
    if operation.accepted_names.as_ref().is_some_and(AcceptedNames::limit_content) {
        members.insert("additionalProperties".to_owned(), false.into());
    }
    let members = members.into();
    let Some(whole) = whole else { return Some(members) };
    let mut schema = Map::new();
    schema.insert("allOf".to_owned(), vec![whole, members].into());
    Some(schema.into())
}

/// Whether a parameter is described as a member of the content.
fn is_member(parameter: &Parameter) -> bool {
    parameter.place == Place::Content
}

/// The parameters that are described as members of the content.
fn members(parameters: &[Parameter]) -> Option<Map<String, Value>> {
    let members = || parameters.iter().filter(|it| is_member(it));
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
        properties.insert(parameter.key.to_owned(), schema);
    }
    let required = members().filter(|it| it.is_required);
    let required: Vec<_> = required.map(|parameter| parameter.key).collect();
    let mut schema = Map::new();
    schema.insert("properties".to_owned(), properties.into());
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    Some(schema)
}
