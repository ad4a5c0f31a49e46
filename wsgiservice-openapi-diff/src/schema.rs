//! The changes of a schema (JSON Schema 2020-12) that affect its valid values.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Effect, pairs};

/// Keywords that do not affect the valid values (JSON Schema Validation, section 9).
const ANNOTATIONS: [&str; 9] = [
    "title",
    "description",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "examples",
    "$schema",
    "$comment",
];

/// Keywords that may contain references, so that their meaning can change while their text is unchanged.
const WITH_REFERENCES: [&str; 9] = [
    "properties",
    "patternProperties",
    "additionalProperties",
    "unevaluatedProperties",
    "items",
    "prefixItems",
    "anyOf",
    "oneOf",
    "allOf",
];

/// Lower bounds: if they increase, fewer values are valid.
const LOWER_BOUNDS: [&str; 5] =
    ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];

/// Upper bounds: if they increase, more values are valid.
const UPPER_BOUNDS: [&str; 5] =
    ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];

/// The documents in which references are resolved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schemas<'d> {
    pub(super) old: &'d Value,
    pub(super) new: &'d Value,
}

/// A difference between two schemas.
#[derive(Debug)]
pub(super) struct Difference {
    pub(super) effect: Effect,
    /// The path in the value, for example `items[].name`.
    pub(super) path: String,
    pub(super) what: String,
}

/// A comparison in progress.
struct Walk<'d> {
    schemas: Schemas<'d>,
    /// The references that were followed, because a schema may refer to itself.
    visited: BTreeSet<(String, String)>,
    found: Vec<Difference>,
}

impl Schemas<'_> {
    /// Returns the differences between two schemas.
    pub(super) fn differences(&self, old: &Value, new: &Value) -> Vec<Difference> {
        let mut walk = Walk { schemas: *self, visited: BTreeSet::new(), found: Vec::new() };
        walk.compare("", old, new);
        walk.found
    }
}

