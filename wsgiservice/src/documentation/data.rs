//! The content of the help page as JSON and XML, for programs.

use serde_json::Value;

use super::{
    Content, Documentation, Method, Parameter, Representation, Resource, Response,
    tree::{Object, Tree},
};
use crate::{problem::place::Place, site::Deprecation};

/// The documentation as a tree.
pub(super) fn tree(documentation: &Documentation) -> Tree {
    let schemas = Value::Object(documentation.schemas.clone());
    Object::default()
        .with("name", documentation.name.as_str())
        .with("version", documentation.version)
        .with("description", documentation.description)
        .with("resources", Tree::list(&documentation.resources, resource))
        .with("components", Object::default().with("schemas", schemas))
        .into()
}

fn resource(resource: &Resource) -> Tree {
    Object::default()
        .with("name", resource.name)
        .with("path", resource.path.to_string())
        .with("description", resource.description)
        .with("representations", Tree::list(&resource.representations, representation))
        .with("allow", resource.allow.as_str())
        .with("methods", Tree::list(&resource.methods, method))
        .into()
}

fn representation(representation: &Representation) -> Tree {
    Object::default()
        .with_some("extension", representation.extension)
        .with("media_type", representation.media_type)
        .into()
}

fn method(method: &Method) -> Tree {
    Object::default()
        .with("method", method.method)
        .with("id", method.id.as_str())
        .with("summary", method.summary.as_str())
        .with("description", method.description)
        .with_some("deprecated", method.deprecation.as_ref().map(deprecated))
        .with("parameters", Tree::list(&method.parameters, parameter))
        .with_some("deny_unknown", method.denies_unknown.then_some(true))
        .with_some("content", method.content.as_ref().map(content))
        .with("responses", Tree::list(&method.responses, response))
        .with_some("cache_control", method.cache_control)
        .with_full("challenges", Tree::list(&method.challenges(), |it| it.to_string().into()))
        .into()
}

fn deprecated(deprecation: &Deprecation) -> Object {
    Object::default()
        .with_some("since", deprecation.since)
        .with_some("note", deprecation.note)
        .with_some("sunset", deprecation.sunset)
}

fn parameter(parameter: &Parameter) -> Tree {
    Object::default()
        .with("name", parameter.name)
        .with("in", parameter.place.name())
        .with_some("or_in", parameter.other_place.map(Place::name))
        .with("key", parameter.key)
        .with("required", parameter.is_required)
        .with("repeated", parameter.is_repeated)
        .with("type", parameter.kind.as_str())
        .with("rules", Tree::list(&parameter.rules, |rule| rule.as_str().into()))
        .with("description", parameter.description)
        .with_some("default", parameter.default.as_deref())
        .with_some("example", parameter.example.as_deref())
        .with("schema", &parameter.schema)
        .into()
}

fn content(content: &Content) -> Object {
    Object::default()
        .with_text("description", content.description)
        .with("required", content.is_required)
        .with("media_types", Tree::texts(&content.media_types))
        .with("limit", Value::from(content.limit))
        .with_some("schema", content.schema.as_ref())
}

fn response(response: &Response) -> Tree {
    Object::default()
        .with_some("status", response.facts.status.map(Value::from))
        .with("description", &*response.facts.description)
        .with("fields", Tree::texts(&response.facts.fields))
        .with("media_types", Tree::list(&response.facts.media_types, |it| it.name.into()))
        .with_some("schema", response.schema.as_ref())
        .with("problem", response.facts.is_problem)
        .into()
}
