//! The documentation as an OpenAPI 3.1 document, whose dialect of schemas is JSON Schema 2020-12 itself.

use serde_json::{Value, json};
use wsgiservice_grammar::path::Path;

use super::{
    Answer, Content, Documentation, Method, Parameter, Resource,
    parameter::of_type,
    tree::{Object, Tree},
    unused,
};

/// The header fields that OpenAPI says by other means (section 4.8.12.2).
const SAID_OTHERWISE: [&str; 3] = ["accept", "content-type", "authorization"];

/// The document of an application (section 4.8.1).
pub(crate) fn document(documentation: &Documentation) -> Tree {
    let resources = &documentation.resources;
    let mut schemes = Object::default();
    let mut paths = Object::default();
    for resource in resources {
        paths = paths.with(&template(&resource.path), path(resource, &mut schemes));
    }
    let components = Object::default()
        .with("schemas", Value::Object(documentation.components.schemas.clone()))
        .with_full("securitySchemes", schemes);
    Object::default()
        .with("openapi", "3.1.1")
        .with("info", info(documentation))
        .with("servers", Tree::List(vec![Object::default().with("url", "/").into()]))
        .with("security", Tree::List(Vec::new()))
        .with("tags", tags(resources))
        .with("paths", paths)
        .with("components", components)
        .into()
}

fn info(documentation: &Documentation) -> Object {
    let info = Object::default()
        .with("title", documentation.name.as_str())
        .with_text("description", documentation.description)
        .with("version", documentation.version);
    let Some(package) = documentation.package else { return info };
    let contact =
        Object::default().with_text("name", package.authors).with_text("url", package.repository);
    let license = Object::default()
        .with_text("name", package.license)
        .with_text("identifier", package.license);
    info.with_full("contact", contact).with_full("license", license)
}

/// A tag for each name, of which the first resource that has it says what it is.
fn tags(resources: &[Resource]) -> Tree {
    let mut tags = Vec::new();
    for (position, resource) in resources.iter().enumerate() {
        if resources.iter().take(position).all(|earlier| earlier.name != resource.name) {
            let tag = Object::default().with("name", resource.name);
            tags.push(tag.with_text("description", resource.description).into());
        }
    }
    Tree::List(tags)
}

/// The path of a resource, as OpenAPI writes it.
fn template(path: &str) -> String {
    Path::parse(path).map_or_else(|_| path.to_owned(), |path| path.to_openapi())
}

/// A path, with its methods.
fn path(resource: &Resource, schemes: &mut Object) -> Object {
    let mut path = Object::default();
    for method in resource.methods.iter().chain([&resource.options]) {
        if is_known(method.method) {
            let operation = operation(resource, method, schemes);
            path.insert(&method.method.to_lowercase(), operation.into());
        }
    }
    path
}

/// The methods that a path has in OpenAPI 3.1 (section 4.8.9).
fn is_known(method: &str) -> bool {
    ["GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"].contains(&method)
}

fn operation(resource: &Resource, method: &Method, schemes: &mut Object) -> Object {
    let parameters = method.parameters.iter().filter(|it| !is_said_otherwise(it));
    let mut security = Vec::new();
    for challenge in &method.challenges {
        let name = scheme(challenge, schemes);
        security.push(Object::default().with(&name, Tree::List(Vec::new())).into());
    }
    let mut responses = Object::default();
    for answer in &method.answers {
        let status = answer.status.map_or("default".to_owned(), |status| status.to_string());
        responses.insert(&status, response(answer).into());
    }
    Object::default()
        .with("operationId", method.id.as_str())
        .with_text("summary", &method.summary)
        .with_text("description", &description(method))
        .with("tags", Tree::texts(&[resource.name]))
        .with_some("deprecated", method.deprecated.is_some().then_some(true))
        .with_full("parameters", Tree::List(parameters.map(parameter).collect()))
        .with_some("requestBody", method.content.as_ref().map(request_body))
        .with("responses", responses)
        .with_full("security", Tree::List(security))
}

fn is_said_otherwise(parameter: &Parameter) -> bool {
    match parameter.place {
        "content" => true,
        "header" => SAID_OTHERWISE.contains(&parameter.key.to_lowercase().as_str()),
        _ => false,
    }
}

