//! The values of a line of the log.

use std::{
    error::Error,
    fmt::{self, Debug},
};

use indexmap::IndexMap;
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing_subscriber::fmt::format::Writer;

use crate::{error::Causes, http::loggable::Escaped};

/// The members of an object, in order.
pub(super) type Members = IndexMap<String, Value>;

/// The value that has no name in a line of text.
const MESSAGE: &str = "message";

/// The values of a line of text, with spaces between them.
pub(super) struct TextValues<'a> {
    writer: Writer<'a>,
    is_empty: bool,
    result: fmt::Result,
}

impl<'a> TextValues<'a> {
    pub(super) fn new(writer: Writer<'a>) -> Self {
        Self { writer, is_empty: true, result: Ok(()) }
    }

    /// # Errors
    /// If a value could not be written.
    pub(super) fn end(self) -> fmt::Result {
        self.result
    }

    fn write(&mut self, field: &Field, value: &dyn Debug) -> fmt::Result {
        if !std::mem::take(&mut self.is_empty) {
            self.writer.write_char(' ')?;
        }
        if field.name() != MESSAGE {
            write!(self.writer, "{}=", name(field))?;
        }
        write!(self.writer, "{}", Escaped(format_args!("{value:?}")))
    }
}

impl Visit for TextValues<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            MESSAGE => self.record_debug(field, &format_args!("{value}")),
            _ => self.record_debug(field, &value),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.record_debug(field, &format_args!("{}", Causes(value)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if self.result.is_ok() {
            self.result = self.write(field, value);
        }
    }
}

/// The values of a line as members of an object. One that would replace another member has a longer name.
pub(super) struct JsonValues<'a>(pub(super) &'a mut Members);

impl JsonValues<'_> {
    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        let mut name = name(field).to_owned();
        while self.0.contains_key(&name) {
            name.insert_str(0, "field.");
        }
        self.0.insert(name, value.into());
    }
}

impl Visit for JsonValues<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.add(field, Causes(value).to_string());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, format!("{value:?}"));
    }
}

/// The name of a field, which can be a raw identifier.
fn name(field: &Field) -> &'static str {
    field.name().strip_prefix("r#").unwrap_or(field.name())
}
