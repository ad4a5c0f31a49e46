//! What the schema of a value says about the media types that can carry it.
//!
//! A form is a flat list of names and texts. JSON and XML carry any value.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::{content::MERGE_PATCH_MEMBER, declaration::SchemaOf};

/// The schema of a value in a request, with the schemas that it refers to.
#[derive(Debug)]
pub(super) struct ContentSchema {
    schema: Value,
    definitions: Map<String, Value>,
}

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Root,
    Member,
    Item,
}

impl ContentSchema {
    pub(super) fn new(schema: SchemaOf) -> Self {
        let mut generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
        let schema = schema.generate(&mut generator).to_value();
        Self { schema, definitions: generator.take_definitions(false) }
    }

    /// Whether a form can carry each of its values.
    pub(super) fn fits_form(&self) -> bool {
        Reader { schema: self, open: Vec::new() }.fits(&self.schema, Level::Root)
    }

    /// Whether it has a member that distinguishes null from absent.
    pub(super) fn is_merge_patch(&self) -> bool {
        let schema = self.named(&self.schema).map_or(&self.schema, |(_, schema)| schema);
        let members = schema.get("properties").and_then(Value::as_object).into_iter();
        members.flat_map(Map::values).any(|member| member.get(MERGE_PATCH_MEMBER).is_some())
    }

    /// The named schema that a schema refers to.
    fn named(&self, schema: &Value) -> Option<(&str, &Value)> {
        let name = schema.get("$ref")?.as_str()?.rsplit('/').next()?;
        self.definitions.get_key_value(name).map(|(name, schema)| (name.as_str(), schema))
    }
}

/// Compares a schema with what a form can carry.
struct Reader<'s> {
    schema: &'s ContentSchema,
    /// The named schemas around the current one and where they are, because a schema can refer to itself.
    open: Vec<(&'s str, Level)>,
}

impl<'s> Reader<'s> {
    fn fits(&mut self, schema: &'s Value, level: Level) -> bool {
        let is_externally_tagged = schema.get("oneOf").is_some() && tag(schema).is_none();
        if level == Level::Root && is_externally_tagged {
            return false;
        }
        let mut parts = alternatives(schema).into_iter().chain(items(schema, "allOf"));
        parts.all(|part| self.fits(part, level))
            && self.named_fits(schema, level)
            && types(schema).all(|kind| self.type_fits(kind, schema, level))
    }

    fn named_fits(&mut self, schema: &'s Value, level: Level) -> bool {
        let Some((name, named)) = self.schema.named(schema) else { return true };
        if self.open.contains(&(name, level)) {
            return true;
        }
        self.open.push((name, level));
        let fits = self.fits(named, level);
        self.open.pop();
        fits
    }

    fn type_fits(&mut self, kind: &str, schema: &'s Value, level: Level) -> bool {
        match (kind, level) {
            ("object", Level::Root) => {
                members(schema).all(|member| self.fits(member, Level::Member))
            }
            ("array", Level::Root) => schema.get("items").is_some_and(|item| self.is_pair(item)),
            ("array", Level::Member) => {
                let mut items = items(schema, "prefixItems").chain(schema.get("items"));
                items.all(|item| self.fits(item, Level::Item))
            }
            ("object" | "array", _) | (_, Level::Root) => false,
            _ => true,
        }
    }

    /// Whether it is a name and a text: a form can be a list of these.
    fn is_pair(&mut self, schema: &'s Value) -> bool {
        let parts: Vec<_> = items(schema, "prefixItems").collect();
        parts.len() == 2 && parts.into_iter().all(|part| self.fits(part, Level::Item))
    }
}

/// The alternatives other than null.
fn alternatives(schema: &Value) -> Vec<&Value> {
    let all = items(schema, "oneOf").chain(items(schema, "anyOf"));
    all.filter(|it| it.get("type").is_none_or(|kind| kind != "null")).collect()
}

fn items<'s>(schema: &'s Value, keyword: &str) -> impl Iterator<Item = &'s Value> {
    schema.get(keyword).and_then(Value::as_array).into_iter().flatten()
}

/// The types other than null.
fn types(schema: &Value) -> impl Iterator<Item = &str> {
    let types = match schema.get("type") {
        Some(Value::Array(types)) => types.as_slice(),
        Some(kind) => std::slice::from_ref(kind),
        None => &[],
    };
    types.iter().filter_map(Value::as_str).filter(|kind| *kind != "null")
}

/// The schemas of the members of an object, known and unknown.
fn members(schema: &Value) -> impl Iterator<Item = &Value> {
    let keywords = ["properties", "patternProperties"].into_iter();
    let named = keywords.filter_map(|keyword| schema.get(keyword)?.as_object());
    named.flat_map(Map::values).chain(schema.get("additionalProperties"))
}

/// The tag of an internally tagged enum, with its value in each variant.
pub(crate) fn tag(schema: &Value) -> Option<(String, Vec<String>)> {
    let variants = schema.get("oneOf")?.as_array()?;
    let first = variants.first()?.get("properties")?.as_object()?;
    first.keys().find_map(|tag| {
        let values = variants.iter().map(|variant| value_of_tag(variant, tag));
        Some((tag.clone(), values.collect::<Option<_>>()?))
    })
}

fn value_of_tag(variant: &Value, tag: &str) -> Option<String> {
    let required = variant.get("required")?.as_array()?;
    let value = variant.get("properties")?.get(tag)?.get("const")?.as_str()?;
    required.iter().any(|name| name == tag).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemars::JsonSchema;
    use serde::Deserialize;

    use super::*;
    use crate::content::Patch;

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Flat {
        name: String,
        size: Option<u32>,
        color: Color,
        tags: Vec<u8>,
    }

    #[derive(Deserialize, JsonSchema)]
    enum Color {
        Red,
        /// Like grass.
        Green,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Nested {
        flat: Option<Flat>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Tree {
        children: Vec<Self>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(tag = "kind")]
    #[expect(dead_code, reason = "only its schema is used")]
    enum Tagged {
        Card { number: u64 },
        Cash,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    enum Event {
        Placed(u8),
        Lost { at: String },
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Change {
        #[serde(default)]
        title: Patch<Flat>,
    }

    fn fits<T: JsonSchema>() -> bool {
        ContentSchema::new(SchemaOf::of::<T>()).fits_form()
    }

    #[test]
    fn a_form_carries_names_with_texts_and_lists_of_texts() {
        assert!(fits::<Flat>());
        assert!(fits::<Option<Flat>>());
        assert!(fits::<BTreeMap<String, u8>>());
        assert!(fits::<BTreeMap<u8, Vec<String>>>());
        assert!(fits::<Tagged>());
        assert!(fits::<Vec<(String, u8)>>());
        assert!(fits::<Value>());
    }

    #[test]
    fn a_form_carries_no_structure() {
        assert!(!fits::<Nested>());
        assert!(!fits::<Tree>());
        assert!(!fits::<Vec<Flat>>());
        assert!(!fits::<Vec<u8>>());
        assert!(!fits::<Vec<(String, Flat)>>());
        assert!(!fits::<BTreeMap<String, Flat>>());
        assert!(!fits::<u8>());
        assert!(!fits::<Event>());
    }

    #[test]
    fn a_member_that_can_be_removed_makes_a_merge_patch() {
        let is_merge_patch = |schema| ContentSchema::new(schema).is_merge_patch();
        assert!(is_merge_patch(SchemaOf::of::<Change>()));
        assert!(!is_merge_patch(SchemaOf::of::<Flat>()));
    }
}
