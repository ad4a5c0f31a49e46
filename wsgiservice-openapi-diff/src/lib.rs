//! Finds the changes between two OpenAPI documents, and those that break clients.
//!
//! A change breaks clients if it restricts the values that they send, or if it extends those that they receive. Other
//! changes, for example a new method or a changed description, are compatible.
//!
//! ```
//! use serde_json::json;
//!
//! let old = json!({"paths": {"/ping": {"get": {}, "put": {}}}});
//! let new = json!({"paths": {"/ping": {"get": {}}}});
//! let changes = wsgiservice_openapi_diff::between(&old, &new);
//! assert!(changes[0].breaks());
//! assert_eq!(changes[0].to_string(), "PUT /ping: removed");
//! ```

mod schema;

use std::fmt;

use serde_json::{Map, Value};

use self::schema::Schemas;

/// A difference between two documents.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    breaks: bool,
    place: String,
    what: String,
}

impl Change {
    /// Returns whether a client of the old document may fail with the new one.
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

/// The direction of values: narrower types break the client that sends them, wider types the client that receives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Request,
    Response,
}

/// The effect of a change on the set of valid values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// More values are valid.
    Wider,
    /// Fewer values are valid.
    Narrower,
    /// Other values are valid.
    Different,
    /// The same values are valid.
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

/// Returns the changes from one document to another, in the order of the documents.
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

    /// Compares members that do not affect clients, for example descriptions.
    fn text(&mut self, place: &str, old: &Value, new: &Value, names: &[&str]) {
        for name in names.iter().filter(|name| old.get(name) != new.get(name)) {
            self.add(false, place, format!("`{name}` changed"));
        }
    }

    /// Compares a security scheme; whether a method uses it is compared with the method.
    fn scheme(&mut self, name: &str, old: Option<&Value>, new: Option<&Value>) {
        let place = format!("security scheme `{name}`");
        match (old, new) {
            (Some(old), Some(new)) => {
                self.text(&place, old, new, &["description"]);
                let has_changed = pairs(Some(old), Some(new))
                    .iter()
                    .any(|(key, old, new)| *key != "description" && old != new);
                if has_changed {
                    self.add(true, &place, "the authentication scheme changed");
                }
            }
            (Some(_), None) => self.add(false, &place, "removed"),
            (None, _) => self.add(false, &place, "added"),
        }
    }

    fn path(&mut self, path: &str, old: Option<&Value>, new: Option<&Value>) {
        for (method, old, new) in pairs(old, new) {
            let place = format!("{} {path}", method.to_uppercase());
            match (old, new) {
                (Some(old), Some(new)) => self.operation(&place, old, new),
                (Some(_), None) => self.add(true, &place, "removed"),
                (None, _) => self.add(false, &place, "added"),
            }
        }
    }

    fn operation(&mut self, place: &str, old: &Value, new: &Value) {
        self.text(place, old, new, &["summary", "description", "tags", "deprecated"]);
        if old.get("operationId") != new.get("operationId") {
            self.add(
                true,
                place,
                "`operationId` changed, which names the method in generated clients",
            );
        }
        if old.get("security") != new.get("security") {
            let was_open = old.get("security").is_none();
            let is_open = new.get("security").is_none();
            let what = match (was_open, is_open) {
                (true, _) => "authentication is now required",
                (false, true) => "authentication is no longer required",
                (false, false) => "the authentication scheme changed",
            };
            self.add(!is_open, place, what);
        }
        let (old_parameters, new_parameters) = (parameters(old), parameters(new));
        for (name, old, new) in pairs(Some(&old_parameters), Some(&new_parameters)) {
            self.parameter(&format!("{place}, {name}"), old, new);
        }
        self.content(place, old.get("requestBody"), new.get("requestBody"));
        for (status, old, new) in pairs(old.get("responses"), new.get("responses")) {
            self.response(&format!("{place}, response {status}"), status, old, new);
        }
    }

    fn parameter(&mut self, place: &str, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (Some(old), Some(new)) => {
                self.text(place, old, new, &["description", "example"]);
                self.required(place, old, new);
                self.schema(Direction::Request, place, old, new);
            }
            (None, Some(new)) if is_required(new) => {
                self.add(true, place, "added, and required");
            }
            (None, _) => self.add(false, place, "added"),
            (Some(_), None) => self.add(true, place, "removed"),
        }
    }

    fn required(&mut self, place: &str, old: &Value, new: &Value) {
        match (is_required(old), is_required(new)) {
            (false, true) => self.add(true, place, "now required"),
            (true, false) => self.add(false, place, "no longer required"),
            _ => {}
        }
    }

    fn content(&mut self, place: &str, old: Option<&Value>, new: Option<&Value>) {
        let place = format!("{place}, content");
        match (old, new) {
            (Some(old), Some(new)) => {
                self.required(&place, old, new);
                self.media_types(Direction::Request, &place, old, new);
            }
            (None, Some(new)) if is_required(new) => {
                self.add(true, &place, "added, and required");
            }
            (None, Some(_)) => self.add(false, &place, "added"),
            (Some(_), None) => self.add(true, &place, "removed"),
            (None, None) => {}
        }
    }

    fn response(&mut self, place: &str, status: &str, old: Option<&Value>, new: Option<&Value>) {
        // Removing an error response does not break clients.
        let is_success = status.starts_with(['2', '3']);
        match (old, new) {
            (Some(old), Some(new)) => {
                self.text(place, old, new, &["description"]);
                for (name, old, new) in pairs(old.get("headers"), new.get("headers")) {
                    match (old, new) {
                        (None, _) => self.add(false, place, format!("`{name}` added")),
                        (_, None) => self.add(true, place, format!("`{name}` removed")),
                        (Some(old), Some(new)) => {
                            let place = format!("{place}, `{name}`");
                            self.text(&place, old, new, &["description"]);
                            self.schema(Direction::Response, &place, old, new);
                        }
                    }
                }
                self.media_types(Direction::Response, place, old, new);
            }
            (Some(_), None) => self.add(is_success, place, "removed"),
            (None, _) => self.add(false, place, "added"),
        }
    }

    fn media_types(&mut self, direction: Direction, place: &str, old: &Value, new: &Value) {
        for (name, old, new) in pairs(old.get("content"), new.get("content")) {
            match (old, new) {
                (Some(old), Some(new)) => self.schema(direction, place, old, new),
                (Some(_), None) => self.add(true, place, format!("`{name}` removed")),
                (None, _) => self.add(false, place, format!("`{name}` added")),
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
            // Several media types may have the same schema.
            if !self.found.contains(&change) {
                self.found.push(change);
            }
        }
    }
}

