//! A parameter, in words and as a schema.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use wsgiservice_grammar::{bound::Bound, format::Format, rule::Rule, value::Kind};

use crate::{
    content::ContentUse,
    parameters::{compiled::CompiledParameter, source::Source},
    problem::place::Place,
    rules::{CompiledRule, json_number, json_value},
};

/// A parameter of a method.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    /// Where a client sends it.
    pub(crate) place: Place,
    /// Where else it can be: the query is searched before the content.
    pub(crate) other_place: Option<Place>,
    /// Its name in the request.
    pub(crate) key: &'static str,
    pub(crate) is_required: bool,
    pub(crate) is_repeated: bool,
    pub(crate) kind: String,
    pub(crate) rules: Vec<String>,
    pub(crate) description: &'static str,
    pub(crate) default: Option<Cow<'static, str>>,
    pub(crate) example: Option<Cow<'static, str>>,
    pub(crate) is_secret: bool,
    pub(crate) is_file: bool,
    pub(crate) schema: Value,
}

impl Parameter {
    /// Whether a client can send it there.
    pub(crate) fn can_be_in(&self, place: Place) -> bool {
        self.place == place || self.other_place == Some(place)
    }

    /// Whether a client sends both by the same name. Those of header fields are case-insensitive (RFC 9110, section 5.1).
    pub(super) fn has_key_of(&self, other: &Self) -> bool {
        match self.place {
            Place::Header => self.key.eq_ignore_ascii_case(other.key),
            _ => self.key == other.key,
        }
    }

    /// Keeps only the place that another call reads, too: a hook reads no content.
    pub(super) fn narrow(&mut self, other: &Self) {
        if other.other_place.is_none() {
            (self.place, self.other_place) = (other.place, None);
        }
        self.is_required |= other.is_required;
    }
}

/// A path variable without rules.
pub(super) fn variable(name: &'static str) -> Parameter {
    Parameter {
        name,
        place: Place::Path,
        other_place: None,
        key: name,
        is_required: true,
        is_repeated: false,
        kind: words(Kind::Text(None)),
        rules: Vec::new(),
        description: "",
        default: None,
        example: None,
        is_secret: false,
        is_file: false,
        schema: of_type("string").into(),
    }
}

/// A parameter of an operation that uses the content in this way.
pub(super) fn of(parameter: &CompiledParameter, content: ContentUse) -> Parameter {
    let one = schema(parameter);
    let is_list = parameter.is_repeated && !parameter.is_in_path();
    let (place, other_place) = match &parameter.source {
        // Beside whole content, the query is the usual place.
        Source::QueryOrContent if content.is_whole() => (Place::Query, Some(Place::Content)),
        Source::QueryOrContent => (Place::Content, Some(Place::Query)),
        source => (source.place(), None),
    };
    Parameter {
        name: parameter.name,
        place,
        other_place,
        key: parameter.key,
        is_required: parameter.is_required(),
        is_repeated: parameter.is_repeated,
        kind: parameter.kind.map_or_else(|| "file".to_owned(), |kind| words_of(kind, parameter)),
        rules: rules(parameter),
        description: parameter.documentation.unwrap_or_default(),
        default: parameter.default.clone(),
        example: parameter.example.clone(),
        is_secret: parameter.is_secret,
        is_file: parameter.is_file,
        schema: if is_list { list(one) } else { one },
    }
}

fn list(item: Value) -> Value {
    let mut schema = of_type("array");
    schema.insert("items".to_owned(), item);
    schema.into()
}

/// The type of a parameter, in words.
fn words_of(kind: Kind, parameter: &CompiledParameter) -> String {
    match kind {
        Kind::Integer { .. } if parameter.rules.iter().any(CompiledRule::has_both_ends) => {
            "whole number".to_owned()
        }
        kind => words(kind),
    }
}

/// The type, in words.
fn words(kind: Kind) -> String {
    match kind {
        Kind::Integer { minimum, maximum } => format!("whole number from {minimum} to {maximum}"),
        Kind::Number => "number".to_owned(),
        Kind::Boolean => "true or false".to_owned(),
        Kind::Text(None) => "text".to_owned(),
        Kind::Text(Some(format)) => format!("text ({format})"),
        Kind::Choice(words) => format!("one of {}", words.join(", ")),
        Kind::Any => "one value".to_owned(),
    }
}

