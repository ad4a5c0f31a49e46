//! The schemas of the types that requests and responses have.
//!
//! A type can have another schema in a request than in a response, for example if a member is only sent. Each type is
//! therefore described on its own, for the direction in which it is used. Named schemas that turn out to be equal become
//! one component; [`names`] gives the others names that do not depend on what else the application has.

mod names;
mod refine;

use std::collections::{BTreeMap, BTreeSet};

use schemars::{
    generate::{SchemaGenerator, SchemaSettings},
    transform::RecursiveTransform,
};
use serde_json::{Map, Value};

use super::as_json;
use crate::site::SchemaOf;

/// The prefix of a reference to a component.
pub(crate) const COMPONENTS: &str = "#/components/schemas/";

/// Whether a client sends a value or receives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Direction {
    Request,
    Response,
}

/// The schemas of an application.
#[derive(Debug, Default)]
pub(super) struct Schemas {
    /// The schema of each type, by its ID and its direction.
    types: BTreeMap<(String, Direction), Value>,
    /// The schemas that others refer to, by name.
    pub(super) components: Map<String, Value>,
}

impl Schemas {
    /// Describes these types.
    pub(super) fn new(types: &[(SchemaOf, Direction)]) -> Self {
        let mut described = BTreeMap::new();
        for (schema, direction) in types {
            // In both directions, because they tell which schemas of requests and responses are of one type.
            for each in [Direction::Request, Direction::Response] {
                let key = (schema.id().into_owned(), each);
                let described = described.entry(key);
                let described = described.or_insert_with(|| Described::new(*schema, each));
                described.is_used |= each == *direction;
            }
        }
        let names = names::of(&described);
        let mut schemas = Self::default();
        for (key, mut described) in described.into_iter().filter(|(_, it)| it.is_used) {
            let closures = described.closures();
            let name = |local: &str| closures.get(local).and_then(|it| names.get(it)).cloned();
            for (local, mut schema) in described.definitions {
                let Some(component) = name(&local) else { continue };
                rename(&mut schema, &name);
                schemas.components.insert(component, schema);
            }
            rename(&mut described.schema, &name);
            schemas.types.insert(key, described.schema);
        }
        refine::name_variants(&mut schemas.components);
        schemas
    }

    /// The schema of a type that was described in this direction.
    pub(super) fn of(&self, schema: SchemaOf, direction: Direction) -> Option<Value> {
        self.types.get(&(schema.id().into_owned(), direction)).cloned()
    }
}

/// A named schema with all that it refers to: two of them are the same if these are equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Closure {
    /// The name, which is unique only within one described type.
    name: String,
    text: String,
}

/// The schema of one type, and the named ones that it refers to.
#[derive(Debug)]
struct Described {
    is_used: bool,
    schema: Value,
    definitions: Map<String, Value>,
}

impl Described {
    fn new(schema: SchemaOf, direction: Direction) -> Self {
        let mut generator = generator(direction);
        let mut schema = schema.generate(&mut generator);
        for transform in generator.transforms_mut() {
            transform.transform(&mut schema);
        }
        let definitions = generator.take_definitions(true);
        Self { is_used: false, schema: schema.to_value(), definitions }
    }

    /// The named schemas with all that each refers to, by name.
    fn closures(&self) -> BTreeMap<String, Closure> {
        let names = self.definitions.keys();
        names.map(|name| (name.clone(), self.closure(name))).collect()
    }

    fn closure(&self, name: &str) -> Closure {
        let mut seen = BTreeSet::new();
        let mut unread = vec![name.to_owned()];
        while let Some(name) = unread.pop() {
            let Some(schema) = self.definitions.get(&name) else { continue };
            if seen.insert(name) {
                references(schema, &mut |reference| unread.extend(local(reference)));
            }
        }
        let text = |name: &String| self.definitions.get(name).map(as_json).unwrap_or_default();
        let texts: Vec<_> = seen.iter().map(text).collect();
        Closure { name: name.to_owned(), text: texts.join("\n") }
    }
}

/// A generator of schemas for one direction.
fn generator(direction: Direction) -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12();
    let settings = match direction {
        Direction::Request => settings.for_deserialize(),
        Direction::Response => settings.for_serialize(),
    };
    let settings = settings.with(|it| it.definitions_path = "/components/schemas".into());
    settings.with_transform(RecursiveTransform(refine::refine)).into_generator()
}

