//! A request as a `curl` command that can be pasted into a shell.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;
use wsgiservice_grammar::path::Path;

use crate::{
    documentation::{Content, Method, Parameter, as_json, example::Examples},
    http::{
        challenge::{Challenge, ChallengeKind, KeyPlace},
        path::{rest, segment},
    },
    problem::place::Place,
};

/// The characters that are encoded in a path. `%` is not, since values in the path are encoded before.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b']')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// The command, with these credentials, and the parameters that are required or have an example.
pub(super) fn curl(
    path: &Path,
    method: &Method,
    asked: &[Challenge],
    examples: Examples<'_>,
    origin: &str,
) -> String {
    let shown = method.parameters.iter().filter(|it| it.is_required || it.example.is_some());
    let mut variables = Vec::new();
    let mut query = Vec::new();
    let mut members = Vec::new();
    let mut cookies = Vec::new();
    let mut words = vec!["curl".to_owned()];
    if method.method != "GET" {
        words.extend(["-X".to_owned(), quoted_if_needed(method.method)]);
    }
    for parameter in shown {
        let value = value(parameter, examples);
        match parameter.place {
            Place::Path => variables.push((parameter.key, value)),
            Place::Query => query.push(format!("{}={}", segment(parameter.key), segment(&value))),
            Place::Header => {
                words.extend(["-H".to_owned(), quoted(&format!("{}: {value}", parameter.key))]);
            }
            Place::Cookie => cookies.push(format!("{}={value}", parameter.key)),
            Place::Content => members.push(parameter),
        }
    }
    for challenge in asked {
        match challenge.kind() {
            ChallengeKind::Key(KeyPlace::Query, name) => {
                query.push(format!("{}=KEY", segment(name)));
            }
            ChallengeKind::Key(KeyPlace::Cookie, name) => cookies.push(format!("{name}=KEY")),
            ChallengeKind::Key(KeyPlace::Header, name) => {
                words.extend(["-H".to_owned(), quoted(&format!("{name}: KEY"))]);
            }
            ChallengeKind::Http(_) => words.extend(credentials(challenge.scheme())),
        }
    }
    if !cookies.is_empty() {
        words.extend(["-b".to_owned(), quoted(&cookies.join("; "))]);
    }
    let takes_members = method.parameters.iter().any(|parameter| parameter.place == Place::Content);
    match &method.content {
        Some(content) if !takes_members => words.extend(whole(content)),
        _ => words.extend(self::members(&members, examples)),
    }
    let path = filled(path, &variables);
    let path = utf8_percent_encode(&path, PATH);
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    words.push(quoted(&format!("{origin}{path}{query}")));
    words.join(" ")
}

/// The credentials of an authentication scheme, as far as it is known.
fn credentials(scheme: &str) -> Vec<String> {
    match scheme.to_ascii_lowercase().as_str() {
        "basic" => vec!["-u".to_owned(), "USER:PASSWORD".to_owned()],
        "bearer" => vec!["-H".to_owned(), quoted("Authorization: Bearer TOKEN")],
        _ => Vec::new(),
    }
}

/// The example of a parameter, or a plausible value.
fn value(parameter: &Parameter, examples: Examples<'_>) -> String {
    let one = parameter.schema.get("items").unwrap_or(&parameter.schema);
    match &parameter.example {
        Some(example) => example.clone().into_owned(),
        None => word(&examples.of(parameter.name, one).unwrap_or_default()).into_owned(),
    }
}

/// The path with the values of its variables; that of the rest of a path keeps its slashes.
fn filled(path: &Path, variables: &[(&str, String)]) -> String {
    path.replace_variables(|name, is_rest| {
        match variables.iter().find(|(variable, _)| *variable == name) {
            Some((_, value)) if is_rest => rest(value),
            Some((_, value)) => segment(value),
            None => format!("{{{name}}}"),
        }
    })
}

/// The options for a form, as multipart if it has a file.
fn members(members: &[&Parameter], examples: Examples<'_>) -> Vec<String> {
    let in_parts = members.iter().any(|member| member.is_file);
    let option = |member: &&Parameter| match (member.is_file, in_parts) {
        (true, _) => ["-F".to_owned(), quoted(&format!("{}=@FILE", member.key))],
        (false, true) => {
            let part = format!("{}={}", member.key, value(member, examples));
            ["--form-string".to_owned(), quoted(&part)]
        }
        (false, false) => {
            let pair = format!("{}={}", segment(member.key), value(member, examples));
            ["--data-urlencode".to_owned(), quoted(&pair)]
        }
    };
    members.iter().flat_map(option).collect()
}

/// The options for content as a whole: an example as JSON if there is one, else a file.
fn whole(content: &Content) -> Vec<String> {
    let media_type = match content.media_types.first() {
        Some(&"multipart/form-data") => return vec!["-F".to_owned(), quoted("name=@FILE")],
        Some(&"*/*") | None => "application/octet-stream",
        Some(media_type) => media_type,
    };
    let example = content.example.as_ref();
    let data = example.map_or_else(|| "@FILE".to_owned(), |example| quoted(&as_json(example)));
    let field = quoted(&format!("Content-Type: {media_type}"));
    vec!["-H".to_owned(), field, "--data-binary".to_owned(), data]
}

