//! The media types of content that are understood.
//!
//! What is wrong is told by its place and by what would be right, and never with the content itself.

use http::{HeaderMap, header};
use mediatype::{MediaType, names};
use serde::de::DeserializeOwned;
use serde_json::{Value, error::Category};

use crate::parameters::Violation;

/// The media types there are.
pub(super) const MEDIA_TYPES: &str = "application/json, application/x-www-form-urlencoded";

/// How content is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// `application/json`, and whatever ends in `+json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

impl Format {
    /// The format that the fields of a request name.
    pub(super) fn of(fields: &HeaderMap) -> Option<Self> {
        let text = fields.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let media_type = MediaType::parse(text).ok()?;
        if media_type.ty != names::APPLICATION {
            return None;
        }
        if media_type.subty == names::JSON || media_type.suffix == Some(names::JSON) {
            return Some(Self::Json);
        }
        (media_type.subty.as_str().eq_ignore_ascii_case("x-www-form-urlencoded"))
            .then_some(Self::Form)
    }

    pub(super) fn deserialize<T: DeserializeOwned>(self, content: &[u8]) -> Result<T, Violation> {
        match self {
            Self::Json => {
                let mut reader = serde_json::Deserializer::from_slice(content);
                let value = serde_path_to_error::deserialize(&mut reader)
                    .map_err(|error| misfit(&error.path().to_string(), error.inner()))?;
                reader.end().map_err(|error| malformed(&error))?;
                Ok(value)
            }
            Self::Form => serde_html_form::from_bytes(content)
                .map_err(|error| Violation::content(expected(&error.to_string()))),
        }
    }

    /// The members of a form or of a JSON object; JSON that is no object has none.
    pub(super) fn parameters(self, content: &[u8]) -> Result<Vec<(String, String)>, Violation> {
        match self {
            Self::Form => Ok(form_urlencoded::parse(content).into_owned().collect()),
            Self::Json => {
                let value = serde_json::from_slice(content).map_err(|error| malformed(&error))?;
                Ok(members(value))
            }
        }
    }
}

fn members(value: Value) -> Vec<(String, String)> {
    let Value::Object(members) = value else { return Vec::new() };
    let mut parameters = Vec::new();
    for (name, value) in members {
        match value {
            Value::Null => {}
            Value::Array(entries) => {
                parameters.extend(entries.into_iter().map(|entry| (name.clone(), text(entry))));
            }
            value => parameters.push((name, text(value))),
        }
    }
    parameters
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        value => value.to_string(),
    }
}

fn misfit(path: &str, error: &serde_json::Error) -> Violation {
    match error.classify() {
        Category::Data => Violation::within_content(path, expected(&error.to_string())),
        Category::Io | Category::Syntax | Category::Eof => malformed(error),
    }
}

fn malformed(error: &serde_json::Error) -> Violation {
    Violation::malformed(error.line(), error.column())
}

/// What would be right, out of a message that may also hold what the client sent.
fn expected(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("It must be {expected}."),
        None if message.starts_with("missing field") => format!("It has a {message}."),
        None => "It is of another form.".to_owned(),
    }
}