/// The name of the schema that a reference is to; schemars encodes the characters that a URI cannot have.
fn local(reference: &str) -> Option<String> {
    let name = percent_encoding::percent_decode_str(reference.strip_prefix(COMPONENTS)?);
    Some(name.decode_utf8().ok()?.replace("~1", "/").replace("~0", "~"))
}

/// Calls a function with each reference in a schema.
fn references(schema: &Value, found: &mut impl FnMut(&str)) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found(reference);
            }
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// Gives the schemas that a schema refers to their names as components.
fn rename(schema: &mut Value, name: &impl Fn(&str) -> Option<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref")
                && let Some(name) = local(reference).and_then(|local| name(&local))
            {
                *reference = format!("{COMPONENTS}{name}");
            }
            members.values_mut().for_each(|member| rename(member, name));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, name)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::{Direction::*, *};

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only their schemas are used")]
    struct Account {
        #[serde(skip_deserializing)]
        id: u8,
        #[serde(skip_serializing)]
        password: String,
        #[serde(default)]
        note: String,
        #[serde(default)]
        old: Option<bool>,
        share: (u8, bool),
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Plain {
        text: String,
    }

    #[derive(Serialize, JsonSchema)]
    struct Page<T> {
        items: Vec<T>,
    }

    mod billing {
        #[derive(schemars::JsonSchema)]
        #[expect(dead_code, reason = "only its schema is used")]
        pub(super) struct Plain {
            total: u8,
        }
    }

    fn names(types: &[(SchemaOf, Direction)]) -> Vec<String> {
        Schemas::new(types).components.keys().cloned().collect()
    }

    #[test]
    fn a_type_that_differs_in_requests_has_two_components() {
        let account = SchemaOf::of::<Account>();
        let schemas = Schemas::new(&[(account, Request), (account, Response)]);
        let reference = |name: &str| Some(json!({ "$ref": format!("{COMPONENTS}{name}") }));
        assert_eq!(schemas.of(account, Response), reference("Account"));
        assert_eq!(schemas.of(account, Request), reference("AccountInput"));
        let response = &schemas.components["Account"];
        assert_eq!(response["required"], json!(["id", "note", "old", "share"]));
        assert_eq!(response["properties"]["password"], Value::Null);
        let request = &schemas.components["AccountInput"];
        assert_eq!(request["required"], json!(["password", "share"]));
        assert_eq!(request["properties"]["id"], Value::Null);
        assert_eq!(names(&[(account, Request)]), ["Account"]);
    }

    #[test]
    fn a_type_that_is_equal_in_both_directions_has_one_component() {
        let plain = SchemaOf::of::<Plain>();
        assert_eq!(names(&[(plain, Request), (plain, Response)]), ["Plain"]);
    }

    #[test]
    fn a_generic_type_is_named_by_its_arguments() {
        let types = [
            (SchemaOf::of::<Page<Plain>>(), Response),
            (SchemaOf::of::<Option<Page<Vec<u8>>>>(), Response),
        ];
        assert_eq!(names(&types), ["Page_List_uint8", "Page_Plain", "Plain"]);
        assert_eq!(names(&types[1..]), ["Page_List_uint8"]);
    }

    #[test]
    fn a_type_within_another_one_is_the_same_type() {
        #[derive(Serialize, Deserialize, JsonSchema)]
        struct Outer {
            account: Account,
        }

        let types = [(SchemaOf::of::<Account>(), Response), (SchemaOf::of::<Outer>(), Request)];
        assert_eq!(names(&types), ["Account", "AccountInput", "Outer"]);
    }

    #[test]
    fn types_of_one_name_are_told_apart_by_their_module() {
        let billing = (SchemaOf::of::<billing::Plain>(), Response);
        let page = (SchemaOf::of::<Page<Plain>>(), Response);
        assert_eq!(names(&[billing]), ["Plain"]);
        assert_eq!(names(&[billing, page]), ["Page_Plain", "Plain", "billing_Plain"]);
        assert_eq!(names(&[page, billing]), ["Page_Plain", "Plain", "billing_Plain"]);
    }
}