fn is_required(value: &Value) -> bool {
    value.get("required").and_then(Value::as_bool).unwrap_or_default()
}

/// Returns the parameters of an operation by location and name.
fn parameters(operation: &Value) -> Value {
    let all = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let text = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let named =
        all.map(|it| (format!("{} parameter `{}`", text(it, "in"), text(it, "name")), it.clone()));
    Value::Object(named.collect())
}

/// Returns the members of both objects, paired by name.
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

    /// Creates a document with one method, and one schema for references.
    fn document(operation: &Value, item: &Value) -> Value {
        json!({
            "paths": {"/a": {"get": operation}},
            "components": {"schemas": {"Item": item}},
        })
    }

    /// Returns the breaking and the compatible changes.
    fn texts(old: &Value, new: &Value) -> (Vec<String>, Vec<String>) {
        let (breaking, others): (Vec<_>, Vec<_>) =
            between(old, new).into_iter().partition(|change| change.breaks);
        let text = |changes: Vec<Change>| changes.iter().map(Change::to_string).collect();
        (text(breaking), text(others))
    }

    #[track_caller]
    fn breaks(old: &Value, new: &Value, expected: &str) {
        let (old, new) = (document(old, &json!({})), document(new, &json!({})));
        assert_eq!(texts(&old, &new), (vec![expected.to_owned()], vec![]));
    }

    #[track_caller]
    fn is_compatible(old: &Value, new: &Value, expected: &str) {
        let (old, new) = (document(old, &json!({})), document(new, &json!({})));
        assert_eq!(texts(&old, &new), (vec![], vec![expected.to_owned()]));
    }

    fn parameter(schema: &Value, required: bool) -> Value {
        let parameter = json!({"name": "q", "in": "query", "required": required, "schema": schema});
        json!({"parameters": [parameter]})
    }

    fn response(schema: &Value) -> Value {
        json!({"responses": {"200": {"content": {"application/json": {"schema": schema}}}}})
    }

    fn content(schema: &Value) -> Value {
        json!({"requestBody": {"content": {"application/json": {"schema": schema}}}})
    }

    #[test]
    fn equal_documents_have_no_changes() {
        let document = document(&parameter(&json!({"type": "string"}), true), &json!({}));
        assert_eq!(between(&document, &document), []);
    }

    #[test]
    fn a_removed_method_breaks_clients() {
        let old = document(&json!({}), &json!({}));
        let expected = "GET /a: removed".to_owned();
        assert_eq!(texts(&old, &json!({"paths": {}})), (vec![expected], vec![]));
        let expected = "GET /a: added".to_owned();
        assert_eq!(texts(&json!({"paths": {}}), &old), (vec![], vec![expected]));
    }

    #[test]
    fn a_changed_operation_id_breaks_clients() {
        let (old, new) = (json!({"operationId": "a"}), json!({"operationId": "b"}));
        let expected = "GET /a: `operationId` changed, which names the method in generated clients";
        breaks(&old, &new, expected);
    }

    #[test]
    fn a_changed_text_is_compatible() {
        let (old, new) = (json!({"summary": "a"}), json!({"summary": "b"}));
        is_compatible(&old, &new, "GET /a: `summary` changed");
    }

    #[test]
    fn newly_required_authentication_breaks_clients() {
        let (open, closed) = (json!({}), json!({"security": [{"basic": []}]}));
        breaks(&open, &closed, "GET /a: authentication is now required");
        is_compatible(&closed, &open, "GET /a: authentication is no longer required");
    }

    #[test]
    fn an_added_parameter_breaks_clients_only_if_it_is_required() {
        let text = json!({"type": "string"});
        let place = "GET /a, query parameter `q`";
        let new = parameter(&text, true);
        breaks(&json!({}), &new, &format!("{place}: added, and required"));
        let new = parameter(&text, false);
        is_compatible(&json!({}), &new, &format!("{place}: added"));
        breaks(&new, &json!({}), &format!("{place}: removed"));
        breaks(&new, &parameter(&text, true), &format!("{place}: now required"));
    }

    #[test]
    fn a_narrower_type_breaks_clients_that_send_it() {
        let (wide, narrow) = (json!({"enum": ["a", "b"]}), json!({"enum": ["a"]}));
        let place = "GET /a, query parameter `q`";
        let (old, new) = (parameter(&wide, true), parameter(&narrow, true));
        let expected = r#"`enum` changed from ["a","b"] to ["a"]"#;
        breaks(&old, &new, &format!("{place}: {expected}"));
        let expected = r#"`enum` changed from ["a"] to ["a","b"]"#;
        is_compatible(&new, &old, &format!("{place}: {expected}"));
    }

    #[test]
    fn a_wider_type_breaks_clients_that_receive_it() {
        let (narrow, wide) = (json!({"type": "integer"}), json!({"type": ["number", "null"]}));
        let place = "GET /a, response 200";
        let (old, new) = (response(&narrow), response(&wide));
        let expected = r#"`type` changed from "integer" to ["number","null"]"#;
        breaks(&old, &new, &format!("{place}: {expected}"));
        let expected = r#"`type` changed from ["number","null"] to "integer""#;
        is_compatible(&new, &old, &format!("{place}: {expected}"));
    }

    #[test]
    fn a_different_type_breaks_clients_in_both_directions() {
        let (old, new) = (json!({"pattern": "a"}), json!({"pattern": "b"}));
        let expected = r#"`pattern` changed from "a" to "b""#;
        breaks(&response(&old), &response(&new), &format!("GET /a, response 200: {expected}"));
        breaks(&content(&old), &content(&new), &format!("GET /a, content: {expected}"));
    }

    #[test]
    fn a_tighter_bound_is_narrower() {
        for (old, new) in [
            (json!({"minimum": 1}), json!({"minimum": 2})),
            (json!({"maximum": 2}), json!({"maximum": 1})),
            (json!({}), json!({"maxLength": 1})),
        ] {
            let (old, new) =
                (document(&content(&old), &json!({})), document(&content(&new), &json!({})));
            assert_eq!(texts(&old, &new).0.len(), 1, "{old} {new}");
            assert_eq!(texts(&new, &old).0.len(), 0, "{old} {new}");
        }
    }

    #[test]
    fn a_member_removed_from_a_response_breaks_clients() {
        let old = json!({"properties": {"a": {}, "b": {}}});
        let new = json!({"properties": {"a": {}, "c": {}}});
        let (old, new) =
            (document(&response(&old), &json!({})), document(&response(&new), &json!({})));
        let (removed, added) =
            ("GET /a, response 200: `b`: removed", "GET /a, response 200: `c`: added");
        assert_eq!(texts(&old, &new), (vec![removed.to_owned()], vec![added.to_owned()]));
    }

    #[test]
    fn a_newly_required_member_breaks_clients_that_send_it() {
        let (old, new) = (json!({"required": ["a"]}), json!({"required": ["a", "b"]}));
        let text = "`b`: now required";
        breaks(&content(&old), &content(&new), &format!("GET /a, content: {text}"));
        is_compatible(&response(&old), &response(&new), &format!("GET /a, response 200: {text}"));
    }

    #[test]
    fn items_and_members_by_pattern_are_compared() {
        let item = json!({"$ref": "#/components/schemas/Item"});
        for (schema, path) in [
            (json!({"prefixItems": [item]}), "[0]"),
            (json!({"patternProperties": {"^a": item}}), "/^a/"),
            (json!({"unevaluatedProperties": item}), "*"),
        ] {
            let operation = response(&schema);
            let kind = |kind: &str| document(&operation, &json!({"type": kind}));
            let what = r#"`type` changed from "string" to "integer""#;
            let expected = format!("GET /a, response 200: `{path}`: {what}");
            assert_eq!(texts(&kind("string"), &kind("integer")), (vec![expected], vec![]));
        }
    }

    #[test]
    fn the_order_of_alternatives_does_not_matter() {
        let [a, b, c] = ["a", "b", "c"].map(|word| json!({"const": word}));
        let (old, new) = (json!({"oneOf": [a, b]}), json!({"oneOf": [c, a, b]}));
        let expected = "GET /a, content: `oneOf` changed from 2 to 3 schemas";
        is_compatible(&content(&old), &content(&new), expected);
        let (old, new) = (json!({"oneOf": [a, b]}), json!({"oneOf": [c, a]}));
        let expected = r#"GET /a, content: `const` changed from "b" to "c""#;
        breaks(&content(&old), &content(&new), expected);
    }

    #[test]
    fn references_are_followed_also_if_they_are_recursive() {
        let operation = response(&json!({"items": {"$ref": "#/components/schemas/Item"}}));
        let item = |kind: &str| {
            let this = json!({"$ref": "#/components/schemas/Item"});
            json!({"properties": {"kind": {"type": kind}, "next": {"anyOf": [this, {"type": "null"}]}}})
        };
        let (old, new) =
            (document(&operation, &item("string")), document(&operation, &item("object")));
        let expected =
            r#"GET /a, response 200: `[].kind`: `type` changed from "string" to "object""#;
        assert_eq!(texts(&old, &new), (vec![expected.to_owned()], vec![]));
    }

    #[test]
    fn a_removed_response_breaks_clients_only_if_it_was_a_success() {
        let (success, failure) =
            (json!({"responses": {"200": {}}}), json!({"responses": {"404": {}}}));
        breaks(&success, &json!({}), "GET /a, response 200: removed");
        is_compatible(&failure, &json!({}), "GET /a, response 404: removed");
        is_compatible(&json!({}), &failure, "GET /a, response 404: added");
    }

    #[test]
    fn a_changed_security_scheme_breaks_clients_unless_only_its_description_changed() {
        let document = |scheme: &str, text: &str| {
            let scheme = json!({"type": "http", "scheme": scheme, "description": text});
            json!({"components": {"securitySchemes": {"a": scheme}}})
        };
        let place = "security scheme `a`";
        let expected = format!("{place}: the authentication scheme changed");
        let (basic, bearer) = (document("basic", ""), document("bearer", ""));
        assert_eq!(texts(&basic, &bearer), (vec![expected], vec![]));
        let expected = format!("{place}: `description` changed");
        assert_eq!(texts(&basic, &document("basic", "b")), (vec![], vec![expected]));
    }

    #[test]
    fn header_fields_are_compared() {
        let headers = |header: Value| json!({"responses": {"200": {"headers": {"ETag": header}}}});
        let (old, new) = (json!({"description": "a"}), json!({"description": "b"}));
        let place = "GET /a, response 200, `ETag`";
        is_compatible(&headers(old), &headers(new), &format!("{place}: `description` changed"));
        let kind = |kind: &str| headers(json!({"schema": {"type": kind}}));
        let what = r#"`type` changed from "string" to "integer""#;
        breaks(&kind("string"), &kind("integer"), &format!("{place}: {what}"));
    }

    #[test]
    fn a_removed_media_type_or_header_field_breaks_clients() {
        let old = json!({"responses": {"200": {"content": {"text/xml": {}}}}});
        let new = json!({"responses": {"200": {}}});
        breaks(&old, &new, "GET /a, response 200: `text/xml` removed");
        let old = json!({"responses": {"200": {"headers": {"ETag": {}}}}});
        breaks(&old, &new, "GET /a, response 200: `ETag` removed");
    }
}
