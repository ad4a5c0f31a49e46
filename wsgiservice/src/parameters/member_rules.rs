//! The rules on the members of the content, which its type has: from what they say to violations.

use std::{any::Any, borrow::Cow};

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::{
    declaration::{self, BrokenRule, ContentType, Step},
    problem::violation::{Code, Violation},
};

/// The maximum depth of schemas that refer to each other without a member in between.
const DEPTH: usize = 16;

/// The rules on the members of the content.
#[derive(Debug)]
pub(crate) struct MemberRules {
    rules: declaration::MemberRules,
    /// The schema of the content, which has the names on the wire; null if it has none.
    schema: Value,
    definitions: Map<String, Value>,
}

impl MemberRules {
    /// The rules of a type, if it has some.
    pub(super) fn new(content: ContentType) -> Option<Self> {
        let rules = content.rules?;
        let Some(schema) = content.schema else {
            return Some(Self { rules, schema: Value::Null, definitions: Map::new() });
        };
        let mut generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
        let schema = schema.generate(&mut generator).to_value();
        Some(Self { rules, schema, definitions: generator.take_definitions(false) })
    }

    /// A violation for each rule that a value breaks.
    pub(super) fn violations(&self, value: &dyn Any) -> Vec<Violation> {
        let violation = |broken: &BrokenRule| {
            let path = self.path_on_the_wire(&broken.path);
            Violation::within_content(&path, Code::Invalid, sentence(&broken.message))
        };
        self.rules.broken(value).iter().map(violation).collect()
    }

    fn path_on_the_wire(&self, steps: &[Step]) -> String {
        let mut path = String::new();
        let mut schema = Some(&self.schema);
        for step in steps {
            match step {
                Step::Member(name) => {
                    let member = schema.and_then(|schema| self.member(schema, name, DEPTH));
                    let (name, member) =
                        member.map_or((name.as_str(), None), |(n, m)| (n, Some(m)));
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                    schema = member;
                }
                Step::Element(position) => {
                    path.push_str(&format!("[{position}]"));
                    schema = schema.and_then(|schema| self.element(schema, position, DEPTH));
                }
            }
        }
        // What the name of the content as a whole is.
        if path.is_empty() { ".".to_owned() } else { path }
    }

    /// The member of a name, which is that on the wire or that in the code.
    fn member<'s>(
        &'s self,
        schema: &'s Value,
        name: &'s str,
        depth: usize,
    ) -> Option<(&'s str, &'s Value)> {
        let members = schema.get("properties").and_then(Value::as_object);
        let named = members.and_then(|members| members.get_key_value(name));
        let similar = || members?.iter().find(|(key, _)| plain(key) == plain(name));
        if let Some((name, member)) = named.or_else(similar) {
            return Some((name, member));
        }
        if let Some(values) = schema.get("additionalProperties").filter(|it| it.is_object()) {
            return Some((name, values));
        }
        let depth = depth.checked_sub(1)?;
        self.parts(schema).into_iter().find_map(|part| self.member(part, name, depth))
    }

    fn element<'s>(&'s self, schema: &'s Value, position: &str, depth: usize) -> Option<&'s Value> {
        let first =
            schema.get("prefixItems").and_then(|it| it.get(position.parse::<usize>().ok()?));
        if let Some(element) = first.or_else(|| schema.get("items")) {
            return Some(element);
        }
        let depth = depth.checked_sub(1)?;
        self.parts(schema).into_iter().find_map(|part| self.element(part, position, depth))
    }

    /// The schemas that a schema consists of.
    fn parts<'s>(&'s self, schema: &'s Value) -> Vec<&'s Value> {
        let named =
            schema.get("$ref").and_then(Value::as_str).and_then(|name| name.rsplit('/').next());
        let named = named.and_then(|name| self.definitions.get(name));
        let parts =
            ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
        named.into_iter().chain(parts.flatten()).collect()
    }
}

/// A name without what its case consists of, so that `by_name`, `byName` and `by-name` are the same.
fn plain(name: &str) -> String {
    name.chars().filter(|it| !"_-".contains(*it)).flat_map(char::to_lowercase).collect()
}

/// A message of garde, which has no subject, as a sentence.
fn sentence(message: &str) -> String {
    let (subject, message) = match message {
        message if message.starts_with("length ") => ("Its ", Cow::Borrowed(message)),
        message if message.starts_with("does not ") => ("It ", Cow::Borrowed(message)),
        message
            if ["lower than ", "greater than ", "not "]
                .iter()
                .any(|it| message.starts_with(it)) =>
        {
            ("It is ", Cow::Borrowed(message))
        }
        message => ("", Cow::Owned(capitalized(message))),
    };
    let end = if message.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{subject}{message}{end}")
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_has_the_names_of_the_schema() {
        let rules = MemberRules {
            rules: declaration::MemberRules::new(|_| Vec::new()),
            schema: json!({"anyOf": [{"$ref": "#/$defs/Order"}, {"type": "null"}]}),
            definitions: json!({
                "Order": {"properties": {
                    "orderLines": {"items": {"$ref": "#/$defs/Line"}},
                    "byName": {"additionalProperties": {"$ref": "#/$defs/Line"}},
                    "next": {"$ref": "#/$defs/Order"},
                }},
                "Line": {"allOf": [{"$ref": "#/$defs/Line"}, {"properties": {"unit-price": {}}}]},
            })
            .as_object()
            .cloned()
            .unwrap_or_default(),
        };
        let member = |name: &str| Step::Member(name.to_owned());
        let element = |position: &str| Step::Element(position.to_owned());
        let path = |steps: &[Step]| rules.path_on_the_wire(steps);
        let lines = [member("order_lines"), element("0"), member("unit_price")];
        assert_eq!(path(&lines), "orderLines[0].unit-price");
        let by_name = [member("by_name"), member("a.b"), member("unit_price")];
        assert_eq!(path(&by_name), "byName.a.b.unit-price");
        assert_eq!(path(&[member("next"), member("by_name")]), "next.byName");
        assert_eq!(path(&[member("unknown"), member("by_name")]), "unknown.by_name");
        assert_eq!(path(&[]), ".");
    }

    #[test]
    fn a_message_is_a_sentence() {
        for (message, expected) in [
            ("lower than 1", "It is lower than 1."),
            ("length is greater than 5", "Its length is greater than 5."),
            (
                "not a valid email: value is missing `@`",
                "It is not a valid email: value is missing `@`.",
            ),
            ("does not contain \"x\"", "It does not contain \"x\"."),
            ("must be even!", "Must be even!"),
            ("", "."),
        ] {
            assert_eq!(sentence(message), expected);
        }
    }
}
