//! A parameter, in words and as a schema.

use serde_json::{Map, Value, json};

use super::as_json;
use crate::{
    declaration::{Argument, Bound, Constraint, Kind, Mount, Operation},
    parameters::compiled::{CompiledParameter, Parameters, Source},
};

/// A parameter of a method.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    /// Where it is: `path`, `query`, `header` or `content`.
    pub(crate) place: &'static str,
    /// The name that it has there, where it may be another one than violations have: that of a header field.
    pub(crate) key: &'static str,
    pub(crate) mandatory: bool,
    pub(crate) repeated: bool,
    pub(crate) kind: String,
    pub(crate) rules: Vec<String>,
    pub(crate) description: &'static str,
    pub(crate) default: Option<&'static str>,
    pub(crate) example: Option<&'static str>,
    /// Whether it is never shown.
    pub(crate) is_secret: bool,
    pub(crate) is_file: bool,
    pub(crate) schema: Value,
}

/// The parameters of a method or a hook.
pub(super) fn all(mount: &Mount, operation: &Operation) -> Vec<Parameter> {
    let takes_no_whole = !operation.parameters.iter().any(|it| {
        matches!(
            it.argument,
            Argument::Content { .. } | Argument::Bytes | Argument::Stream | Argument::Form
        )
    });
    let reads_members = operation.role.reads_content() && takes_no_whole;
    let parameters = Parameters::new(mount, operation, reads_members).unwrap_or_default();
    parameters.iter().filter(|parameter| parameter.is_named()).map(of).collect()
}

/// A parameter.
pub(super) fn of(parameter: &CompiledParameter) -> Parameter {
    let constraint = &parameter.declared;
    let one = parameter.kind.map_or_else(|| file(constraint), |kind| schema(&kind, constraint));
    let is_list = parameter.is_repeated && !parameter.is_in_path();
    Parameter {
        name: parameter.name,
        place: match parameter.source {
            Source::QueryOrContent => "content",
            ref source => source.place(),
        },
        key: parameter.key,
        mandatory: parameter.is_required(),
        repeated: parameter.is_repeated,
        kind: parameter.kind.map_or_else(|| "file".to_owned(), words),
        rules: rules(constraint, parameter.is_file),
        description: parameter.documentation.unwrap_or_default(),
        default: parameter.default,
        example: parameter.example,
        is_secret: parameter.is_secret,
        is_file: parameter.is_file,
        schema: if is_list { list(one) } else { one },
    }
}

/// A variable of the path, of which nothing more is asked.
pub(super) fn variable(name: &'static str) -> Parameter {
    Parameter {
        name,
        place: "path",
        key: name,
        mandatory: true,
        repeated: false,
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

fn list(item: Value) -> Value {
    let mut schema = of_type("array");
    schema.insert("items".to_owned(), item);
    schema.into()
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

/// The rules, in words.
fn rules(constraint: &Constraint, is_file: bool) -> Vec<String> {
    let mut rules = Vec::new();
    if let Some(re) = constraint.re {
        rules.push(format!("matches `{re}`"));
    }
    if let Some((least, most)) = constraint.len {
        let unit = if is_file { "bytes" } else { "characters" };
        rules.push(match most {
            usize::MAX => format!("at least {least} {unit}"),
            most => format!("{least} to {most} {unit}"),
        });
    }
    if let Some((least, most)) = constraint.range {
        rules.extend(range(least, most));
    }
    if let Some(values) = constraint.one_of {
        rules.push(format!("one of {}", values.join(", ")));
    }
    if let Some(format) = constraint.format {
        rules.push(format!("a valid {format}"));
    }
    rules
}

fn range(least: Bound, most: Bound) -> Option<String> {
    let text = |bound: Bound| number(bound).as_ref().map(as_json);
    match (text(least), text(most)) {
        (Some(least), Some(most)) => Some(format!("from {least} to {most}")),
        (Some(least), None) => Some(format!("{least} or more")),
        (None, Some(most)) => Some(format!("{most} or less")),
        (None, None) => None,
    }
}

/// A bound as JSON has numbers; nothing where it is open, or too great for them.
fn number(bound: Bound) -> Option<Value> {
    match bound {
        Bound::Open => None,
        Bound::Integer(number) => integer(number),
        Bound::Number(number) => serde_json::Number::from_f64(number).map(Value::Number),
    }
}

fn integer(number: i128) -> Option<Value> {
    let small = i64::try_from(number).map(Value::from);
    small.or_else(|_| u64::try_from(number).map(Value::from)).ok()
}

fn file(constraint: &Constraint) -> Value {
    let mut schema = of_type("string");
    schema.insert("contentMediaType".to_owned(), "application/octet-stream".into());
    describe(&mut schema, constraint);
    Value::Object(schema)
}

/// The schema of one value (JSON Schema 2020-12).
fn schema(kind: &Kind, constraint: &Constraint) -> Value {
    let mut schema = typed(kind);
    let is_text = matches!(kind, Kind::Text(_));
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            schema.insert(key.to_owned(), value);
        }
    };
    put("pattern", constraint.re.filter(|_| is_text).and_then(pattern).map(Value::from));
    if let Some((least, most)) = constraint.range {
        put("minimum", number(least));
        put("maximum", number(most));
    }
    let (least, most) = constraint.len.unwrap_or((0, usize::MAX));
    let least = if constraint.declared { least.max(1) } else { least };
    put("minLength", Some(least.into()).filter(|_| is_text && least > 0));
    put("maxLength", Some(most.into()).filter(|_| is_text && most < usize::MAX));
    put("format", constraint.format.and_then(format).map(Value::from));
    if let Some(values) = constraint.one_of {
        let values: Vec<_> = values.iter().map(|value| schema_value(&schema, value)).collect();
        schema.insert("enum".to_owned(), values.into());
    }
    describe(&mut schema, constraint);
    Value::Object(schema)
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
                integer(bound).and_then(|bound| put(key, bound));
            }
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
        Kind::Number | Kind::Boolean => {}
    }
    schema
}

/// A schema that says no more than the type.
pub(super) fn of_type(kind: &str) -> Map<String, Value> {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), kind.into());
    schema
}

/// The formats that JSON Schema knows, in its sense (validation vocabulary, section 7.3).
fn format(name: &'static str) -> Option<&'static str> {
    let known =
        ["email", "uri", "hostname", "date-time", "date", "uuid", "ipv4", "ipv6", "duration"];
    known.contains(&name).then_some(name)
}

/// The expression as ECMAScript has it, which is what a schema has; nothing where it would mean something else there.
fn pattern(re: &str) -> Option<String> {
    let foreign = ["(?", r"\A", r"\z", "[[", "&&", "--", "~~", r"\x", r"\u", r"\p", r"\P", r"\h"];
    let is_plain = foreign.iter().all(|foreign| !re.contains(foreign));
    is_plain.then(|| format!("^(?:{re})$"))
}

fn describe(schema: &mut Map<String, Value>, constraint: &Constraint) {
    let default = constraint.default.map(|default| schema_value(schema, default.text()));
    let example = constraint.example.map(|example| schema_value(schema, example));
    if let Some(default) = default {
        schema.insert("default".to_owned(), default);
    }
    if let Some(example) = example {
        schema.insert("examples".to_owned(), Value::from(vec![example]));
    }
}

/// A text as a value of the schema's type.
fn schema_value(schema: &Map<String, Value>, text: &'static str) -> Value {
    let is_text = schema.get("type").is_some_and(|kind| kind == "string");
    let parsed = (!is_text).then(|| serde_json::from_str(text).ok()).flatten();
    parsed.unwrap_or_else(|| text.into())
}
