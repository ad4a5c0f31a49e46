//! Plausible values of schemas, for example requests.

use serde_json::{Map, Value, json};

/// The maximum depth of a value, since a schema can refer to itself.
const MAX_DEPTH: usize = 8;

/// The maximum length to which a text is repeated to fit its schema.
const MAX_LENGTH: usize = 100;

/// Generates values of schemas.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Examples<'d> {
    /// The named schemas that others refer to.
    pub(crate) schemas: &'d Map<String, Value>,
}

impl Examples<'_> {
    /// A value of a schema. Text without a format is the name.
    pub(crate) fn of(&self, name: &str, schema: &Value) -> Value {
        self.value(name, schema, MAX_DEPTH)
    }

    fn value(&self, name: &str, schema: &Value, depth: usize) -> Value {
        let Some(depth) = depth.checked_sub(1) else { return Value::Null };
        if let Some(stated) = stated(schema) {
            return stated.clone();
        }
        let reference = schema.get("$ref").and_then(Value::as_str);
        let named = reference.and_then(|it| self.schemas.get(it.rsplit('/').next()?));
        if let Some(named) = named {
            return self.value(name, named, depth);
        }
        match kind(schema) {
            Some("object") => Value::Object(self.object(schema, depth)),
            Some("array") => match schema.get("items") {
                Some(items) => Value::from(vec![self.value(name, items, depth)]),
                None => json!([]),
            },
            Some("string") => text(name, schema).into(),
            Some("integer" | "number") => number(schema),
            Some("boolean") => true.into(),
            _ => match alternative(schema) {
                Some(alternative) => self.value(name, alternative, depth),
                None => Value::Null,
            },
        }
    }

    /// An object with its required members, or with all of them if none is required.
    fn object(&self, schema: &Value, depth: usize) -> Map<String, Value> {
        let required = schema.get("required").and_then(Value::as_array);
        let is_included = |name: &str| required.is_none_or(|it| it.iter().any(|it| it == name));
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let mut object = Map::new();
        for (name, schema) in properties.filter(|(name, _)| is_included(name)) {
            object.insert(name.clone(), self.value(name, schema, depth));
        }
        if let (true, Some(any)) = (object.is_empty(), schema.get("additionalProperties"))
            && any != &Value::Bool(false)
        {
            object.insert("name".to_owned(), self.value("value", any, depth));
        }
        object
    }
}

/// A value that the schema itself states.
fn stated(schema: &Value) -> Option<&Value> {
    let first = |name| schema.get(name).and_then(|values: &Value| values.get(0));
    let one = |name| schema.get(name);
    first("examples").or_else(|| one("default")).or_else(|| one("const")).or_else(|| first("enum"))
}

/// The first of its types other than `null`.
fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|it| *it != "null"),
        kind => kind.as_str(),
    }
}

/// The first of its alternatives other than `null`.
fn alternative(schema: &Value) -> Option<&Value> {
    let all = ["anyOf", "oneOf", "allOf"].iter().filter_map(|name| schema.get(name)?.as_array());
    all.flatten().find(|it| it.get("type").is_none_or(|kind| kind != "null"))
}

fn number(schema: &Value) -> Value {
    let bound = |name| schema.get(name).and_then(Value::as_f64);
    if bound("minimum").is_some_and(|least| least > 1.0) {
        return schema.get("minimum").cloned().unwrap_or_default();
    }
    if bound("maximum").is_some_and(|most| most < 1.0) {
        return schema.get("maximum").cloned().unwrap_or_default();
    }
    1.into()
}

fn text(name: &str, schema: &Value) -> String {
    let format = |schema: &Value| schema.get("format").and_then(Value::as_str).map(str::to_owned);
    let format = format(schema).or_else(|| format(alternative(schema)?));
    let known = match format.as_deref() {
        Some("uuid") => "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
        Some("ipv4") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        Some("email") => "user@example.org",
        Some("uri") => "https://example.org/",
        Some("hostname") => "example.org",
        Some("date-time") => "2026-11-24T12:00:00Z",
        Some("date") => "2026-11-24",
        Some("time") => "12:00:00Z",
        Some("duration") => "PT1H",
        _ => return of_length(name, schema),
    };
    known.to_owned()
}

/// The name, repeated or cut to the length that the schema requires.
fn of_length(name: &str, schema: &Value) -> String {
    let length = |bound| schema.get(bound).and_then(Value::as_u64);
    let length = |bound| length(bound).and_then(|length| usize::try_from(length).ok());
    let least = length("minLength").unwrap_or(0).min(MAX_LENGTH);
    let most = length("maxLength").unwrap_or(usize::MAX);
    let length = name.chars().count().max(least).min(most);
    name.chars().cycle().take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(schema: &Value) -> Value {
        let item = json!({"type": "object", "properties": {
            "name": {"type": "string"},
            "next": {"anyOf": [{"$ref": "#/components/schemas/Item"}, {"type": "null"}]},
        }, "required": ["name"]});
        let schemas = Map::from_iter([("Item".to_owned(), item)]);
        Examples { schemas: &schemas }.of("word", schema)
    }

    #[test]
    fn a_value_stated_by_the_schema_wins() {
        assert_eq!(example(&json!({"type": "integer", "examples": [7]})), 7);
        assert_eq!(example(&json!({"type": "string", "default": "a"})), "a");
        assert_eq!(example(&json!({"enum": ["a", "b"]})), "a");
    }

    #[test]
    fn a_number_is_within_its_range() {
        assert_eq!(example(&json!({"type": "integer"})), 1);
        assert_eq!(example(&json!({"type": "integer", "minimum": 5})), 5);
        assert_eq!(example(&json!({"type": "number", "maximum": 0.5})), 0.5);
    }

    #[test]
    fn a_text_has_its_format_and_its_length() {
        assert_eq!(example(&json!({"type": "string"})), "word");
        assert_eq!(example(&json!({"type": "string", "maxLength": 2})), "wo");
        assert_eq!(example(&json!({"type": "string", "minLength": 6})), "wordwo");
        let ip = json!({"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]});
        assert_eq!(example(&ip), "192.0.2.1");
    }

    #[test]
    fn an_object_has_its_required_members() {
        let item = json!({"$ref": "#/components/schemas/Item"});
        assert_eq!(example(&item), json!({"name": "name"}));
        let list = json!({"type": ["array", "null"], "items": item});
        assert_eq!(example(&list), json!([{"name": "name"}]));
        let map = json!({"type": "object", "additionalProperties": {"type": "string"}});
        assert_eq!(example(&map), json!({"name": "value"}));
    }

    #[test]
    fn a_value_of_a_recursive_schema_has_a_maximum_depth() {
        let schemas = json!({"A": {"type": "object", "required": ["a"], "properties": {
            "a": {"$ref": "#/components/schemas/A"},
        }}});
        let schemas = schemas.as_object().expect("schemas");
        let value = Examples { schemas }.of("a", &json!({"$ref": "#/components/schemas/A"}));
        assert!(value.is_object());
    }
}
