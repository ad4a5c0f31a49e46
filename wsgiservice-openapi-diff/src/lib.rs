//! Which changes of an OpenAPI document break its clients.
//!
//! A value that a client sends must not be restricted further, and a value that a client receives must not become more
//! general. Everything else, such as a new method or another description, is compatible.
//!
//! ```
//! use serde_json::json;
//!
//! let old = json!({"paths": {"/ping": {"get": {}, "put": {}}}});
//! let new = json!({"paths": {"/ping": {"get": {}}}});
//! let changes = wsgiservice_openapi_diff::between(&old, &new);
//! assert!(changes[0].breaks());
//! assert_eq!(changes[0].to_string(), "PUT /ping: it is gone");
//! ```

mod schema;

use std::fmt;

use serde_json::{Map, Value};

use self::schema::Schemas;

/// Something that is otherwise than it was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    breaks: bool,
    place: String,
    what: String,
}

impl Change {
    /// Whether a client of the old document may fail with the new one.
    #[must_use]
    pub fn breaks(&self) -> bool {
        self.breaks
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.what)
    }
}

/// Which way values go: what is narrower breaks those who send, what is wider breaks those who receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Request,
    Response,
}

/// What a change does to the values that there can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// There are more of them.
    Wider,
    /// There are fewer of them.
    Narrower,
    /// There are others.
    Different,
    /// There are the same.
    Same,
}

impl Effect {
    fn breaks(self, direction: Direction) -> bool {
        match self {
            Self::Wider => direction == Direction::Response,
            Self::Narrower => direction == Direction::Request,
            Self::Different => true,
            Self::Same => false,
        }
    }
}

/// The changes from one document to another, in their order.
#[must_use]
pub fn between(old: &Value, new: &Value) -> Vec<Change> {
    let mut changes = Changes { schemas: Schemas { old, new }, found: Vec::new() };
    changes.text("the document", old, new, &["info", "tags", "servers", "openapi"]);
    let schemes = |document| Value::pointer(document, "/components/securitySchemes");
    for (name, old, new) in pairs(schemes(old), schemes(new)) {
        changes.scheme(name, old, new);
    }
    for (path, old, new) in pairs(old.get("paths"), new.get("paths")) {
        changes.path(path, old, new);
    }
    changes.found.dedup();
    changes.found
}

struct Changes<'d> {
    schemas: Schemas<'d>,
    found: Vec<Change>,
}

