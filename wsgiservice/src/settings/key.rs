//! The table that `#[derive(Settings)]` writes, and its leaves with their paths.

use toml::Value;
use wsgiservice_grammar::rule::Rule;

use super::{kind::ValueKind, rules::Rules};

/// A field of a struct with `#[derive(Settings)]`.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name; empty if its keys are in the table around it.
    pub name: &'static str,
    /// Its documentation comment.
    pub documentation: &'static str,
    /// What it holds.
    pub field: Field,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Field {
    /// A value.
    Leaf(Leaf),
    /// Further keys.
    Table(&'static [Key]),
}

/// A field that holds a value.
#[derive(Clone, Copy, Debug)]
pub struct Leaf {
    /// The value without another one.
    pub default: Option<Literal>,
    /// What stands for the value in the help.
    pub value_name: Option<&'static str>,
    /// Its rules.
    pub rules: &'static [Rule<'static>],
    /// What serde says of its type.
    pub kind: fn() -> ValueKind,
}

/// A default.
#[derive(Clone, Copy, Debug)]
pub enum Literal {
    /// A text.
    Text(&'static str),
    /// An integer.
    Integer(i64),
    /// Another number.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A list.
    List(&'static [Self]),
}

impl Literal {
    pub(super) fn value(&self) -> Value {
        match *self {
            Self::Text(text) => Value::String(text.to_owned()),
            Self::Integer(number) => Value::Integer(number),
            Self::Float(number) => Value::Float(number),
            Self::Bool(value) => Value::Boolean(value),
            Self::List(items) => Value::Array(items.iter().map(Self::value).collect()),
        }
    }
}

/// A value that can be set, with its path.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    /// The names of the tables around it and its own, with dots between them.
    pub(super) path: String,
    pub(super) documentation: &'static str,
    pub(super) default: Option<Value>,
    pub(super) value_name: Option<&'static str>,
    pub(super) rules: Rules,
    pub(super) kind: ValueKind,
    /// Whether it is one of the server.
    pub(super) is_of_server: bool,
}

/// All settings that these tables have, in order.
pub(super) fn settings(own: &'static [Key], server: &'static [Key]) -> Vec<Setting> {
    let mut all = Vec::new();
    collect("", own, false, &mut all);
    collect("", server, true, &mut all);
    all
}

fn collect(prefix: &str, keys: &'static [Key], is_of_server: bool, all: &mut Vec<Setting>) {
    for key in keys {
        let path = match key.name {
            "" => prefix.to_owned(),
            name => join(prefix, name),
        };
        match &key.field {
            Field::Table(keys) => collect(&path, keys, is_of_server, all),
            Field::Leaf(leaf) => all.push(Setting {
                path,
                documentation: key.documentation,
                default: leaf.default.as_ref().map(Literal::value),
                value_name: leaf.value_name,
                rules: Rules(leaf.rules),
                kind: (leaf.kind)(),
                is_of_server,
            }),
        }
    }
}

/// The path of a key in a table.
pub(super) fn join(table: &str, name: &str) -> String {
    match table {
        "" => name.to_owned(),
        table => format!("{table}.{name}"),
    }
}

impl Setting {
    /// The table that it is in, and its name there.
    pub(super) fn table_and_name(&self) -> (&str, &str) {
        self.path.rsplit_once('.').unwrap_or(("", &self.path))
    }

    /// Its flag, without the dashes before it.
    pub(super) fn flag(&self) -> String {
        self.path.replace(['.', '_'], "-")
    }

    /// Its variable of the environment, in a program of this name.
    pub(super) fn variable(&self, program: &str) -> String {
        prefix(program) + &self.path.replace('.', "__").to_uppercase()
    }

    /// What values it can have, if its type or its rules say so.
    pub(super) fn values_in_words(&self) -> Option<String> {
        match self.kind.choices {
            [] => self.rules.in_words(),
            choices => Some(format!("one of {}", choices.join(", "))),
        }
    }

    /// The first paragraph of its documentation, in one line.
    pub(super) fn summary(&self) -> String {
        let lines = self.documentation.lines().map(str::trim);
        lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// How the variables of a program begin.
pub(super) fn prefix(program: &str) -> String {
    let name = program.to_uppercase();
    name.replace(|character: char| !character.is_ascii_alphanumeric(), "_") + "_"
}