/// A value as a client writes it in a URL or a form.
pub(super) fn word(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        value => as_json(value).into(),
    }
}

/// The text as one shell word (POSIX, section 2.2.2).
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn quoted_if_needed(text: &str) -> String {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_plain { text.to_owned() } else { quoted(text) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn parameter(place: Place, name: &'static str, example: &'static str) -> Parameter {
        Parameter {
            name,
            place,
            key: name,
            other_place: None,
            is_required: true,
            is_repeated: false,
            kind: String::new(),
            rules: Vec::new(),
            description: "",
            default: None,
            example: Some(example).filter(|example| !example.is_empty()).map(Into::into),
            is_secret: false,
            is_file: false,
            schema: json!({"type": "string"}),
        }
    }

    fn content(media_type: &'static str, schema: Value) -> Content {
        Content {
            is_required: true,
            description: "",
            media_types: vec![media_type],
            limit: 1,
            example: Examples { schemas: &Map::new() }
                .of("content", &schema)
                .filter(|it| !it.is_null()),
            schema: Some(schema),
            schema_without_members: None,
        }
    }

    fn command(
        method: &'static str,
        path: &str,
        parameters: Vec<Parameter>,
        content: Option<Content>,
    ) -> String {
        let method = Method {
            method,
            id: String::new(),
            summary: String::new(),
            description: "",
            deprecation: None,
            parameters,
            denies_unknown: false,
            content,
            responses: Vec::new(),
            cache_control: None,
            credentials: Vec::new(),
        };
        let path = Path::parse(path).expect("a path");
        curl(&path, &method, &[], Examples { schemas: &Map::new() }, "http://a")
    }

    #[test]
    fn a_variable_without_an_example_gets_a_plausible_value() {
        let id =
            Parameter { schema: json!({"type": "integer"}), ..parameter(Place::Path, "id", "") };
        assert_eq!(command("GET", "/{id}", vec![id], None), "curl 'http://a/1'");
        let id = Parameter {
            schema: json!({"format": "uuid", "type": "string"}),
            ..parameter(Place::Path, "id", "")
        };
        let expected = "curl 'http://a/6ba7b810-9dad-41d1-80b4-00c04fd430c8.txt'";
        assert_eq!(command("GET", "/{id}.txt", vec![id], None), expected);
    }

    #[test]
    fn values_are_encoded_in_the_path_and_in_the_query() {
        let parameters =
            vec![parameter(Place::Path, "a", "b/ü?{1}"), parameter(Place::Query, "q", "a b&c=d+e")];
        let expected = "curl 'http://a/b%2F%C3%BC%3F%7B1%7D?q=a%20b%26c%3Dd%2Be'";
        assert_eq!(command("GET", "/{a}", parameters, None), expected);
    }

    #[test]
    fn the_value_of_a_rest_variable_keeps_its_slashes() {
        let rest = vec![parameter(Place::Path, "rest", "a/b c")];
        assert_eq!(command("GET", "/x/{*rest}", rest, None), "curl 'http://a/x/a/b%20c'");
    }

    #[test]
    fn a_quotation_mark_does_not_end_the_shell_word() {
        let field = vec![parameter(Place::Header, "X-Key", "it's")];
        assert_eq!(command("GET", "/", field, None), r"curl -H 'X-Key: it'\''s' 'http://a/'");
    }

    #[test]
    fn cookies_are_one_option() {
        let cookies = vec![parameter(Place::Cookie, "a", "1"), parameter(Place::Cookie, "b", "2")];
        assert_eq!(command("GET", "/", cookies, None), "curl -b 'a=1; b=2' 'http://a/'");
    }

    #[test]
    fn form_values_are_encoded() {
        let form = vec![parameter(Place::Content, "text", "a&b")];
        let expected = "curl -X POST --data-urlencode 'text=a&b' 'http://a/'";
        assert_eq!(
            command("POST", "/", form, Some(content("application/json", json!({})))),
            expected
        );
    }

    #[test]
    fn a_form_with_a_file_is_multipart() {
        let file = Parameter { is_file: true, ..parameter(Place::Content, "picture", "") };
        let form = vec![parameter(Place::Content, "text", "@a"), file];
        let expected = "curl -X POST --form-string 'text=@a' -F 'picture=@FILE' 'http://a/'";
        assert_eq!(command("POST", "/", form, None), expected);
    }

    #[test]
    fn content_has_a_media_type_that_the_method_reads() {
        let schema = json!({"type": "object", "properties": {"text": {"type": "string"}}});
        let json = content("application/json", schema);
        let expected = r#"curl -X PUT -H 'Content-Type: application/json' --data-binary '{"text":"text"}' 'http://a/'"#;
        assert_eq!(command("PUT", "/", Vec::new(), Some(json)), expected);
        let bytes = content("*/*", Value::Null);
        let expected = "curl -X PUT -H 'Content-Type: application/octet-stream' --data-binary @FILE 'http://a/'";
        assert_eq!(command("PUT", "/", Vec::new(), Some(bytes)), expected);
        let form = content("multipart/form-data", Value::Null);
        let expected = "curl -X PUT -F 'name=@FILE' 'http://a/'";
        assert_eq!(command("PUT", "/", Vec::new(), Some(form)), expected);
    }
}