fn parameter(parameter: &Parameter) -> Tree {
    Object::default()
        .with("name", parameter.key)
        .with("in", parameter.place)
        .with_text("description", parameter.description)
        .with("required", parameter.mandatory)
        .with("schema", &parameter.schema)
        .with_some("example", parameter.example.map(|_| first_example(&parameter.schema)))
        .into()
}

fn request_body(content: &Content) -> Object {
    let media_types = contents(&content.media_types, content.schema.as_ref());
    Object::default().with("required", content.mandatory).with("content", media_types)
}

/// The text of the method, or its one sentence; and why not to use it.
fn description(method: &Method) -> String {
    let text = if method.description.is_empty() { &method.summary } else { method.description };
    match method.deprecated.as_ref().and_then(|deprecated| deprecated.note) {
        Some(note) => format!("{text}\n\nDeprecated: {note}"),
        None => text.to_owned(),
    }
}

fn first_example(schema: &Value) -> Value {
    let one = schema.get("items").unwrap_or(schema);
    let example = one.get("examples").and_then(|examples| examples.get(0)).cloned();
    let example = example.unwrap_or_default();
    if schema.get("items").is_some() { Value::from(vec![example]) } else { example }
}

fn contents(media_types: &[&str], schema: Option<&Value>) -> Object {
    let mut contents = Object::default();
    for name in media_types {
        contents.insert(name, Object::default().with_some("schema", schema).into());
    }
    contents
}

fn response(answer: &Answer) -> Object {
    let mut headers = Object::default();
    for name in &answer.fields {
        headers.insert(name, header(name).into());
    }
    let mut content = contents(&answer.media_types, answer.schema.as_ref());
    if answer.problem {
        // The page for people is the last of them.
        let page = Object::default().with("schema", text());
        content.insert("text/html", page.into());
    }
    Object::default()
        .with("description", answer.description.as_str())
        .with_full("headers", headers)
        .with_full("content", content)
}

fn header(name: &str) -> Object {
    let description = match name {
        "ETag" => "The entity tag of the representation (RFC 9110, section 8.8.3).",
        "Last-Modified" => "When the resource was modified last (RFC 9110, section 8.8.2).",
        "Cache-Control" => {
            "For how long, and for whom, the answer stays fresh (RFC 9111, section 5.2)."
        }
        "Expires" => "When the answer becomes stale (RFC 9111, section 5.3).",
        "Vary" => {
            "The fields of the request that the answer depends on (RFC 9110, section 12.5.5)."
        }
        "Location" => "Where it is (RFC 9110, section 10.2.2).",
        "Accept-Ranges" => "Whether parts can be had (RFC 9110, section 14.3).",
        "Content-Range" => "Which part it is (RFC 9110, section 14.4).",
        "Deprecation" => "Since when the method is deprecated (RFC 9745).",
        "Sunset" => "When the method will be gone (RFC 8594).",
        "WWW-Authenticate" => "How to log in (RFC 9110, section 11.6.1).",
        "Allow" => "The methods that there are (RFC 9110, section 10.2.1).",
        "Accept-Patch" => "What `PATCH` reads (RFC 5789, section 3.1).",
        "Accept-Post" => "What `POST` reads (Linked Data Platform, section 7.1).",
        "Accept" => "What the method reads (RFC 9110, section 12.5.1).",
        _ => "How long to wait (RFC 9110, section 10.2.3).",
    };
    Object::default().with("description", description).with("schema", text())
}

/// The schema of what is a text.
fn text() -> Value {
    of_type("string").into()
}

/// The name of the security scheme of a challenge, which is added where it is not there: each has a realm of its own.
fn scheme(challenge: &str, schemes: &mut Object) -> String {
    let scheme = challenge.split_whitespace().next().unwrap_or_default().to_lowercase();
    let object = json!({"type": "http", "scheme": scheme, "description": challenge}).into();
    if let Some((name, _)) = schemes.members().find(|(_, known)| **known == object) {
        return name.to_owned();
    }
    // What the name of a component may hold (section 4.8.7.1).
    let is_foreign = |it: char| !it.is_ascii_alphanumeric() && !"._-".contains(it);
    let name = unused(&scheme.replace(is_foreign, "-"), |name| schemes.get(name).is_some());
    schemes.insert(&name, object);
    name
}
