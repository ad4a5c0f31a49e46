//! What became of a schema (JSON Schema 2020-12), as far as it says which values there can be.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Effect, pairs};

/// What says nothing about the values that there can be (JSON Schema Validation, section 9).
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

/// What may hold references, so that it may change though its text does not.
const HOLDING: [&str; 9] = [
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

/// The greater they are, the fewer values there are.
const LEAST: [&str; 5] = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];

/// The greater they are, the more values there are.
const MOST: [&str; 5] = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];

/// The documents that schemas refer into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schemas<'d> {
    pub(super) old: &'d Value,
    pub(super) new: &'d Value,
}

/// Something that a schema says otherwise.
#[derive(Debug)]
pub(super) struct Difference {
    pub(super) effect: Effect,
    /// Where in the value, as in `items[].name`.
    pub(super) path: String,
    pub(super) what: String,
}

/// A comparison that is under way.
struct Walk<'d> {
    schemas: Schemas<'d>,
    /// The names that are being compared: a schema may refer to itself.
    visited: BTreeSet<(String, String)>,
    found: Vec<Difference>,
}

impl Schemas<'_> {
    /// What the second of two schemas says otherwise than the first.
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
            (true, false) => self.add(Effect::Narrower, path, "it may no longer be anything"),
            (false, true) => self.add(Effect::Wider, path, "it may be anything"),
            (false, false) => self.keywords(path, old, new),
        }
    }

    fn keywords(&mut self, path: &str, old: &Value, new: &Value) {
        match (old, new) {
            (Value::Bool(false), Value::Bool(false)) => {}
            (Value::Bool(false), _) => self.add(Effect::Wider, path, "it may be there"),
            (_, Value::Bool(false)) => {
                self.add(Effect::Narrower, path, "it may no longer be there");
            }
            _ => {
                for (keyword, old, new) in pairs(Some(old), Some(new)) {
                    if old != new || HOLDING.contains(&keyword) {
                        self.keyword(path, keyword, old, new);
                    }
                }
            }
        }
    }

    fn keyword(&mut self, path: &str, keyword: &str, old: Option<&Value>, new: Option<&Value>) {
        match (keyword, old, new) {
            (annotation, ..) if ANNOTATIONS.contains(&annotation) => {
                self.add(Effect::Same, path, format!("another `{annotation}`"));
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
            (bound, Some(old), Some(new)) if LEAST.contains(&bound) || MOST.contains(&bound) => {
                let is_greater = new.as_f64() > old.as_f64();
                let is_narrower = is_greater == LEAST.contains(&bound);
                let effect = if is_narrower { Effect::Narrower } else { Effect::Wider };
                self.add(effect, path, format!("`{bound}` was {old} and is {new}"));
            }
            ("multipleOf", Some(old), Some(new)) => {
                let effect = if is_multiple(new, old) {
                    Effect::Narrower
                } else if is_multiple(old, new) {
                    Effect::Wider
                } else {
                    Effect::Different
                };
                self.add(effect, path, format!("`multipleOf` was {old} and is {new}"));
            }
            (_, None, Some(new)) => {
                self.add(Effect::Narrower, path, format!("`{keyword}` is new: {new}"));
            }
            (_, Some(old), None) => {
                self.add(Effect::Wider, path, format!("`{keyword}` is gone: {old}"));
            }
            (_, Some(old), Some(new)) if old != new => {
                self.add(Effect::Different, path, format!("`{keyword}` was {old} and is {new}"));
            }
            _ => {}
        }
    }

    fn properties(&mut self, path: &str, old: Option<&Value>, new: Option<&Value>) {
        for (name, old, new) in pairs(old, new) {
            let path = within(path, name);
            match (old, new) {
                (Some(old), Some(new)) => self.compare(&path, old, new),
                // Who sends it is not heard any more, who needs it has it no more.
                (Some(_), None) => self.add(Effect::Different, &path, "it is gone"),
                (None, _) => self.add(Effect::Same, &path, "it is new"),
            }
        }
    }

    /// What may be anything where nothing is said of it.
    fn member(&mut self, path: &str, old: Option<&Value>, new: Option<&Value>) {
        let any = Value::Bool(true);
        self.compare(path, old.unwrap_or(&any), new.unwrap_or(&any));
    }

    fn prefix(&mut self, path: &str, old: &[Value], new: &[Value]) {
        for (position, (old, new)) in old.iter().zip(new).enumerate() {
            self.compare(&format!("{path}[{position}]"), old, new);
        }
        if old.len() != new.len() {
            let what = format!("`prefixItems` had {} and has {}", old.len(), new.len());
            self.add(Effect::Different, path, what);
        }
    }

    fn required(&mut self, path: &str, old: Option<&Value>, new: Option<&Value>) {
        let (old, new) = (set(old), set(new));
        for name in new.difference(&old) {
            self.add(Effect::Narrower, &within(path, name), "it is mandatory now");
        }
        for name in old.difference(&new) {
            self.add(Effect::Wider, &within(path, name), "it is no longer mandatory");
        }
    }

    /// What stands for a set of values.
    fn choice(&mut self, path: &str, keyword: &str, old: &Value, new: &Value) {
        let (before, after) = (set(Some(old)), set(Some(new)));
        let effect = if after.is_superset(&before) {
            Effect::Wider
        } else if before.is_superset(&after) {
            Effect::Narrower
        } else {
            Effect::Different
        };
        self.add(effect, path, format!("`{keyword}` was {old} and is {new}"));
    }

    fn alternatives(&mut self, path: &str, keyword: &str, old: &[Value], new: &[Value]) {
        // Those that are on both sides are no others for standing elsewhere; what they refer to may be.
        let (both, gone): (Vec<_>, Vec<_>) = old.iter().partition(|old| new.contains(old));
        let others = new.iter().filter(|new| !both.contains(new));
        for (old, new) in both.iter().map(|it| (*it, *it)).chain(gone.into_iter().zip(others)) {
            self.compare(path, old, new);
        }
        let is_more = new.len() > old.len();
        let effect = if is_more == (keyword == "allOf") { Effect::Narrower } else { Effect::Wider };
        if new.len() != old.len() {
            self.add(effect, path, format!("`{keyword}` had {} and has {}", old.len(), new.len()));
        }
    }
}

fn is_any(schema: &Value) -> bool {
    schema == &Value::Bool(true) || schema.as_object().is_some_and(serde_json::Map::is_empty)
}

/// Whether a number is a multiple of another, except for rounding.
fn is_multiple(number: &Value, step: &Value) -> bool {
    let (Some(number), Some(step)) = (number.as_f64(), step.as_f64()) else { return false };
    let ratio = number / step;
    (ratio - ratio.round()).abs() <= 4.0 * f64::EPSILON * ratio.abs()
}

/// Where a schema refers to, within its document.
fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix('#')
}

fn within(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The values of an array, or the one that stands for an array of one; a whole number is a number.
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
        let what = "`multipleOf` was 5 and is 10";
        assert_eq!(effect(&json!(5), &json!(10)), (Effect::Narrower, what.to_owned()));
        assert_eq!(effect(&json!(0.3), &json!(0.1)).0, Effect::Wider);
        assert_eq!(effect(&json!(4), &json!(6)).0, Effect::Different);
    }
}
