//! The values of all layers, of which each field takes its own.

use std::{collections::BTreeMap, fmt};

use serde::de::{DeserializeOwned, value::UnitDeserializer};
use toml::Value;

use super::{
    Settings,
    expected::most_telling,
    key::{Setting, join, prefix},
    kind::ValueKind,
    origin::Origin,
    print::plain,
};

/// The values of all layers.
pub struct Values {
    pub(super) program: String,
    pub(super) settings: Vec<Setting>,
    written: BTreeMap<String, (Origin, Written)>,
    /// What the values were read as.
    read: BTreeMap<String, Value>,
    /// The table whose fields take their values.
    table: String,
    pub(super) errors: Vec<String>,
    /// The variables of the environment that have the prefix, and are not settings.
    pub(super) ignored: Vec<String>,
}

/// A value as it was written.
#[derive(Clone)]
pub(super) enum Written {
    Toml(Value),
    /// In the environment or in a flag: the type of the field says what it means.
    Text(String),
}

impl Values {
    pub(super) fn new(program: &str, settings: Vec<Setting>) -> Self {
        Self {
            program: program.to_owned(),
            settings,
            written: BTreeMap::new(),
            read: BTreeMap::new(),
            table: String::new(),
            errors: Vec::new(),
            ignored: Vec::new(),
        }
    }

    /// The values of a struct of the server that are written nowhere.
    #[cfg(test)]
    pub(crate) fn defaults_of<T: Settings>() -> Option<T> {
        let mut values = Self::new("service", super::key::settings(&[], T::KEYS));
        T::take(&mut values)
    }

    /// Logs which variables of the environment are ignored.
    pub(crate) fn warn_of_ignored(&self) {
        if !self.ignored.is_empty() {
            tracing::warn!(variables = self.ignored.join(", "), "ignoring unknown variables");
        }
    }

    /// Adds a value, which replaces one of an earlier layer.
    pub(super) fn write(&mut self, path: &str, origin: Origin, value: Written) {
        self.written.insert(path.to_owned(), (origin, value));
    }

    pub(super) fn error(&mut self, origin: &Origin, message: impl fmt::Display) {
        self.errors.push(format!("{origin}: {message}"));
    }

    /// Where the value of this setting was written, and what it was read as.
    pub(super) fn found(&self, path: &str) -> Option<(&Origin, Option<&Value>)> {
        self.written.get(path).map(|(origin, _)| (origin, self.read.get(path)))
    }

    /// Takes the value of a field, or its default.
    pub fn take<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let path = join(&self.table, name);
        let setting = self.settings.iter().find(|setting| setting.path == path)?.clone();
        let default = setting.default.clone().map(|default| self.default::<T>(&setting, default));
        if self.written.contains_key(&path) {
            return self.written(name);
        }
        if let Some(default) = default {
            return default;
        }
        if setting.kind.is_optional {
            return T::deserialize(UnitDeserializer::<toml::de::Error>::new()).ok();
        }
        let (variable, flag) = (setting.variable(&self.program), setting.flag());
        let program = &self.program;
        self.errors.push(format!(
            "`{path}` is required: set it in {program}.toml, as {variable} or with --{flag}"
        ));
        None
    }

    /// Takes the value of a field, if it was written somewhere.
    pub fn written<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let path = join(&self.table, name);
        let Setting { kind, rules, .. } = *self.settings.iter().find(|it| it.path == path)?;
        let (origin, written) = self.written.get(&path)?.clone();
        match written.read(kind) {
            Ok((value, read)) => {
                if let Some(reason) = rules.broken(&read) {
                    self.error(&origin, format_args!("`{path}`: {reason}"));
                    return None;
                }
                self.read.insert(path, read);
                Some(value)
            }
            Err(message) => {
                // The message can quote the value.
                let message = if kind.is_secret { "invalid value".to_owned() } else { message };
                self.error(&origin, format_args!("`{path}`: {message}"));
                None
            }
        }
    }

    /// Takes the values of a table.
    pub fn table<T: Settings>(&mut self, name: &str) -> Option<T> {
        self.within(name, T::take)
    }

    /// Replaces the values of a table that are written somewhere.
    pub fn update_table<T: Settings>(&mut self, name: &str, table: &mut T) {
        self.within(name, |values| table.update(values));
    }

    fn within<R>(&mut self, name: &str, take: impl FnOnce(&mut Self) -> R) -> R {
        let inner = join(&self.table, name);
        let outer = std::mem::replace(&mut self.table, inner);
        let taken = take(self);
        self.table = outer;
        taken
    }

    /// Whether anything of the table is written somewhere.
    pub(super) fn is_written(&self) -> bool {
        let prefix = join(&self.table, "");
        self.written.keys().any(|path| path.starts_with(&prefix))
    }

    /// Reads a default, also if it is not used: a wrong one must not wait for a start without another value.
    fn default<T: DeserializeOwned>(&mut self, setting: &Setting, value: Value) -> Option<T> {
        let broken = setting.rules.broken(&value);
        let read = T::deserialize(value).map_err(|error| error.message().to_owned());
        match read.and_then(|value| broken.map_or(Ok(value), Err)) {
            Ok(value) => Some(value),
            Err(message) => {
                let path = &setting.path;
                self.errors.push(format!("the default of `{path}` is wrong: {message}"));
                None
            }
        }
    }

    /// Whether a variable of the environment can be one of this program.
    pub(super) fn prefix(&self) -> String {
        prefix(&self.program)
    }
}

