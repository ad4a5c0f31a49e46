//! The documentation as an OpenAPI 3.1 document, whose dialect of schemas is JSON Schema 2020-12 itself.

mod object;

use indexmap::IndexMap;
use serde_json::{Value, json};

pub(crate) use self::object::OpenApi;
use self::object::{
    Components, Contact, Header, Info, License, MediaType, Operation, Parameter, RequestBody,
    Response, Server, Tag,
};
use super::{Answer, Documentation, Method, Resource, unused};

/// The header fields that OpenAPI says by other means (section 4.8.12.2).
const SAID_OTHERWISE: [&str; 3] = ["accept", "content-type", "authorization"];

impl OpenApi {
    /// The document of an application.
    pub(crate) fn new(documentation: &Documentation) -> Self {
        let resources = &documentation.resources;
        let mut paths = IndexMap::<_, IndexMap<_, _>>::new();
        let mut schemes = IndexMap::new();
        for resource in resources {
            let path = paths.entry(resource.path.replace("{*", "{")).or_default();
            let methods = resource.methods.iter().chain([&resource.options]);
            for method in methods.filter(|method| is_known(method.method)) {
                let operation = operation(resource, method, &mut schemes);
                path.insert(method.method.to_lowercase(), operation);
            }
        }
        let mut tags: Vec<Tag> = Vec::new();
        for resource in resources {
            if tags.iter().all(|tag| tag.name != resource.name) {
                tags.push(Tag { name: resource.name, description: resource.description });
            }
        }
        let schemas = documentation.components.schemas.clone();
        Self {
            openapi: "3.1.1",
            info: info(documentation),
            servers: [Server { url: "/" }],
            security: [],
            tags,
            paths,
            components: Components { schemas, security_schemes: schemes },
        }
    }
}

fn info(documentation: &Documentation) -> Info {
    let package = documentation.package;
    let license = package.map_or("", |package| package.license);
    let contact = package.map(|it| Contact { name: it.authors, url: it.repository });
    Info {
        title: documentation.name.clone(),
        description: documentation.description,
        version: documentation.version,
        contact: contact.filter(|it| !it.name.is_empty() || !it.url.is_empty()),
        license: (!license.is_empty()).then_some(License { name: license, identifier: license }),
    }
}

/// The methods that a path has in OpenAPI 3.1 (section 4.8.9).
fn is_known(method: &str) -> bool {
    ["GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"].contains(&method)
}

fn operation(
    resource: &Resource,
    method: &Method,
    schemes: &mut IndexMap<String, Value>,
) -> Operation {
    let said_otherwise = |parameter: &super::Parameter| match parameter.place {
        "content" => true,
        "header" => SAID_OTHERWISE.contains(&parameter.key.to_lowercase().as_str()),
        _ => false,
    };
    let parameters = method.parameters.iter().filter(|it| !said_otherwise(it));
    let parameters = parameters.map(|parameter| Parameter {
        name: parameter.key,
        place: parameter.place,
        description: parameter.description,
        required: parameter.mandatory,
        schema: parameter.schema.clone(),
        example: parameter.example.map(|_| first_example(&parameter.schema)),
    });
    let security = method.challenges.iter().map(|challenge| {
        let name = scheme(challenge, schemes);
        IndexMap::from([(name, [])])
    });
    let mut responses = IndexMap::new();
    for answer in &method.answers {
        let status = answer.status.map_or("default".to_owned(), |status| status.to_string());
        responses.insert(status, response(answer));
    }
    Operation {
        operation_id: method.id.clone(),
        summary: method.summary.clone(),
        description: description(method),
        tags: [resource.name],
        deprecated: method.deprecated.is_some(),
        parameters: parameters.collect(),
        request_body: method.content.as_ref().map(|content| RequestBody {
            required: content.mandatory,
            content: contents(&content.media_types, content.schema.as_ref()),
        }),
        responses,
        security: security.collect(),
    }
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

fn contents(
    media_types: &[&'static str],
    schema: Option<&Value>,
) -> IndexMap<&'static str, MediaType> {
    let media_type = |name: &&'static str| (*name, MediaType { schema: schema.cloned() });
    media_types.iter().map(media_type).collect()
}

fn response(answer: &Answer) -> Response {
    let headers = answer.fields.iter().map(|name| (*name, header(name))).collect();
    let content = if answer.problem {
        let (page, data): (Vec<_>, Vec<_>) =
            answer.media_types.iter().partition(|media_type| **media_type == "text/html");
        let mut content = contents(&data, answer.schema.as_ref());
        content.extend(contents(&page, Some(&json!({"type": "string"}))));
        content
    } else {
        contents(&answer.media_types, answer.schema.as_ref())
    };
    Response { description: answer.description.clone(), headers, content }
}

fn header(name: &str) -> Header {
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
    Header { description, schema: json!({"type": "string"}) }
}

/// The name of the security scheme of a challenge, which is added where it is not there: each has a realm of its own.
fn scheme(challenge: &str, schemes: &mut IndexMap<String, Value>) -> String {
    let scheme = challenge.split_whitespace().next().unwrap_or_default().to_lowercase();
    let object = json!({"type": "http", "scheme": scheme, "description": challenge});
    if let Some((name, _)) = schemes.iter().find(|(_, known)| **known == object) {
        return name.clone();
    }
    // What the name of a component may hold (section 4.8.7.1).
    let is_foreign = |it: char| !it.is_ascii_alphanumeric() && !"._-".contains(it);
    let name = unused(&scheme.replace(is_foreign, "-"), |name| schemes.contains_key(name));
    schemes.insert(name.clone(), object);
    name
}
