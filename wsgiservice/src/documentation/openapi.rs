//! The documentation as an OpenAPI 3.1 document, whose schema dialect is JSON Schema 2020-12.

use serde_json::{Value, json};

use super::{
    Content, Documentation, Method, Parameter, Resource, Response,
    parameter::of_type,
    tree::{Object, Tree},
    unused,
};
use crate::{
    http::challenge::{Challenge, ChallengeKind},
    problem::place::Place,
};

/// The header fields that OpenAPI describes by other means (section 4.8.12.2).
const DESCRIBED_ELSEWHERE: [&str; 3] = ["accept", "content-type", "authorization"];

/// The document of an application (section 4.8.1), which clients see at this base path.
pub(crate) fn document(documentation: &Documentation, base: &str) -> Tree {
    let server = if base.is_empty() { "/" } else { base };
    let resources = &documentation.resources;
    let mut schemes = Object::default();
    let mut paths = Object::default();
    for resource in resources {
        paths = paths.with(&resource.path.to_openapi(), path(resource, &mut schemes));
    }
    let components = Object::default()
        .with("schemas", Value::Object(documentation.schemas.clone()))
        .with_full("securitySchemes", schemes);
    Object::default()
        .with("openapi", "3.1.1")
        .with("info", info(documentation))
        .with("servers", Tree::List(vec![Object::default().with("url", server).into()]))
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
    let (name, email) = contact(package.authors);
    let contact = Object::default()
        .with_text("name", name)
        .with_text("url", package.repository)
        .with_text("email", email);
    let license = Object::default()
        .with_text("name", package.license)
        .with_text("identifier", package.license);
    info.with_full("contact", contact).with_full("license", license)
}

/// The name and the email of the first of the authors of a Cargo package, which are separated by colons.
fn contact(authors: &str) -> (&str, &str) {
    let first = authors.split(':').next().unwrap_or_default();
    let (name, email) = first.split_once('<').unwrap_or((first, ""));
    (name.trim(), email.trim_end_matches('>'))
}

/// A tag for each name, described by the first resource with that name.
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

/// A path with its methods.
fn path(resource: &Resource, schemes: &mut Object) -> Object {
    let mut path = Object::default();
    for method in resource.methods.iter().chain([&resource.options]) {
        if is_path_item_method(method.method) {
            let operation = operation(resource, method, schemes);
            path.insert(&method.method.to_lowercase(), operation.into());
        }
    }
    path
}

/// Whether a path of OpenAPI 3.1 can have this method (section 4.8.9).
fn is_path_item_method(method: &str) -> bool {
    ["GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"].contains(&method)
}

fn operation(resource: &Resource, method: &Method, schemes: &mut Object) -> Object {
    let parameters: Vec<_> =
        method.parameters.iter().filter(|it| is_listed(it)).map(parameter).collect();
    let mut security = Vec::new();
    for required in &method.credentials {
        let mut requirement = Object::default();
        for challenge in required {
            requirement.insert(&scheme(*challenge, schemes), Tree::List(Vec::new()));
        }
        security.push(requirement.into());
    }
    let mut responses = Object::default();
    for it in &method.responses {
        let status = it.facts.status.map_or("default".to_owned(), |status| status.to_string());
        responses.insert(&status, response(it).into());
    }
    Object::default()
        .with("operationId", method.id.as_str())
        .with_text("summary", &method.summary)
        .with_text("description", &description(method))
        .with("tags", Tree::texts(&[resource.name]))
        .with_some("deprecated", method.deprecation.is_some().then_some(true))
        .with_full("parameters", Tree::List(parameters))
        .with_some("requestBody", method.content.as_ref().map(request_body))
        .with("responses", responses)
        .with_full("security", Tree::List(security))
}

/// Whether a parameter belongs to the list of parameters; others are described elsewhere in the document.
///
/// One that can be in the query or in the content is described in one of them: OpenAPI cannot say that it is required in
/// either, and a client that follows the document needs only one.
fn is_listed(parameter: &Parameter) -> bool {
    match parameter.place {
        Place::Content => false,
        Place::Header => !DESCRIBED_ELSEWHERE.contains(&parameter.key.to_lowercase().as_str()),
        Place::Path | Place::Query | Place::Cookie => true,
    }
}

fn parameter(parameter: &Parameter) -> Tree {
    Object::default()
        .with("name", parameter.key)
        .with("in", parameter.place.name())
        .with_text("description", parameter.description)
        .with("required", parameter.is_required)
        .with("schema", &parameter.schema)
        .with_some("example", parameter.example.as_ref().map(|_| first_example(&parameter.schema)))
        .into()
}

fn request_body(content: &Content) -> Object {
    let mut contents = Object::default();
    for name in &content.media_types {
        let example = content.example.as_ref().filter(|_| name.ends_with("json"));
        let media_type = media_type(name, content.schema_of(name)).with_some("example", example);
        insert(&mut contents, name, media_type);
    }
    Object::default()
        .with_text("description", content.description)
        .with("required", content.is_required)
        .with("content", contents)
}