/// Without the values, some of which are secrets.
impl fmt::Debug for Values {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Values").field("program", &self.program).finish_non_exhaustive()
    }
}

impl Written {
    /// The value, and as what it was read.
    fn read<T: DeserializeOwned>(self, kind: ValueKind) -> Result<(T, Value), String> {
        let candidates = match self {
            Self::Toml(value) => vec![value],
            Self::Text(text) if kind.is_list => lists(&text),
            Self::Text(text) => {
                let parsed = toml(&text);
                [Some(Value::String(text)), parsed].into_iter().flatten().collect()
            }
        };
        let mut messages = Vec::new();
        for candidate in &candidates {
            match T::deserialize(candidate.clone()) {
                Ok(value) => return Ok((value, candidate.clone())),
                Err(error) => messages.push(error.message().to_owned()),
            }
        }
        if let [value] = &candidates[..] {
            messages.extend(message_for_text::<T>(value));
        }
        Err(most_telling(&messages))
    }
}

/// What is wrong with a value that is not text, if the type is made of text: only to text does such a type say what it expects.
fn message_for_text<T: DeserializeOwned>(value: &Value) -> Option<String> {
    if value.is_str() || value.is_table() {
        return None;
    }
    let text = plain(value);
    Some(match T::deserialize(Value::String(text.clone())) {
        Ok(_) => format!("expected text: write {text:?}"),
        Err(error) => error.message().to_owned(),
    })
}

/// Text as TOML.
fn toml(text: &str) -> Option<Value> {
    let table = format!("value = {text}").parse::<toml::Table>().ok()?;
    table.into_iter().find(|(name, _)| name == "value").map(|(_, value)| value)
}

/// What text for a list can be: a list in TOML, or else texts or values between commas.
fn lists(text: &str) -> Vec<Value> {
    if let Some(list) = toml(text).filter(Value::is_array) {
        return vec![list];
    }
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    let texts = items.map(|item| Value::String(item.to_owned())).collect();
    [Some(Value::Array(texts)), toml(&format!("[{text}]"))].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU8;

    use super::*;
    use crate::settings::key::settings;

    #[derive(Debug, serde::Deserialize, wsgiservice_macros::Settings)]
    #[setting(crate = crate)]
    struct Options {
        #[setting(default = 0)]
        count: NonZeroU8,
        #[setting(default = 3)]
        fine: u8,
    }

    #[test]
    fn a_wrong_default_is_an_error_even_if_it_is_not_used() {
        let mut values = Values::new("a", settings(Options::KEYS, &[]));
        values.write("count", Origin::Flag("count".to_owned()), Written::Text("1".to_owned()));
        let options = Options::take(&mut values).map(|options| (options.count.get(), options.fine));
        assert_eq!(options, Some((1, 3)));
        let error =
            "the default of `count` is wrong: invalid value: integer `0`, expected a nonzero u8";
        assert_eq!(values.errors, [error]);
    }
}