impl Changes<'_> {
    fn add(&mut self, breaks: bool, place: &str, what: impl Into<String>) {
        self.found.push(Change { breaks, place: place.to_owned(), what: what.into() });
    }

    /// What nobody but a reader notices.
    fn text(&mut self, place: &str, old: &Value, new: &Value, names: &[&str]) {
        for name in names.iter().filter(|name| old.get(name) != new.get(name)) {
            self.add(false, place, format!("another `{name}`"));
        }
    }

    /// A way to log in: that a method has it or has it no more is said there.
    fn scheme(&mut self, name: &str, old: Option<&Value>, new: Option<&Value>) {
        let place = format!("the security scheme `{name}`");
        match (old, new) {
            (Some(old), Some(new)) => {
                self.text(&place, old, new, &["description"]);
                let is_other = pairs(Some(old), Some(new))
                    .iter()
                    .any(|(key, old, new)| *key != "description" && old != new);
                if is_other {
                    self.add(true, &place, "one logs in otherwise");
                }
            }
            (Some(_), None) => self.add(false, &place, "it is gone"),
            (None, _) => self.add(false, &place, "it is new"),
        }
    }

    fn path(&mut self, path: &str, old: Option<&Value>, new: Option<&Value>) {
        for (method, old, new) in pairs(old, new) {
            let place = format!("{} {path}", method.to_uppercase());
            match (old, new) {
                (Some(old), Some(new)) => self.operation(&place, old, new),
                (Some(_), None) => self.add(true, &place, "it is gone"),
                (None, _) => self.add(false, &place, "it is new"),
            }
        }
    }

    fn operation(&mut self, place: &str, old: &Value, new: &Value) {
        self.text(place, old, new, &["summary", "description", "tags", "deprecated"]);
        if old.get("operationId") != new.get("operationId") {
            self.add(true, place, "another `operationId`, by which generated clients name it");
        }
        if old.get("security") != new.get("security") {
            let was_open = old.get("security").is_none();
            let is_open = new.get("security").is_none();
            let what = if was_open { "one has to log in" } else { "one logs in otherwise" };
            self.add(!is_open, place, if is_open { "nobody has to log in" } else { what });
        }
        let (old_parameters, new_parameters) = (parameters(old), parameters(new));
        for (name, old, new) in pairs(Some(&old_parameters), Some(&new_parameters)) {
            self.parameter(&format!("{place}, {name}"), old, new);
        }
        self.content(place, old.get("requestBody"), new.get("requestBody"));
        for (status, old, new) in pairs(old.get("responses"), new.get("responses")) {
            self.response(&format!("{place}, answer {status}"), status, old, new);
        }
    }

    fn parameter(&mut self, place: &str, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (Some(old), Some(new)) => {
                self.text(place, old, new, &["description", "example"]);
                self.mandatory(place, old, new);
                self.schema(Direction::Request, place, old, new);
            }
            (None, Some(new)) if is_mandatory(new) => {
                self.add(true, place, "it is new, and mandatory");
            }
            (None, _) => self.add(false, place, "it is new"),
            (Some(_), None) => self.add(true, place, "it is gone"),
        }
    }

    fn mandatory(&mut self, place: &str, old: &Value, new: &Value) {
        match (is_mandatory(old), is_mandatory(new)) {
            (false, true) => self.add(true, place, "it is mandatory now"),
            (true, false) => self.add(false, place, "it is no longer mandatory"),
            _ => {}
        }
    }

    fn content(&mut self, place: &str, old: Option<&Value>, new: Option<&Value>) {
        let place = format!("{place}, content");
        match (old, new) {
            (Some(old), Some(new)) => {
                self.mandatory(&place, old, new);
                self.media_types(Direction::Request, &place, old, new);
            }
            (None, Some(new)) if is_mandatory(new) => {
                self.add(true, &place, "it is new, and mandatory");
            }
            (None, Some(_)) => self.add(false, &place, "it is new"),
            (Some(_), None) => self.add(true, &place, "it is gone"),
            (None, None) => {}
        }
    }

    fn response(&mut self, place: &str, status: &str, old: Option<&Value>, new: Option<&Value>) {
        // Fewer ways to fail harm nobody.
        let is_success = status.starts_with(['2', '3']);
        match (old, new) {
            (Some(old), Some(new)) => {
                self.text(place, old, new, &["description"]);
                for (name, old, new) in pairs(old.get("headers"), new.get("headers")) {
                    match (old, new) {
                        (None, _) => self.add(false, place, format!("`{name}` is new")),
                        (_, None) => self.add(true, place, format!("`{name}` is gone")),
                        (Some(old), Some(new)) => {
                            let place = format!("{place}, `{name}`");
                            self.text(&place, old, new, &["description"]);
                            self.schema(Direction::Response, &place, old, new);
                        }
                    }
                }
                self.media_types(Direction::Response, place, old, new);
            }
            (Some(_), None) => self.add(is_success, place, "it is gone"),
            (None, _) => self.add(false, place, "it is new"),
        }
    }

    fn media_types(&mut self, direction: Direction, place: &str, old: &Value, new: &Value) {
        for (name, old, new) in pairs(old.get("content"), new.get("content")) {
            match (old, new) {
                (Some(old), Some(new)) => self.schema(direction, place, old, new),
                (Some(_), None) => self.add(true, place, format!("`{name}` is gone")),
                (None, _) => self.add(false, place, format!("`{name}` is new")),
            }
        }
    }

    fn schema(&mut self, direction: Direction, place: &str, old: &Value, new: &Value) {
        let any = Value::Bool(true);
        let (old, new) = (old.get("schema").unwrap_or(&any), new.get("schema").unwrap_or(&any));
        for difference in self.schemas.differences(old, new) {
            let schema::Difference { effect, path, what } = difference;
            let what = if path.is_empty() { what } else { format!("`{path}`: {what}") };
            let change = Change { breaks: effect.breaks(direction), place: place.to_owned(), what };
            // One schema stands under several media types.
            if !self.found.contains(&change) {
                self.found.push(change);
            }
        }
    }
}

