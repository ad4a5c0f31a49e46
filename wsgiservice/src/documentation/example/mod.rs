//! Values that are valid for schemas, for example requests that a service accepts.

mod number;
mod pattern;
mod text;

use serde_json::{Map, Value};

use super::schemas::COMPONENTS;

/// The number of named schemas within each other from which on a value has only what it must have.
const MAX_DEPTH: usize = 6;

/// Generates values of schemas.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Examples<'d> {
    /// The named schemas that others refer to.
    pub(crate) schemas: &'d Map<String, Value>,
}

impl Examples<'_> {
    /// A value of a schema, if there is one. Text without a format or pattern is the name.
    pub(crate) fn of(&self, name: &str, schema: &Value) -> Option<Value> {
        Writer { schemas: self.schemas, open: Vec::new() }.value(name, schema)
    }
}

/// Writes one value. Each function returns `None` if there is no value, or only an endless one.
struct Writer<'d> {
    schemas: &'d Map<String, Value>,
    /// The names of the schemas around the current one: a schema that refers to itself ends there.
    open: Vec<&'d str>,
}

impl<'d> Writer<'d> {
    fn value(&mut self, name: &str, schema: &'d Value) -> Option<Value> {
        if schema == &Value::Bool(false) {
            return None;
        }
        if let Some(stated) = stated(schema) {
            return Some(stated.clone());
        }
        let mut value = Value::Null;
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            value = self.named(name, reference)?;
        }
        for part in list(schema, "allOf") {
            value = joined(value, self.value(name, part)?);
        }
        if schema.get("type").is_some() || schema.get("properties").is_some() {
            value = joined(value, self.typed(name, schema)?);
        }
        if value.is_null() || value.is_object() {
            for keyword in ["oneOf", "anyOf"] {
                let mut alternatives = list(schema, keyword).peekable();
                if alternatives.peek().is_some() {
                    value = joined(value, self.first(name, alternatives)?);
                }
            }
        }
        Some(value)
    }

    fn named(&mut self, name: &str, reference: &'d str) -> Option<Value> {
        let (component, schema) =
            self.schemas.get_key_value(reference.strip_prefix(COMPONENTS)?)?;
        if self.open.contains(&component.as_str()) {
            return None;
        }
        self.open.push(component);
        let value = self.value(name, schema);
        self.open.pop();
        value
    }

    /// A value of the first alternative that has one, preferably other than null.
    fn first(&mut self, name: &str, all: impl Iterator<Item = &'d Value> + Clone) -> Option<Value> {
        let mut values = all.filter_map(|alternative| self.value(name, alternative));
        let first = values.next()?;
        if first.is_null() { values.next().or(Some(first)) } else { Some(first) }
    }

    fn typed(&mut self, name: &str, schema: &'d Value) -> Option<Value> {
        let value = match kind(schema) {
            Some("object") => self.object(schema).map(Value::Object),
            Some("array") => self.array(name, schema).map(Value::from),
            Some("string") => Some(text::of(name, schema).into()),
            Some("integer") => Some(number::integer(schema)),
            Some("number") => Some(number::number(schema)),
            Some("boolean") => Some(true.into()),
            _ => Some(Value::Null),
        };
        value.or_else(|| can_be_null(schema).then_some(Value::Null))
    }

    /// An object with its required members, or with all of them if none is required.
    fn object(&mut self, schema: &'d Value) -> Option<Map<String, Value>> {
        let mut object = Map::new();
        let required: Vec<_> = list(schema, "required").filter_map(Value::as_str).collect();
        for (name, member) in members(schema, "properties") {
            if required.contains(&name) {
                object.insert(name.to_owned(), self.value(name, member)?);
            } else if required.is_empty()
                && !self.is_deep()
                && let Some(value) = self.value(name, member)
            {
                object.insert(name.to_owned(), value);
            }
        }
        if object.is_empty() {
            self.add_unknown(schema, &mut object);
        }
        Some(object)
    }

    /// Adds a member to a map.
    fn add_unknown(&mut self, schema: &'d Value, object: &mut Map<String, Value>) {
        let by_pattern = members(schema, "patternProperties").next();
        let by_pattern = by_pattern.and_then(|(pattern, member)| {
            Some((pattern::matching(pattern, 0, usize::MAX)?, member))
        });
        let any = schema.get("additionalProperties").map(|member| ("name".to_owned(), member));
        let member = by_pattern.or(any).filter(|(_, member)| member.is_object());
        if let Some((name, member)) = member
            && let Some(value) = self.value("value", member)
        {
            object.insert(name, value);
        }
    }

    fn array(&mut self, name: &str, schema: &'d Value) -> Option<Vec<Value>> {
        let start = list(schema, "prefixItems").map(|item| self.value(name, item));
        let mut values = start.collect::<Option<Vec<_>>>()?;
        let least = text::length(schema, "minItems").unwrap_or_default();
        let most = text::length(schema, "maxItems").unwrap_or(usize::MAX);
        let further = match schema.get("items") {
            Some(items) if !self.is_deep() || least > 0 => self.items(name, items),
            _ => Vec::new(),
        };
        let is_repeatable = schema.get("uniqueItems") != Some(&Value::Bool(true));
        let count = if is_repeatable { further.len().max(least) } else { further.len() };
        values.extend(further.into_iter().cycle().take(count));
        values.truncate(most);
        (values.len() >= least).then_some(values)
    }

    /// One value, or one for each alternative.
    fn items(&mut self, name: &str, schema: &'d Value) -> Vec<Value> {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let named =
            reference.and_then(|it| self.schemas.get_key_value(it.strip_prefix(COMPONENTS)?));
        let alternatives = list(named.map_or(schema, |(_, named)| named), "oneOf");
        if alternatives.len() == 0 {
            return self.value(name, schema).into_iter().collect();
        }
        if let Some((component, _)) = named {
            if self.open.contains(&component.as_str()) {
                return Vec::new();
            }
            self.open.push(component);
        }
        let values = alternatives.filter_map(|alternative| self.value(name, alternative)).collect();
        if named.is_some() {
            self.open.pop();
        }
        values
    }

    fn is_deep(&self) -> bool {
        self.open.len() > MAX_DEPTH
    }
}