impl Walk<'_> {
    fn add(&mut self, effect: Effect, path: &str, what: impl Into<String>) {
        self.found.push(Difference { effect, path: path.to_owned(), what: what.into() });
    }

    fn compare(&mut self, path: &str, old: &Value, new: &Value) {
        let names = (reference(old), reference(new));
        if let (Some(old), Some(new)) = names
            && !self.visited.insert((old.to_owned(), new.to_owned()))
        {
            return;
        }
        let old = names.0.and_then(|name| self.schemas.old.pointer(name)).unwrap_or(old);
        let new = names.1.and_then(|name| self.schemas.new.pointer(name)).unwrap_or(new);
        match (is_any(old), is_any(new)) {
            (true, true) => {}
            (true, false) => self.add(Effect::Narrower, path, "no longer allows every value"),
            (false, true) => self.add(Effect::Wider, path, "now allows every value"),
            (false, false) => self.keywords(path, old, new),
        }
    }

    fn keywords(&mut self, path: &str, old: &Value, new: &Value) {
        match (old, new) {
            (Value::Bool(false), Value::Bool(false)) => {}
            (Value::Bool(false), _) => self.add(Effect::Wider, path, "now allowed"),
            (_, Value::Bool(false)) => {
                self.add(Effect::Narrower, path, "no longer allowed");
            }
            _ => {
                for (keyword, old, new) in pairs(Some(old), Some(new)) {
                    if old != new || WITH_REFERENCES.contains(&keyword) {
                        self.keyword(path, keyword, old, new);
                    }
                }
            }
        }
    }

    fn keyword(&mut self, path: &str, keyword: &str, old: Option<&Value>, new: Option<&Value>) {
        match (keyword, old, new) {
            (annotation, ..) if ANNOTATIONS.contains(&annotation) => {
                self.add(Effect::Same, path, format!("`{annotation}` changed"));
            }
            ("properties", ..) => self.properties(path, old, new),
            ("required", ..) => self.required(path, old, new),
            ("items", Some(old), Some(new)) => self.compare(&format!("{path}[]"), old, new),
            ("prefixItems", Some(Value::Array(old)), Some(Value::Array(new))) => {
                self.prefix(path, old, new);
            }
            ("patternProperties", Some(old), Some(new)) => {
                for (pattern, old, new) in pairs(Some(old), Some(new)) {
                    self.member(&within(path, &format!("/{pattern}/")), old, new);
                }
            }
            ("additionalProperties" | "unevaluatedProperties", ..) => {
                self.member(&within(path, "*"), old, new);
            }
            ("anyOf" | "oneOf" | "allOf", Some(Value::Array(old)), Some(Value::Array(new))) => {
                self.alternatives(path, keyword, old, new);
            }
            ("type" | "enum", Some(old), Some(new)) => self.choice(path, keyword, old, new),
            (bound, Some(old), Some(new))
                if LOWER_BOUNDS.contains(&bound) || UPPER_BOUNDS.contains(&bound) =>
            {
                let is_greater = new.as_f64() > old.as_f64();
                let is_narrower = is_greater == LOWER_BOUNDS.contains(&bound);
                let effect = if is_narrower { Effect::Narrower } else { Effect::Wider };
                self.add(effect, path, format!("`{bound}` changed from {old} to {new}"));
            }
            ("multipleOf", Some(old), Some(new)) => {
                let effect = if is_multiple(new, old) {
                    Effect::Narrower
                } else if is_multiple(old, new) {
                    Effect::Wider
                } else {
                    Effect::Different
                };
                self.add(effect, path, format!("`multipleOf` changed from {old} to {new}"));
            }
            (_, None, Some(new)) => {
                self.add(Effect::Narrower, path, format!("`{keyword}` added: {new}"));
            }
            (_, Some(old), None) => {
                self.add(Effect::Wider, path, format!("`{keyword}` removed: {old}"));
            }
            (_, Some(old), Some(new)) if old != new => {
                self.add(
                    Effect::Different,
                    path,
                    format!("`{keyword}` changed from {old} to {new}"),
                );
            }
            _ => {}
        }
    }

    fn properties(&mut self, path: &str, old: Option<&Value>, new: Option<&Value>) {
        for (name, old, new) in pairs(old, new) {
            let path = within(path, name);
            match (old, new) {
                (Some(old), Some(new)) => self.compare(&path, old, new),
                // Different in both directions: the server ignores a sent member, and a received one is missing.
                (Some(_), None) => self.add(Effect::Different, &path, "removed"),
                (None, _) => self.add(Effect::Same, &path, "added"),
            }
        }
    }

    /// Compares schemas that allow every value if they are absent.
    fn member(&mut self, path: &str, old: Option<&Value>, new: Option<&Value>) {
        let any = Value::Bool(true);
        self.compare(path, old.unwrap_or(&any), new.unwrap_or(&any));
    }

    fn prefix(&mut self, path: &str, old: &[Value], new: &[Value]) {
        for (position, (old, new)) in old.iter().zip(new).enumerate() {
            self.compare(&format!("{path}[{position}]"), old, new);
        }
        if old.len() != new.len() {
            let what = format!("`prefixItems` changed from {} to {} schemas", old.len(), new.len());
            self.add(Effect::Different, path, what);
        }
    }

    fn required(&mut self, path: &str, old: Option<&Value>, new: Option<&Value>) {
        let (old, new) = (set(old), set(new));
        for name in new.difference(&old) {
            self.add(Effect::Narrower, &within(path, name), "now required");
        }
        for name in old.difference(&new) {
            self.add(Effect::Wider, &within(path, name), "no longer required");
        }
    }

    /// Compares keywords that list values or types.
    fn choice(&mut self, path: &str, keyword: &str, old: &Value, new: &Value) {
        let (before, after) = (set(Some(old)), set(Some(new)));
        let effect = if after.is_superset(&before) {
            Effect::Wider
        } else if before.is_superset(&after) {
            Effect::Narrower
        } else {
            Effect::Different
        };
        self.add(effect, path, format!("`{keyword}` changed from {old} to {new}"));
    }

    fn alternatives(&mut self, path: &str, keyword: &str, old: &[Value], new: &[Value]) {
        // Schemas that are in both lists match in any position, but may refer to changed schemas.
        let (both, removed): (Vec<_>, Vec<_>) = old.iter().partition(|old| new.contains(old));
        let added = new.iter().filter(|new| !both.contains(new));
        for (old, new) in both.iter().map(|it| (*it, *it)).chain(removed.into_iter().zip(added)) {
            self.compare(path, old, new);
        }
        let is_more = new.len() > old.len();
        let effect = if is_more == (keyword == "allOf") { Effect::Narrower } else { Effect::Wider };
        if new.len() != old.len() {
            let what = format!("`{keyword}` changed from {} to {} schemas", old.len(), new.len());
            self.add(effect, path, what);
        }
    }
}

fn is_any(schema: &Value) -> bool {
    schema == &Value::Bool(true) || schema.as_object().is_some_and(serde_json::Map::is_empty)
}

/// Returns whether a number is a multiple of another, except for rounding.
fn is_multiple(number: &Value, step: &Value) -> bool {
    let (Some(number), Some(step)) = (number.as_f64(), step.as_f64()) else { return false };
    let ratio = number / step;
    (ratio - ratio.round()).abs() <= 4.0 * f64::EPSILON * ratio.abs()
}

/// Returns the JSON pointer of a reference within the document.
fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix('#')
}

fn within(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Returns the values of an array, or a single value as a set; `number` includes `integer`.
fn set(value: Option<&Value>) -> BTreeSet<String> {
    let values = match value {
        Some(Value::Array(values)) => values.as_slice(),
        value => value.map(std::slice::from_ref).unwrap_or_default(),
    };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut set: BTreeSet<_> = values.iter().map(text).collect();
    if set.contains("number") {
        set.insert("integer".to_owned());
    }
    set
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn effect(old: &Value, new: &Value) -> (Effect, String) {
        let schemas = Schemas { old: &Value::Null, new: &Value::Null };
        let (old, new) = (json!({"multipleOf": old}), json!({"multipleOf": new}));
        let difference = schemas.differences(&old, &new).pop().expect("a difference");
        (difference.effect, difference.what)
    }

    #[test]
    fn the_multiples_of_a_multiple_are_fewer() {
        let what = "`multipleOf` changed from 5 to 10";
        assert_eq!(effect(&json!(5), &json!(10)), (Effect::Narrower, what.to_owned()));
        assert_eq!(effect(&json!(0.3), &json!(0.1)).0, Effect::Wider);
        assert_eq!(effect(&json!(4), &json!(6)).0, Effect::Different);
    }
}