/// The rules in words, in the order of the grammar.
fn rules(parameter: &CompiledParameter) -> Vec<String> {
    let named = |name| parameter.rules.iter().find(|rule| rule.name() == name);
    let rules = Rule::SHAPES.iter().filter_map(|(name, _)| named(*name));
    rules.filter_map(|rule| rule.in_words(parameter.is_file)).collect()
}

/// The schema of one value or one file (JSON Schema 2020-12).
fn schema(parameter: &CompiledParameter) -> Value {
    let mut schema = match &parameter.kind {
        Some(kind) => of_value(kind, parameter),
        None => of_file(),
    };
    let default = parameter.default.as_deref().map(|default| json_value(&schema, default));
    let example = parameter.example.as_deref().map(|example| json_value(&schema, example));
    if parameter.is_secret {
        schema.insert("format".to_owned(), "password".into());
    }
    if parameter.is_secret && matches!(parameter.source, Source::Content) {
        schema.insert("writeOnly".to_owned(), true.into());
    }
    if let Some(default) = default {
        schema.insert("default".to_owned(), default);
    }
    if let Some(example) = example {
        schema.insert("examples".to_owned(), Value::from(vec![example]));
    }
    schema.into()
}

fn of_file() -> Map<String, Value> {
    let mut schema = of_type("string");
    schema.insert("contentMediaType".to_owned(), "application/octet-stream".into());
    schema
}

fn of_value(kind: &Kind, parameter: &CompiledParameter) -> Map<String, Value> {
    let mut schema = typed(kind);
    let is_text = matches!(kind, Kind::Text(_));
    if is_text && parameter.must_not_be_empty() {
        schema.insert("minLength".to_owned(), 1.into());
    }
    for rule in &parameter.rules {
        rule.schema(is_text, &mut schema);
    }
    schema
}

fn typed(kind: &Kind) -> Map<String, Value> {
    let mut schema = of_type(match kind {
        Kind::Integer { .. } => "integer",
        Kind::Number => "number",
        Kind::Boolean => "boolean",
        Kind::Text(_) | Kind::Choice(_) | Kind::Any => "string",
    });
    let mut put = |key: &str, value: Value| schema.insert(key.to_owned(), value);
    match kind {
        Kind::Integer { minimum, maximum } => {
            for (key, bound) in [("minimum", *minimum), ("maximum", *maximum)] {
                json_number(Bound::Integer(bound)).and_then(|bound| put(key, bound));
            }
            integer_format(*minimum, *maximum).and_then(|format| put("format", format.into()));
        }
        Kind::Text(Some("ip")) => {
            let formats = ["ipv4", "ipv6"].map(|format| json!({"format": format}));
            put("anyOf", formats.to_vec().into());
        }
        Kind::Text(name) => {
            name.and_then(format).and_then(|format| put("format", format.into()));
        }
        Kind::Choice(words) => {
            put("enum", words.to_vec().into());
        }
        Kind::Any => {
            put("type", vec!["string", "number", "boolean"].into());
        }
        Kind::Number => {
            put("format", "double".into());
        }
        Kind::Boolean => {}
    }
    schema
}

/// The format of the integer type with this range, as schemars names it.
fn integer_format(minimum: i128, maximum: i128) -> Option<&'static str> {
    let is = |least: i128, most: i128| (minimum, maximum) == (least, most);
    let formats = [
        (is(i8::MIN.into(), i8::MAX.into()), "int8"),
        (is(i16::MIN.into(), i16::MAX.into()), "int16"),
        (is(i32::MIN.into(), i32::MAX.into()), "int32"),
        (is(i64::MIN.into(), i64::MAX.into()), "int64"),
        (is(0, u8::MAX.into()), "uint8"),
        (is(0, u16::MAX.into()), "uint16"),
        (is(0, u32::MAX.into()), "uint32"),
        (is(0, u64::MAX.into()), "uint64"),
    ];
    formats.into_iter().find_map(|(is_type, format)| is_type.then_some(format))
}

/// A schema with only a type.
pub(super) fn of_type(kind: &str) -> Map<String, Value> {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), kind.into());
    schema
}

/// The name of a format in JSON Schema (validation vocabulary, section 7.3).
fn format(name: &str) -> Option<&'static str> {
    match name {
        // The format of `jiff::Span`, which no rule has.
        "duration" => Some("duration"),
        name => Format::named(name).map(Format::name),
    }
}