/// Two values of which each is valid for a part of a schema; only objects can be joined.
fn joined(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(mut one), Value::Object(other)) => {
            one.extend(other);
            Value::Object(one)
        }
        (Value::Null, other) => other,
        (one, _) => one,
    }
}

/// A value that the schema itself states.
fn stated(schema: &Value) -> Option<&Value> {
    let first = |name| schema.get(name).and_then(|values: &Value| values.get(0));
    let one = |name| schema.get(name);
    first("examples").or_else(|| one("default")).or_else(|| one("const")).or_else(|| first("enum"))
}

/// The first of its types other than `null`; what has properties is an object.
fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type") {
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|it| *it != "null")
        }
        Some(kind) => kind.as_str(),
        None => Some("object"),
    }
}

fn can_be_null(schema: &Value) -> bool {
    list(schema, "type").any(|kind| kind == "null")
}

fn list<'s>(schema: &'s Value, keyword: &str) -> std::slice::Iter<'s, Value> {
    schema.get(keyword).and_then(Value::as_array).map(|list| list.iter()).unwrap_or_default()
}

fn members<'s>(schema: &'s Value, keyword: &str) -> impl Iterator<Item = (&'s str, &'s Value)> {
    let members = schema.get(keyword).and_then(Value::as_object).into_iter().flatten();
    members.map(|(name, member)| (name.as_str(), member))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(schemas: &Value, schema: &Value) -> Value {
        let schemas = schemas.as_object().expect("schemas");
        Examples { schemas }.of("word", schema).expect("a value")
    }

    fn example(schema: &Value) -> Value {
        let item = json!({"type": "object", "properties": {
            "name": {"type": "string"},
            "next": {"anyOf": [{"$ref": "#/components/schemas/Item"}, {"type": "null"}]},
        }, "required": ["name"]});
        of(&json!({ "Item": item }), schema)
    }

    #[test]
    fn a_value_stated_by_the_schema_wins() {
        assert_eq!(example(&json!({"type": "integer", "examples": [7]})), 7);
        assert_eq!(example(&json!({"type": "string", "default": "a"})), "a");
        assert_eq!(example(&json!({"enum": ["a", "b"]})), "a");
    }

    #[test]
    fn an_object_has_its_required_members() {
        let item = json!({"$ref": "#/components/schemas/Item"});
        assert_eq!(example(&item), json!({"name": "name"}));
        let list = json!({"type": ["array", "null"], "items": item});
        assert_eq!(example(&list), json!([{"name": "name"}]));
        let map = json!({"type": "object", "additionalProperties": {"type": "string"}});
        assert_eq!(example(&map), json!({"name": "value"}));
        let map = json!({"type": "object", "additionalProperties": false,
            "patternProperties": {r"^\d+$": {"type": "boolean"}}});
        assert_eq!(example(&map), json!({"0": true}));
    }

    #[test]
    fn an_object_has_the_members_of_each_part_of_its_schema() {
        let tagged = json!({"$ref": "#/components/schemas/Item", "type": "object",
            "properties": {"kind": {"const": "item"}}, "required": ["kind"]});
        assert_eq!(example(&tagged), json!({"kind": "item", "name": "name"}));
        let all = json!({"allOf": [{"$ref": "#/components/schemas/Item"},
            {"properties": {"q": {"type": "boolean"}}, "required": ["q"]}]});
        assert_eq!(example(&all), json!({"name": "name", "q": true}));
        let flattened = json!({"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"],
            "oneOf": [{"type": "object", "properties": {"b": {"const": 2}}, "required": ["b"]}]});
        assert_eq!(example(&flattened), json!({"a": 1, "b": 2}));
    }

    #[test]
    fn a_list_has_an_item_of_each_kind() {
        let items = json!({"oneOf": [{"const": "a"}, {"type": "object", "properties": {"b": {"type": "null"}}}]});
        assert_eq!(example(&json!({"type": "array", "items": items})), json!(["a", {"b": null}]));
        let two = json!({"type": "array", "items": {"type": "boolean"}, "minItems": 2});
        assert_eq!(example(&two), json!([true, true]));
        let one = json!({"type": "array", "items": items, "maxItems": 1});
        assert_eq!(example(&one), json!(["a"]));
        let tuple =
            json!({"type": "array", "prefixItems": [{"const": 1}, {"const": 2}], "items": false});
        assert_eq!(example(&tuple), json!([1, 2]));
    }

    #[test]
    fn a_recursive_value_ends_where_its_schema_refers_to_itself() {
        let schemas = json!({
            "Node": {"type": "object", "required": ["name", "children"], "properties": {
                "name": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
                "parent": {"anyOf": [{"$ref": "#/components/schemas/Node"}, {"type": "null"}]},
            }},
            "Sum": {"oneOf": [
                {"type": "object", "required": ["add"], "properties": {"add": {"type": "array",
                    "prefixItems": [{"$ref": "#/components/schemas/Sum"}], "minItems": 1}}},
                {"type": "integer"},
            ]},
            "Endless": {"type": "object", "required": ["a"], "properties": {
                "a": {"$ref": "#/components/schemas/Endless"},
            }},
        });
        let named = |name: &str| json!({ "$ref": format!("{COMPONENTS}{name}") });
        assert_eq!(of(&schemas, &named("Node")), json!({"name": "name", "children": []}));
        assert_eq!(of(&schemas, &named("Sum")), 1);
        let examples = Examples { schemas: schemas.as_object().expect("schemas") };
        assert_eq!(examples.of("a", &named("Endless")), None);
    }

    #[test]
    fn depth_counts_named_schemas_and_not_lists() {
        let list = |item: Value| json!({"type": "array", "items": item});
        let deep = list(list(list(list(list(list(list(json!({"type": "boolean"}))))))));
        assert_eq!(example(&deep), json!([[[[[[[true]]]]]]]));
    }
}
