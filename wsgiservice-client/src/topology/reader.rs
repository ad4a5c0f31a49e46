//! Reads the tables of a TOML file, and reports each mistake with its line, its column and its key.

use std::{ops::Range, path::Path};

use serde::de::DeserializeOwned;
use strsim::damerau_levenshtein;
use toml::{
    Spanned,
    de::{DeTable, DeValue, ValueDeserializer},
};

pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// Reads a file. A function that has reported a mistake returns what else there is.
pub(super) struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    /// Each mistake, with its position in bytes.
    errors: Vec<(usize, String)>,
}

impl<'f> Reader<'f> {
    pub(super) fn new(file: &'f str, text: &'f str) -> Self {
        Self { file, text, errors: Vec::new() }
    }

    /// The folder of the file.
    pub(super) fn folder(&self) -> &'f Path {
        Path::new(self.file).parent().unwrap_or(Path::new(""))
    }

    /// The table of this key.
    pub(super) fn table<'t, 'a>(
        &mut self,
        table: &'t DeTable<'a>,
        prefix: &str,
        key: &str,
    ) -> Option<&'t DeTable<'a>> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => {
                self.error(value.span(), format_args!("`{prefix}{key}`: expected a table"));
                None
            }
        }
    }

    /// A value of any type that serde knows.
    pub(super) fn value<T: DeserializeOwned>(
        &mut self,
        value: &Value<'_>,
        path: &str,
    ) -> Option<T> {
        match T::deserialize(ValueDeserializer::from(value.clone())) {
            Ok(read) => Some(read),
            Err(error) => {
                self.error(value.span(), format_args!("`{path}`: {}", error.message()));
                None
            }
        }
    }

    /// Reports the keys that do not exist.
    pub(super) fn refuse_unknown(
        &mut self,
        table: &DeTable<'_>,
        prefix: &str,
        known: &[&str],
        what: &str,
    ) {
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let message = unknown(what, name, known);
                self.error(key.span(), format_args!("`{prefix}{name}`: {message}"));
            }
        }
    }

    /// A number from 1.
    pub(super) fn positive(&mut self, value: &Value<'_>, path: &str) -> Option<u64> {
        let number = self.value::<u64>(value, path)?;
        if number == 0 {
            self.error(value.span(), format_args!("`{path}`: expected at least 1"));
        }
        Some(number)
    }

    /// A number from 0.
    pub(super) fn quantity(&mut self, value: &Value<'_>, path: &str) -> Option<f64> {
        let number = self.value::<f64>(value, path)?;
        if !number.is_finite() || number < 0.0 {
            self.error(value.span(), format_args!("`{path}`: expected a number from 0"));
        }
        Some(number)
    }

    pub(super) fn error(&mut self, place: Range<usize>, message: impl std::fmt::Display) {
        let before = self.text.get(..place.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let message = format!("{}:{line}:{column}: {message}", self.file);
        self.errors.push((place.start, message));
    }

    pub(super) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// All mistakes, in their order in the file.
    pub(super) fn into_errors(mut self) -> Vec<String> {
        self.errors.sort_by_key(|(place, _)| *place);
        self.errors.into_iter().map(|(_, message)| message).collect()
    }
}

/// An error about a name that does not exist.
pub(super) fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let near = |it: &&&str| damerau_levenshtein(name, it) <= 1.max(name.chars().count() / 3);
    let nearest = known.iter().filter(near).min_by_key(|it| damerau_levenshtein(name, it));
    match nearest {
        Some(nearest) => format!("unknown {what} `{name}`; did you mean `{nearest}`?"),
        None => format!("unknown {what} `{name}`, expected one of {}", list(known)),
    }
}

fn list(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