/// The description of the method, with the reason of a deprecation.
fn description(method: &Method) -> String {
    let note = method.deprecation.as_ref().and_then(|deprecated| deprecated.note);
    let note = note.map(|note| format!("Deprecated: {note}"));
    // OpenAPI cannot express this for the query.
    let denies = method.denies_unknown.then_some("Other parameters are not accepted.");
    let parts = [Some(method.description), denies, note.as_deref()].into_iter().flatten();
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

fn first_example(schema: &Value) -> Value {
    let one = schema.get("items").unwrap_or(schema);
    let example = one.get("examples").and_then(|examples| examples.get(0)).cloned();
    let example = example.unwrap_or_default();
    if schema.get("items").is_some() { Value::from(vec![example]) } else { example }
}

/// Adds a media type. Any one includes that of bytes, which generators of clients know.
fn insert(contents: &mut Object, name: &str, media_type: Object) {
    if name == "*/*" {
        contents.insert("application/octet-stream", media_type.clone().into());
    }
    contents.insert(name, media_type.into());
}

/// A media type with its schema. There always is one, because generators of clients expect it.
fn media_type(name: &str, schema: Option<&Value>) -> Object {
    let schema = schema.cloned().unwrap_or_else(|| {
        let is_structured = ["json", "xml", "form"].iter().any(|syntax| name.contains(syntax));
        match is_structured {
            true => json!({}),
            false if name.starts_with("text/") => text(),
            false => json!({"type": "string", "format": "binary"}),
        }
    });
    Object::default().with("schema", schema)
}

fn response(response: &Response) -> Object {
    let mut headers = Object::default();
    for name in &response.facts.fields {
        let header = match (*name, &response.facts.vary) {
            ("Vary", Some(names)) => vary(names.to_str().unwrap_or_default()),
            _ => header(name),
        };
        headers.insert(name, header.into());
    }
    let mut content = Object::default();
    for it in &response.facts.media_types {
        let schema = response.schema.as_ref().filter(|_| it.is_described);
        insert(&mut content, it.name, media_type(it.name, schema));
    }
    Object::default()
        .with("description", &*response.facts.description)
        .with_full("headers", headers)
        .with_full("content", content)
}

fn header(name: &str) -> Object {
    let description = match name {
        "ETag" => "The entity tag of the representation (RFC 9110, section 8.8.3).",
        "Last-Modified" => {
            "The date of the last modification of the resource (RFC 9110, section 8.8.2)."
        }
        "Cache-Control" => {
            "How long the response stays fresh, and for which caches (RFC 9111, section 5.2)."
        }
        "Expires" => "The date when the response becomes stale (RFC 9111, section 5.3).",
        "Location" => "The URI of the new resource or of the redirect (RFC 9110, section 10.2.2).",
        "Link" => "The next and the previous page, as `next` and `prev` (RFC 8288).",
        "Accept-Ranges" => "Whether range requests are supported (RFC 9110, section 14.3).",
        "Content-Range" => "The range of the content and the full length (RFC 9110, section 14.4).",
        "Deprecation" => "The date since when the method is deprecated (RFC 9745).",
        "Sunset" => "The date when the method will be removed (RFC 8594).",
        "WWW-Authenticate" => "The authentication challenge (RFC 9110, section 11.6.1).",
        "Allow" => "The supported methods (RFC 9110, section 10.2.1).",
        "Accept-Patch" => "The media types that `PATCH` supports (RFC 5789, section 3.1).",
        "Accept-Post" => {
            "The media types that `POST` supports (Linked Data Platform, section 7.1)."
        }
        "Accept-Query" => "The media types that `QUERY` supports (RFC 10008, section 3).",
        "Accept" => "The media types that the method supports (RFC 9110, section 12.5.1).",
        "Accept-Encoding" => {
            "The content codings that the method supports (RFC 9110, section 12.5.3)."
        }
        _ => "How long to wait before the next request (RFC 9110, section 10.2.3).",
    };
    Object::default().with("description", description).with("schema", text())
}

fn vary(names: &str) -> Object {
    let description = format!(
        "The request fields that the response depends on: {names} (RFC 9110, section 12.5.5)."
    );
    Object::default().with("description", description).with("schema", text())
}

/// The schema of a text.
fn text() -> Value {
    of_type("string").into()
}

/// The name of the security scheme of a challenge, which is added if it is new. Challenges differ by their realm.
fn scheme(challenge: Challenge, schemes: &mut Object) -> String {
    let scheme = challenge.scheme().to_lowercase();
    let object = match challenge.kind() {
        ChallengeKind::Http(text) => json!({"type": "http", "scheme": scheme, "description": text}),
        ChallengeKind::Key(place, name) => {
            json!({"type": "apiKey", "in": place.name(), "name": name})
        }
    };
    let object = object.into();
    if let Some((name, _)) = schemes.members().find(|(_, scheme)| **scheme == object) {
        return name.to_owned();
    }
    // The characters that the name of a component cannot have (section 4.8.7.1).
    let is_invalid = |it: char| !it.is_ascii_alphanumeric() && !"._-".contains(it);
    let name = unused(&scheme.replace(is_invalid, "-"), |name| schemes.get(name).is_some());
    schemes.insert(&name, object);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_author_is_the_contact() {
        for (authors, expected) in [
            ("Ann Author <ann@example.org>", ("Ann Author", "ann@example.org")),
            ("Ann Author <ann@example.org>:Bob", ("Ann Author", "ann@example.org")),
            ("Ann Author", ("Ann Author", "")),
            ("<ann@example.org>", ("", "ann@example.org")),
            ("", ("", "")),
        ] {
            assert_eq!(contact(authors), expected, "{authors}");
        }
    }
}
