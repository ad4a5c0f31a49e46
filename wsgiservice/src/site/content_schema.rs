//! What the schema of a value says about the media types that can carry it.
//!
//! A form is a flat list of names and texts. XML has structure, but its values are texts as well: the type of the member
//! tells what a text means. serde keeps a value whose type it does not know yet, as in an internally tagged or untagged
//! enum, and of such a value only texts survive.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::{
    content::{MERGE_PATCH_MEMBER, Unsuitable},
    declaration::SchemaOf,
};

/// The schema of a value in a request, with the schemas that it refers to.
#[derive(Debug)]
pub(super) struct ContentSchema {
    schema: Value,
    definitions: Map<String, Value>,
}

/// A syntax with fewer types than JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    Form,
    Xml,
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

    /// The syntaxes that cannot carry each of its values.
    pub(super) fn unsuitable(&self) -> Unsuitable {
        let carries = |syntax| {
            let mut reader = Reader { schema: self, syntax, open: Vec::new() };
            reader.carries(&self.schema, Level::Root, false)
        };
        Unsuitable { form: !carries(Syntax::Form), xml: !carries(Syntax::Xml) }
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

/// Decides for one syntax.
struct Reader<'s> {
    schema: &'s ContentSchema,
    syntax: Syntax,
    /// The named schemas around the current one and where they are, because a schema can refer to itself.
    open: Vec<(&'s str, Level, bool)>,
}

impl<'s> Reader<'s> {
    /// Whether the syntax can carry each value of a schema; `is_kept` if serde reads it before it knows its type.
    fn carries(&mut self, schema: &'s Value, level: Level, is_kept: bool) -> bool {
        let alternatives = alternatives(schema);
        let is_untagged = schema.get("anyOf").is_some() && alternatives.len() > 1;
        let is_tagged = tag(schema).is_some();
        let is_kept = is_kept || is_untagged || is_tagged;
        let is_enum_of_objects = schema.get("oneOf").is_some() && !is_tagged;
        if self.syntax == Syntax::Form && level == Level::Root && is_enum_of_objects {
            return false;
        }
        let mut parts = alternatives.into_iter().chain(items(schema, "allOf"));
        parts.all(|part| self.carries(part, level, is_kept))
            && self.carries_named(schema, level, is_kept)
            && types(schema).all(|kind| self.carries_type(kind, schema, level, is_kept))
    }

    fn carries_named(&mut self, schema: &'s Value, level: Level, is_kept: bool) -> bool {
        let Some((name, named)) = self.schema.named(schema) else { return true };
        let place = (name, level, is_kept);
        if self.open.contains(&place) {
            return true;
        }
        self.open.push(place);
        let carries = self.carries(named, level, is_kept);
        self.open.pop();
        carries
    }

    fn carries_type(&mut self, kind: &str, schema: &'s Value, level: Level, is_kept: bool) -> bool {
        let is_form = self.syntax == Syntax::Form;
        match kind {
            "object" if is_form && level != Level::Root => false,
            "object" => {
                let mut members = members(schema);
                members.all(|member| self.carries(member, Level::Member, is_kept))
            }
            "array" if is_form && level != Level::Member => false,
            "array" => {
                let mut items = items(schema, "prefixItems").chain(schema.get("items"));
                !is_kept && items.all(|item| self.carries(item, Level::Item, is_kept))
            }
            _ if is_form && level == Level::Root => false,
            "string" => true,
            _ => !is_kept,
        }
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
    enum Texts {
        Card { number: String },
        Cash,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(tag = "kind")]
    #[expect(dead_code, reason = "only its schema is used")]
    enum Numbers {
        Card { number: u64 },
        Cash,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only its schema is used")]
    enum Key {
        Number(u32),
        Name(String),
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

    /// Whether a form and XML can carry the values of a type.
    fn carried<T: JsonSchema>() -> (bool, bool) {
        let Unsuitable { form, xml } = ContentSchema::new(SchemaOf::of::<T>()).unsuitable();
        (!form, !xml)
    }

    #[test]
    fn a_form_carries_names_and_texts() {
        assert_eq!(carried::<Flat>(), (true, true));
        assert_eq!(carried::<Option<Flat>>(), (true, true));
        assert_eq!(carried::<BTreeMap<String, u8>>(), (true, true));
        assert_eq!(carried::<BTreeMap<u8, Vec<String>>>(), (true, true));
        assert_eq!(carried::<Value>(), (true, true));
    }

    #[test]
    fn a_form_carries_no_structure() {
        assert_eq!(carried::<Nested>(), (false, true));
        assert_eq!(carried::<Tree>(), (false, true));
        assert_eq!(carried::<Vec<Flat>>(), (false, true));
        assert_eq!(carried::<BTreeMap<String, Flat>>(), (false, true));
        assert_eq!(carried::<u8>(), (false, true));
        assert_eq!(carried::<Event>(), (false, true));
    }

    #[test]
    fn a_value_that_is_read_before_its_type_is_known_must_be_a_text() {
        assert_eq!(carried::<Texts>(), (true, true));
        assert_eq!(carried::<Numbers>(), (false, false));
        assert_eq!(carried::<BTreeMap<String, Key>>(), (false, false));
        assert_eq!(carried::<Vec<Numbers>>(), (false, false));
    }

    #[test]
    fn a_member_that_can_be_removed_makes_a_merge_patch() {
        let is_merge_patch = |schema| ContentSchema::new(schema).is_merge_patch();
        assert!(is_merge_patch(SchemaOf::of::<Change>()));
        assert!(!is_merge_patch(SchemaOf::of::<Flat>()));
    }
}
