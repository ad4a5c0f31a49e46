//! Small changes that make schemas more useful to generators of clients, and no value more or less valid.

use schemars::Schema;
use serde_json::{Map, Value, json};

use super::COMPONENTS;
use crate::{content::MERGE_PATCH_MEMBER, documentation::unused, site::content_schema::tag};

/// Changes a schema and not those within it.
pub(super) fn refine(schema: &mut Schema) {
    // A mark between two of our modules.
    schema.remove(MERGE_PATCH_MEMBER);
    // An optional member that can be null: generators take the member with a default for one that is always sent.
    if schema.get("default") == Some(&Value::Null) {
        schema.remove("default");
    }
    // A tuple. Its maximum length says the same, but linters and generators look here, and many take `false` as absent.
    if schema.get("prefixItems").is_some() && schema.get("items").is_none() {
        schema.insert("items".to_owned(), json!({ "not": {} }));
    }
}

/// Makes a component of each variant of a tagged enum that is an object, so that generators of clients have a name for it,
/// and so that a discriminator can refer to it (OpenAPI, section 4.8.25).
pub(super) fn name_variants(components: &mut Map<String, Value>) {
    let names: Vec<_> = components.keys().cloned().collect();
    for name in names {
        let Some(schema) = components.get_mut(&name) else { continue };
        let tag = tag(schema);
        let Some(variants) = schema.get_mut("oneOf").and_then(Value::as_array_mut) else {
            continue;
        };
        let variants = std::mem::take(variants);
        let mut mapping = Map::new();
        let variants = variants.into_iter().enumerate().map(|(position, variant)| {
            let value = match &tag {
                Some((_, values)) => values.get(position).cloned(),
                None => external_tag(&variant),
            };
            let Some(value) = value else { return variant };
            let component = add_variant(components, &name, &value, variant);
            let reference = format!("{COMPONENTS}{component}");
            mapping.insert(value, reference.as_str().into());
            json!({ "$ref": reference })
        });
        let variants: Vec<_> = variants.collect();
        let Some(Value::Object(schema)) = components.get_mut(&name) else { continue };
        schema.insert("oneOf".to_owned(), variants.into());
        if let Some((tag, _)) = tag {
            let discriminator = json!({ "propertyName": tag, "mapping": mapping });
            schema.insert("discriminator".to_owned(), discriminator);
        }
    }
}

/// The tag of a variant of an externally tagged enum: the name of its only member.
fn external_tag(variant: &Value) -> Option<String> {
    let members = variant.get("properties")?.as_object()?;
    let (name, _) = members.iter().next().filter(|_| members.len() == 1)?;
    (variant.get("additionalProperties") == Some(&Value::Bool(false))).then(|| name.clone())
}

/// Adds a variant as a component, and returns its name.
fn add_variant(
    components: &mut Map<String, Value>,
    name: &str,
    value: &str,
    variant: Value,
) -> String {
    let is_invalid = |it: char| !it.is_ascii_alphanumeric() && !"._-".contains(it);
    let wanted = format!("{name}_{}", value.replace(is_invalid, "_"));
    let component = unused(&wanted, |name| components.contains_key(name));
    components.insert(component.clone(), without_sibling_reference(variant));
    component
}

/// A variant that holds another type refers to it and adds the tag, which many generators only understand in parts.
fn without_sibling_reference(variant: Value) -> Value {
    let Value::Object(mut variant) = variant else { return variant };
    let description = variant.remove("description");
    if let Some(reference) = variant.remove("$ref") {
        let all = json!([{ "$ref": reference }, variant]);
        variant = Map::new();
        variant.insert("allOf".to_owned(), all);
    }
    if let Some(description) = description {
        variant.insert("description".to_owned(), description);
    }
    variant.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variants_of_an_internally_tagged_enum_are_components() {
        let cash = json!({"type": "object", "properties": {"kind": {"const": "cash"}}, "required": ["kind"]});
        let card = json!({"$ref": "#/components/schemas/Card", "type": "object", "description": "By card.",
            "properties": {"kind": {"const": "card"}}, "required": ["kind"]});
        let mut components =
            Map::from_iter([("Payment".to_owned(), json!({ "oneOf": [cash, card] }))]);
        name_variants(&mut components);
        assert_eq!(
            components["Payment"],
            json!({
                "oneOf": [
                    {"$ref": "#/components/schemas/Payment_cash"},
                    {"$ref": "#/components/schemas/Payment_card"},
                ],
                "discriminator": {"propertyName": "kind", "mapping": {
                    "cash": "#/components/schemas/Payment_cash",
                    "card": "#/components/schemas/Payment_card",
                }},
            })
        );
        assert_eq!(components["Payment_card"]["description"], "By card.");
        assert_eq!(components["Payment_card"]["allOf"][0]["$ref"], "#/components/schemas/Card");
    }

    #[test]
    fn the_objects_of_an_externally_tagged_enum_are_components() {
        let lost = json!({"type": "string", "enum": ["Lost"]});
        let at = json!({"type": "object", "properties": {"At": {"type": "string"}}, "required": ["At"],
            "additionalProperties": false});
        let mut components = Map::from_iter([("Event".to_owned(), json!({ "oneOf": [lost, at] }))]);
        name_variants(&mut components);
        let expected = json!({"oneOf": [lost, {"$ref": "#/components/schemas/Event_At"}]});
        assert_eq!(components["Event"], expected);
        assert_eq!(components["Event_At"], at);
    }

    #[test]
    fn other_alternatives_stay_as_they_are() {
        let schema = json!({"oneOf": [
            {"type": "object", "properties": {"a": {"const": "x"}}, "required": ["a"]},
            {"type": "object", "properties": {"a": {"const": "y"}}},
        ]});
        let mut components = Map::from_iter([("A".to_owned(), schema.clone())]);
        name_variants(&mut components);
        assert_eq!(components["A"], schema);
        assert_eq!(components.len(), 1);
    }
}
