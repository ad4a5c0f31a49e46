//! The help page: one HTML document that is readable without its script.

use maud::{DOCTYPE, Markup, html};
use serde_json::{Map, Value};

use super::{
    SCRIPT, STYLE,
    curl::{curl, word},
    markdown::markdown,
};
use crate::{
    documentation::{
        Content, Documentation, Method, Parameter, Representation, Resource, Response,
        example::Examples, schemas::COMPONENTS,
    },
    http::challenge::{Challenge, ChallengeKind, KeyPlace},
    problem::place::Place,
};

/// The page loads its style and its script from its own origin, and sends requests only there.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The differences between the page of a running service and the page as a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageSettings<'a> {
    /// The path of the folder with the style and the script, relative to the page.
    pub(crate) assets: &'a str,
    /// The path of the root of the service, relative to the page; `None` for a file, which has no service to send
    /// requests to.
    pub(crate) base: Option<&'a str>,
    /// The scheme, the host and the base path of the service, for the `curl` commands.
    pub(crate) origin: &'a str,
}

/// The page of an application.
pub(crate) fn page(documentation: &Documentation, settings: PageSettings<'_>) -> String {
    let Documentation { name, version, description, resources, schemas, .. } = documentation;
    let examples = Examples { schemas };
    html! {
        (DOCTYPE)
        html lang="en" data-base=[settings.base] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(policy_of_page());
                title { (name) }
                link rel="icon" href="data:,";
                link rel="stylesheet" href={ (settings.assets) "style.css?" (STYLE.fingerprint()) };
                script src={ (settings.assets) "script.js?" (SCRIPT.fingerprint()) } defer {}
            }
            body {
                a.skip href="#resources" { "Skip to the resources" }
                header {
                    h1 { (name) " " span.version { (version) } }
                    @if !description.is_empty() { p { (description) } }
                    p.quiet {
                        "Also available as " a href="openapi.json" { "OpenAPI" }
                        @if settings.base.is_some() {
                            ", " a href="help.json" { "JSON" } " and " a href="help.xml" { "XML" }
                        }
                        "."
                        @if settings.base.is_some() { " " a href="stats" { "Statistics" } }
                    }
                }
                div.page {
                    (contents(resources))
                    main #resources {
                        @for resource in resources { (self::resource(resource, examples, settings)) }
                        (self::schemas(schemas))
                    }
                }
            }
        }
    }
    .into_string()
}

/// The policy without what only a header field can say (Content Security Policy 3, section 3.3).
pub(crate) fn policy_of_page() -> &'static str {
    CONTENT_SECURITY_POLICY.trim_end_matches("; frame-ancestors 'none'")
}

