//! The content of a request, as a schema.

use schemars::SchemaGenerator;
use serde_json::{Map, Value};

use super::{Content, Parameter, parameter::of_type};
use crate::{
    content::IN_PARTS,
    declaration::{Argument, Mount, Operation},
    site::policy::Manners,
};

/// The content that a method takes, where it takes some.
pub(super) fn content(
    mount: &Mount,
    operation: &Operation,
    manners: &Manners,
    parameters: &[Parameter],
    generator: &mut SchemaGenerator,
) -> Option<Content> {
    let limit = operation.limits.content.or(mount.limits.content).unwrap_or(manners.content_limit);
    for parameter in operation.parameters {
        let (mandatory, media_types) = match parameter.argument {
            Argument::Content { optional } => (
                !optional,
                &[
                    "application/json",
                    "application/x-www-form-urlencoded",
                    "multipart/form-data",
                    "application/xml",
                    "text/xml",
                ][..],
            ),
            Argument::Bytes | Argument::Stream => (false, &["*/*"][..]),
            Argument::Form => (true, &["multipart/form-data"][..]),
            _ => continue,
        };
        let schema = (parameter.schema)().map(|schema| schema(generator).to_value());
        return Some(Content { mandatory, media_types: understood(media_types), limit, schema });
    }
    members(parameters, limit)
}

/// The parameters in the content, as the members of an object.
fn members(parameters: &[Parameter], limit: usize) -> Option<Content> {
    let members = || parameters.iter().filter(|parameter| parameter.place == "content");
    members().next()?;
    // Not collected, for which a map would sort.
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
    let mandatory: Vec<_> =
        members().filter(|parameter| parameter.mandatory).map(|it| it.name).collect();
    let needs_a_file = members().any(|parameter| parameter.is_file && parameter.mandatory);
    let media_types = if needs_a_file {
        &["multipart/form-data"][..]
    } else {
        &["application/json", "application/x-www-form-urlencoded", "multipart/form-data"][..]
    };
    let is_mandatory = !mandatory.is_empty();
    let mut schema = of_type("object");
    schema.insert("properties".to_owned(), properties.into());
    if is_mandatory {
        schema.insert("required".to_owned(), Value::from(mandatory));
    }
    let media_types = understood(media_types);
    Some(Content { mandatory: is_mandatory, media_types, limit, schema: Some(schema.into()) })
}

/// Those of the media types that are understood.
fn understood(media_types: &[&'static str]) -> Vec<&'static str> {
    let is_understood = |name: &&str| IN_PARTS || *name != "multipart/form-data";
    media_types.iter().copied().filter(is_understood).collect()
}