fn is_mandatory(value: &Value) -> bool {
    value.get("required").and_then(Value::as_bool).unwrap_or_default()
}

/// The parameters of an operation, by what tells them apart.
fn parameters(operation: &Value) -> Value {
    let all = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let text = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let named =
        all.map(|it| (format!("`{}` in the {}", text(it, "name"), text(it, "in")), it.clone()));
    Value::Object(named.collect())
}

/// The members of either object, with what they are in both.
fn pairs<'v>(
    old: Option<&'v Value>,
    new: Option<&'v Value>,
) -> Vec<(&'v str, Option<&'v Value>, Option<&'v Value>)> {
    let members = |value: Option<&'v Value>| value.and_then(Value::as_object);
    let (old, new) = (members(old), members(new));
    let get = |map: Option<&'v Map<String, Value>>, key: &str| map.and_then(|map| map.get(key));
    let was = old.into_iter().flat_map(Map::keys);
    let is = new.into_iter().flat_map(Map::keys).filter(|key| get(old, key).is_none());
    was.chain(is).map(|key| (key.as_str(), get(old, key), get(new, key))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A document of one method, with a schema that others refer to.
    fn document(operation: &Value, item: &Value) -> Value {
        json!({
            "paths": {"/a": {"get": operation}},
            "components": {"schemas": {"Item": item}},
        })
    }

    /// What breaks clients, and what does not.
    fn told(old: &Value, new: &Value) -> (Vec<String>, Vec<String>) {
        let (breaking, others): (Vec<_>, Vec<_>) =
            between(old, new).into_iter().partition(|change| change.breaks);
        let text = |changes: Vec<Change>| changes.iter().map(Change::to_string).collect();
        (text(breaking), text(others))
    }

    #[track_caller]
    fn breaks(old: &Value, new: &Value, expected: &str) {
        let (old, new) = (document(old, &json!({})), document(new, &json!({})));
        assert_eq!(told(&old, &new), (vec![expected.to_owned()], vec![]));
    }

    #[track_caller]
    fn is_harmless(old: &Value, new: &Value, expected: &str) {
        let (old, new) = (document(old, &json!({})), document(new, &json!({})));
        assert_eq!(told(&old, &new), (vec![], vec![expected.to_owned()]));
    }

    fn parameter(schema: &Value, required: bool) -> Value {
        let parameter = json!({"name": "q", "in": "query", "required": required, "schema": schema});
        json!({"parameters": [parameter]})
    }

    fn answer(schema: &Value) -> Value {
        json!({"responses": {"200": {"content": {"application/json": {"schema": schema}}}}})
    }

    fn content(schema: &Value) -> Value {
        json!({"requestBody": {"content": {"application/json": {"schema": schema}}}})
    }

    #[test]
    fn what_is_the_same_is_no_change() {
        let document = document(&parameter(&json!({"type": "string"}), true), &json!({}));
        assert_eq!(between(&document, &document), []);
    }

    #[test]
    fn a_method_that_is_gone_breaks() {
        let old = document(&json!({}), &json!({}));
        let expected = "GET /a: it is gone".to_owned();
        assert_eq!(told(&old, &json!({"paths": {}})), (vec![expected], vec![]));
        let expected = "GET /a: it is new".to_owned();
        assert_eq!(told(&json!({"paths": {}}), &old), (vec![], vec![expected]));
    }

    #[test]
    fn the_name_by_which_generated_clients_know_a_method_is_a_promise() {
        let (old, new) = (json!({"operationId": "a"}), json!({"operationId": "b"}));
        breaks(&old, &new, "GET /a: another `operationId`, by which generated clients name it");
    }

    #[test]
    fn another_text_is_harmless() {
        let (old, new) = (json!({"summary": "a"}), json!({"summary": "b"}));
        is_harmless(&old, &new, "GET /a: another `summary`");
    }

    #[test]
    fn having_to_log_in_breaks_and_no_longer_having_to_does_not() {
        let (open, closed) = (json!({}), json!({"security": [{"basic": []}]}));
        breaks(&open, &closed, "GET /a: one has to log in");
        is_harmless(&closed, &open, "GET /a: nobody has to log in");
    }

    #[test]
    fn a_parameter_that_is_new_breaks_only_where_it_is_mandatory() {
        let text = json!({"type": "string"});
        let place = "GET /a, `q` in the query";
        let new = parameter(&text, true);
        breaks(&json!({}), &new, &format!("{place}: it is new, and mandatory"));
        let new = parameter(&text, false);
        is_harmless(&json!({}), &new, &format!("{place}: it is new"));
        breaks(&new, &json!({}), &format!("{place}: it is gone"));
        breaks(&new, &parameter(&text, true), &format!("{place}: it is mandatory now"));
    }

    #[test]
    fn narrower_breaks_those_who_send() {
        let (wide, narrow) = (json!({"enum": ["a", "b"]}), json!({"enum": ["a"]}));
        let place = "GET /a, `q` in the query";
        let (old, new) = (parameter(&wide, true), parameter(&narrow, true));
        let expected = r#"`enum` was ["a","b"] and is ["a"]"#;
        breaks(&old, &new, &format!("{place}: {expected}"));
        let expected = r#"`enum` was ["a"] and is ["a","b"]"#;
        is_harmless(&new, &old, &format!("{place}: {expected}"));
    }

    #[test]
    fn wider_breaks_those_who_receive() {
        let (narrow, wide) = (json!({"type": "integer"}), json!({"type": ["number", "null"]}));
        let place = "GET /a, answer 200";
        let (old, new) = (answer(&narrow), answer(&wide));
        let expected = r#"`type` was "integer" and is ["number","null"]"#;
        breaks(&old, &new, &format!("{place}: {expected}"));
        let expected = r#"`type` was ["number","null"] and is "integer""#;
        is_harmless(&new, &old, &format!("{place}: {expected}"));
    }

    #[test]
    fn what_is_neither_wider_nor_narrower_breaks_both() {
        let (old, new) = (json!({"pattern": "a"}), json!({"pattern": "b"}));
        let expected = r#"`pattern` was "a" and is "b""#;
        breaks(&answer(&old), &answer(&new), &format!("GET /a, answer 200: {expected}"));
        breaks(&content(&old), &content(&new), &format!("GET /a, content: {expected}"));
    }

    #[test]
    fn a_bound_narrows_from_either_side() {
        for (old, new) in [
            (json!({"minimum": 1}), json!({"minimum": 2})),
            (json!({"maximum": 2}), json!({"maximum": 1})),
            (json!({}), json!({"maxLength": 1})),
        ] {
            let (old, new) =
                (document(&content(&old), &json!({})), document(&content(&new), &json!({})));
            assert_eq!(told(&old, &new).0.len(), 1, "{old} {new}");
            assert_eq!(told(&new, &old).0.len(), 0, "{old} {new}");
        }
    }

    #[test]
    fn a_member_that_an_answer_has_no_more_breaks() {
        let old = json!({"properties": {"a": {}, "b": {}}});
        let new = json!({"properties": {"a": {}, "c": {}}});
        let (old, new) = (document(&answer(&old), &json!({})), document(&answer(&new), &json!({})));
        let (gone, is_new) =
            ("GET /a, answer 200: `b`: it is gone", "GET /a, answer 200: `c`: it is new");
        assert_eq!(told(&old, &new), (vec![gone.to_owned()], vec![is_new.to_owned()]));
    }

    #[test]
    fn a_member_that_is_mandatory_now_breaks_those_who_send_it() {
        let (old, new) = (json!({"required": ["a"]}), json!({"required": ["a", "b"]}));
        let text = "`b`: it is mandatory now";
        breaks(&content(&old), &content(&new), &format!("GET /a, content: {text}"));
        is_harmless(&answer(&old), &answer(&new), &format!("GET /a, answer 200: {text}"));
    }

    #[test]
    fn a_schema_is_followed_into_the_places_of_an_array_and_into_members_by_their_pattern() {
        let item = json!({"$ref": "#/components/schemas/Item"});
        for (schema, path) in [
            (json!({"prefixItems": [item]}), "[0]"),
            (json!({"patternProperties": {"^a": item}}), "/^a/"),
            (json!({"unevaluatedProperties": item}), "*"),
        ] {
            let operation = answer(&schema);
            let kind = |kind: &str| document(&operation, &json!({"type": kind}));
            let what = r#"`type` was "string" and is "integer""#;
            let expected = format!("GET /a, answer 200: `{path}`: {what}");
            assert_eq!(told(&kind("string"), &kind("integer")), (vec![expected], vec![]));
        }
    }

    #[test]
    fn an_alternative_that_stands_elsewhere_is_the_same() {
        let [a, b, c] = ["a", "b", "c"].map(|word| json!({"const": word}));
        let (old, new) = (json!({"oneOf": [a, b]}), json!({"oneOf": [c, a, b]}));
        let expected = "GET /a, content: `oneOf` had 2 and has 3";
        is_harmless(&content(&old), &content(&new), expected);
        let (old, new) = (json!({"oneOf": [a, b]}), json!({"oneOf": [c, a]}));
        let expected = r#"GET /a, content: `const` was "b" and is "c""#;
        breaks(&content(&old), &content(&new), expected);
    }

    #[test]
    fn a_schema_is_followed_into_what_it_refers_to_and_to_itself() {
        let operation = answer(&json!({"items": {"$ref": "#/components/schemas/Item"}}));
        let item = |kind: &str| {
            let this = json!({"$ref": "#/components/schemas/Item"});
            json!({"properties": {"kind": {"type": kind}, "next": {"anyOf": [this, {"type": "null"}]}}})
        };
        let (old, new) =
            (document(&operation, &item("string")), document(&operation, &item("object")));
        let expected = r#"GET /a, answer 200: `[].kind`: `type` was "string" and is "object""#;
        assert_eq!(told(&old, &new), (vec![expected.to_owned()], vec![]));
    }

    #[test]
    fn an_answer_that_is_gone_breaks_where_it_was_a_success() {
        let (success, failure) =
            (json!({"responses": {"200": {}}}), json!({"responses": {"404": {}}}));
        breaks(&success, &json!({}), "GET /a, answer 200: it is gone");
        is_harmless(&failure, &json!({}), "GET /a, answer 404: it is gone");
        is_harmless(&json!({}), &failure, "GET /a, answer 404: it is new");
    }

    #[test]
    fn another_way_to_log_in_breaks_and_another_text_about_it_does_not() {
        let document = |scheme: &str, text: &str| {
            let scheme = json!({"type": "http", "scheme": scheme, "description": text});
            json!({"components": {"securitySchemes": {"a": scheme}}})
        };
        let place = "the security scheme `a`";
        let expected = format!("{place}: one logs in otherwise");
        let (basic, bearer) = (document("basic", ""), document("bearer", ""));
        assert_eq!(told(&basic, &bearer), (vec![expected], vec![]));
        let expected = format!("{place}: another `description`");
        assert_eq!(told(&basic, &document("basic", "b")), (vec![], vec![expected]));
    }

    #[test]
    fn what_is_said_of_a_header_field_is_compared() {
        let headers = |header: Value| json!({"responses": {"200": {"headers": {"ETag": header}}}});
        let (old, new) = (json!({"description": "a"}), json!({"description": "b"}));
        let place = "GET /a, answer 200, `ETag`";
        is_harmless(&headers(old), &headers(new), &format!("{place}: another `description`"));
        let kind = |kind: &str| headers(json!({"schema": {"type": kind}}));
        let what = r#"`type` was "string" and is "integer""#;
        breaks(&kind("string"), &kind("integer"), &format!("{place}: {what}"));
    }

    #[test]
    fn a_media_type_and_a_header_field_that_are_gone_break() {
        let old = json!({"responses": {"200": {"content": {"text/xml": {}}}}});
        let new = json!({"responses": {"200": {}}});
        breaks(&old, &new, "GET /a, answer 200: `text/xml` is gone");
        let old = json!({"responses": {"200": {"headers": {"ETag": {}}}}});
        breaks(&old, &new, "GET /a, answer 200: `ETag` is gone");
    }
}