fn contents(resources: &[Resource]) -> Markup {
    html! {
        nav aria-label="Resources" {
            div hidden {
                label for="search" { "Search" }
                input #search type="search" autocomplete="off" aria-describedby="found";
                p #found.quiet role="status" {}
            }
            ul {
                @for resource in resources {
                    li {
                        a.path href={ "#" (anchor(resource)) } { (resource.path) }
                        ul {
                            @for method in &resource.methods {
                                li { a href={ "#" (method.id) } { (verb(method.method)) (method.summary) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The ID of a resource on the page. Resources can share a name but not a path.
fn anchor(resource: &Resource) -> String {
    format!(
        "{}-{}",
        resource.name,
        resource.path.to_string().replace(|it: char| !it.is_ascii_alphanumeric(), "-")
    )
}

/// Where the page describes a method of the resource with this path; where it describes the resource if it has no such method,
/// such as `OPTIONS`, which all have. `None` for what is not documented.
pub(crate) fn anchor_of(documentation: &Documentation, path: &str, method: &str) -> Option<String> {
    let resource = documentation.resources.iter().find(|it| it.path.to_string() == path)?;
    let method = resource.methods.iter().find(|it| it.method == method);
    Some(method.map_or_else(|| anchor(resource), |method| method.id.clone()))
}

/// The name of a method in its color.
pub(crate) fn verb(method: &str) -> Markup {
    let has_color = ["GET", "POST", "PUT", "DELETE", "PATCH"].contains(&method);
    let class = if has_color { method.to_lowercase() } else { "other".to_owned() };
    html! { span.verb.(class) { (method) } " " }
}

fn resource(resource: &Resource, examples: Examples<'_>, settings: PageSettings<'_>) -> Markup {
    let anchor = anchor(resource);
    let text = format!("{} {} {}", resource.path, resource.name, resource.description);
    html! {
        section.resource id=(anchor) data-text=(text) {
            h2 { a href={ "#" (anchor) } { span.path { (resource.path) } " " span.name { (resource.name) } } }
            (markdown(resource.description))
            (representations(&resource.representations))
            p.quiet { "Methods: " code { (resource.allow) } }
            @for method in &resource.methods { (self::method(resource, method, examples, settings)) }
        }
    }
}

/// The extensions, with the media types of each.
fn representations(representations: &[Representation]) -> Markup {
    html! {
        @if !representations.is_empty() {
            p.quiet {
                "Representations: "
                @for (index, group) in by_extension(representations).enumerate() {
                    @if index > 0 { ", " }
                    @if let Some(extension) = extension(group) { code { "." (extension) } " for" }
                    @for (index, representation) in group.iter().enumerate() {
                        @if index > 0 { " or" }
                        " " code { (representation.media_type) }
                    }
                }
            }
        }
    }
}

fn by_extension(representations: &[Representation]) -> impl Iterator<Item = &[Representation]> {
    representations.chunk_by(|one, next| one.extension == next.extension)
}

/// The extension of a group.
fn extension(group: &[Representation]) -> Option<&'static str> {
    group.first()?.extension
}

fn method(
    resource: &Resource,
    method: &Method,
    examples: Examples<'_>,
    settings: PageSettings<'_>,
) -> Markup {
    let text = format!("{} {} {}", method.method, method.summary, method.description);
    html! {
        article.method id=(method.id) data-text=(text) {
            h3 { a href={ "#" (method.id) } { (verb(method.method)) span.path { (resource.path) } } }
            (markdown(&method.summary))
            @if let Some(deprecated) = &method.deprecation {
                div.deprecated {
                    p {
                        strong { "Deprecated" }
                        @if let Some(since) = deprecated.since { " since " (since) }
                        @if let Some(sunset) = deprecated.sunset { ", removed on " (sunset) }
                        "."
                    }
                    @if let Some(note) = deprecated.note { (markdown(note)) }
                }
            }
            (markdown(method.description))
            (authentication(&method.credentials))
            @if !method.parameters.is_empty() { (parameters(&method.parameters)) }
            @if method.denies_unknown { p.quiet { "Other parameters are not accepted." } }
            @if let Some(content) = &method.content { (self::content(content)) }
            (responses(&method.responses))
            @if let Some(cache_control) = method.cache_control {
                h4 { "Caching" }
                p { code { "Cache-Control: " (cache_control) } }
            }
            h4 { "curl" }
            @let commands = method.credentials.iter().map(Vec::as_slice);
            @let none = method.credentials.is_empty().then_some(&[][..]);
            @for credentials in commands.chain(none) {
                div.command {
                    pre.curl tabindex="0" { code data-origin=(settings.origin) { (curl(&resource.path, method, credentials, examples, settings.origin)) } }
                    button.copy type="button" hidden { "Copy" }
                }
            }
            @if settings.base.is_some() { (form(resource, method)) }
        }
    }
}

/// The sets of credentials of which a request must have one.
fn authentication(credentials: &[Vec<Challenge>]) -> Markup {
    html! {
        @if !credentials.is_empty() {
            p {
                "Authentication: "
                @for (index, set) in credentials.iter().enumerate() {
                    @if index > 0 { " or " }
                    @for (index, challenge) in set.iter().enumerate() {
                        @if index > 0 { " and " }
                        code { (challenge) }
                    }
                }
            }
        }
    }
}

fn parameters(parameters: &[Parameter]) -> Markup {
    html! {
        h4 { "Parameters" }
        div.scroll {
            table {
                thead { tr { th { "Name" } th { "In" } th { "Type" } th { "Description" } } }
                tbody {
                    @for parameter in parameters {
                        tr {
                            td { code { (parameter.key) } @if parameter.is_required { " " strong { "Required" } } }
                            td data-label="In" { (parameter.place.name()) @if let Some(other) = parameter.other_place { " or " (other.name()) } }
                            td data-label="Type" { (parameter.kind) @if parameter.is_repeated { ", repeated" } }
                            td {
                                (markdown(parameter.description))
                                @for rule in &parameter.rules { div.quiet { p { (self::rule(rule)) } } }
                                @if let Some(default) = &parameter.default { p.quiet { "Default: " code { (default) } } }
                                @if let Some(example) = &parameter.example { p.quiet { "Example: " code { (example) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn content(content: &Content) -> Markup {
    html! {
        h4 { "Body" }
        (markdown(content.description))
        p {
            @if content.is_required { strong { "Required" } ". " }
            @for media_type in &content.media_types { code { (media_type) } " " }
            span.quiet { "at most " (size(content.limit)) }
        }
        @if let Some(schema) = &content.schema { (self::schema(schema)) }
    }
}

fn responses(responses: &[Response]) -> Markup {
    html! {
        h4 { "Responses" }
        div.scroll {
            table {
                thead { tr { th { "Status" } th { "Description" } th { "Header fields" } } }
                tbody {
                    @for response in responses {
                        tr {
                            td { @match response.facts.status { Some(status) => code { (status) }, None => "Any other" } }
                            td {
                                (markdown(&response.facts.description))
                                @for name in undescribed(response) { p { code { (name) } } }
                                @if let Some(schema) = &response.schema { (self::schema(schema)) }
                            }
                            td.quiet data-label="Header fields" { (response.facts.fields.join(", ")) }
                        }
                    }
                }
            }
        }
    }
}

/// The media types whose content no schema describes.
fn undescribed(response: &Response) -> impl Iterator<Item = &'static str> {
    let all = response.facts.media_types.iter().filter(|it| !it.is_described);
    all.map(|it| it.name).filter(|name| *name != "*/*")
}

/// A link to a named schema, or the text of any other one.
fn schema(schema: &Value) -> Markup {
    let named =
        schema.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix(COMPONENTS));
    match named {
        Some(name) => html! { p { "Schema " a href={ "#schema-" (name) } { code { (name) } } } },
        None => html! { details { summary { "Schema" } (schema_text(schema)) } },
    }
}

/// The named schemas.
fn schemas(schemas: &Map<String, Value>) -> Markup {
    html! {
        section #schemas.schemas {
            h2 { "Schemas" }
            @for (name, schema) in schemas {
                h3 id={ "schema-" (name) } { code { (name) } }
                (schema_text(schema))
            }
        }
    }
}

/// A schema as text, with links to other schemas.
fn schema_text(schema: &Value) -> Markup {
    let text = serde_json::to_string_pretty(schema).unwrap_or_default();
    let mut parts = text.split(COMPONENTS);
    html! {
        pre tabindex="0" {
            code {
                (parts.next().unwrap_or_default())
                @for part in parts {
                    @let (name, rest) = part.split_once('"').unwrap_or((part, ""));
                    (COMPONENTS) a href={ "#schema-" (name) } { (name) } "\"" (rest)
                }
            }
        }
    }
}

/// A number of bytes, in the largest unit that divides it.
fn size(bytes: usize) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = units.iter().find(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{bytes} bytes"), |(unit, name)| format!("{} {name}", bytes / unit))
}

/// The form that sends requests, hidden until the script runs.
fn form(resource: &Resource, method: &Method) -> Markup {
    let takes_whole = method.content.is_some()
        && method.parameters.iter().all(|parameter| parameter.place != Place::Content);
    let required = method.content.as_ref().filter(|content| takes_whole && content.is_required);
    let whole =
        required.and_then(|content| serde_json::to_string_pretty(content.example.as_ref()?).ok());
    html! {
        form.try hidden data-method=(method.method) data-path=(resource.path) aria-label={ "Try " (method.method) " " (resource.path) } {
            h4 { "Try it" }
            div.fields {
                @for challenge in method.challenges() { (credentials(challenge)) }
                @for parameter in &method.parameters { (field(parameter)) }
                @if !resource.representations.is_empty() {
                    label {
                        span.name { "Representation" }
                        select name="representation" {
                            option { "Default" }
                            @for group in by_extension(&resource.representations) {
                                @if let Some(extension) = extension(group) {
                                    option data-extension={ "." (extension) } { "." (extension) }
                                }
                                @for representation in group {
                                    option data-accept=(representation.media_type) { "Accept: " (representation.media_type) }
                                }
                            }
                        }
                    }
                }
                label { span.name { "More header fields" } textarea.code name="fields" rows="2" placeholder="Name: value" {} }
                @if takes_whole {
                    label {
                        span.name { "Media type" }
                        select name="type" { @for name in method.content.iter().flat_map(|it| &it.media_types) { option { (name) } } }
                    }
                    label.wide { span.name { "Body" } textarea.code name="content" rows="10" { (whole.unwrap_or_default()) } }
                }
            }
            div.buttons {
                button type="submit" { "Send" }
                @if is_revalidated(method) { button.again type="button" disabled title="Sends If-None-Match with the entity tag of the last response" { "Send again, if changed" } }
            }
            div.response role="status" hidden {}
        }
    }
}

/// Whether a response has an entity tag, with which the request can be repeated.
fn is_revalidated(method: &Method) -> bool {
    let mut responses = method.responses.iter();
    method.method == "GET" && responses.any(|response| response.facts.fields.contains(&"ETag"))
}

/// The fields for credentials. They have no name, so that no form can send them as part of a URL.
fn credentials(challenge: Challenge) -> Markup {
    html! {
        @match (challenge.kind(), challenge.scheme().to_ascii_lowercase().as_str()) {
            (ChallengeKind::Key(place, name), _) => {
                label {
                    span.name { (name) }
                    @if place == KeyPlace::Cookie { (of_browser()) }
                    input type="password" autocomplete="off" data-in=(place.name()) data-name=(name);
                }
            }
            (ChallengeKind::Http(_), "basic") => {
                label { span.name { "User name" } input type="text" autocomplete="off" spellcheck="false" data-credential="user"; }
                label { span.name { "Password" } input type="password" autocomplete="off" data-credential="password"; }
            }
            (ChallengeKind::Http(_), "bearer") => {
                label { span.name { "Bearer token" } input type="password" autocomplete="off" data-credential="token"; }
            }
            // The fields of the request are the way to send other credentials.
            (ChallengeKind::Http(_), _) => {}
        }
    }
}

/// Scripts cannot send other cookies than those that the browser has.
fn of_browser() -> Markup {
    html! { " " span.quiet { "only in the curl command: a script cannot set cookies" } }
}

fn field(parameter: &Parameter) -> Markup {
    let one = parameter.schema.get("items").unwrap_or(&parameter.schema);
    let words = one.get("enum").and_then(Value::as_array).map(|words| words.iter().map(word));
    let kind = one.get("type").and_then(Value::as_str);
    let is_cookie = parameter.place == Place::Cookie;
    let (key, place) = (parameter.key, parameter.place.name());
    let required = parameter.is_required && !is_cookie;
    let value = parameter.example.as_deref();
    html! {
        label {
            span.name { (key) @if parameter.is_required { " *" } }
            @if is_cookie { (of_browser()) }
            @if parameter.is_file {
                input type="file" data-in=(place) data-name=(key) required[required] multiple[parameter.is_repeated];
            } @else if parameter.is_secret {
                input type="password" autocomplete="off" data-in=(place) data-name=(key) required[required];
            } @else if parameter.is_repeated {
                textarea data-in=(place) data-name=(key) data-repeated rows="2" placeholder="One value per line" { (value.unwrap_or_default()) }
            } @else if let Some(words) = words {
                select data-in=(place) data-name=(key) {
                    @if !required { option value="" { "" } }
                    @for word in words { option selected[value == Some(&*word)] { (word) } }
                }
            } @else if kind == Some("boolean") {
                select data-in=(place) data-name=(key) {
                    @if !required { option value="" { "" } }
                    option { "true" } option { "false" }
                }
            } @else {
                input type="text" data-in=(place) data-name=(key) required[required] value=[value]
                    inputmode=[(kind == Some("integer")).then_some("numeric")] placeholder=[parameter.default.as_deref()];
            }
        }
    }
}

/// A rule. It is not Markdown: the text between its first and its last backtick is a verbatim expression.
fn rule(text: &str) -> Markup {
    let quoted =
        text.split_once('`').and_then(|(before, rest)| Some((before, rest.rsplit_once('`')?)));
    match quoted {
        Some((before, (expression, after))) => html! { (before) code { (expression) } (after) },
        None => html! { (text) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_not_parsed_as_markdown() {
        assert_eq!(rule("matches `a*_b`c_d*`").into_string(), "matches <code>a*_b`c_d*</code>");
        assert_eq!(rule("one of a_b, *c*").into_string(), "one of a_b, *c*");
    }
}
