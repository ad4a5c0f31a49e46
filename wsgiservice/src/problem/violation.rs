//! Violations of constraints.

use std::borrow::Cow;

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::place::Place;

/// The maximum length of a value in a response, in characters.
const MAX_SHOWN: usize = 100;

/// The reason for a value that is not an object, where one is expected.
pub(crate) const NO_OBJECT: &str = "Wrong structure: expected an object.";

/// The reason for a value of which there can be one, and are more.
pub(crate) const REPEATED: &str = "It was given more than once.";

/// A parameter that violates a rule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Violation {
    name: Cow<'static, str>,
    place: Place,
    code: Code,
    text: String,
    reason: String,
}

/// The rule that is violated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    Missing,
    Empty,
    Repeated,
    Unknown,
    Encoding,
    /// A rule of `#[validate]`, which says its code.
    Rule(&'static str),
    Invalid,
    Malformed,
    TooMany,
    NoContent,
}

impl Violation {
    pub(crate) fn new(
        name: &'static str,
        place: Place,
        code: Code,
        value: &str,
        reason: &str,
    ) -> Self {
        let text = match code {
            Code::Missing | Code::Empty => text_without_value(name, code),
            _ => format!("{name} value {} does not validate.", shown(value)),
        };
        Self { name: name.into(), place, code, text, reason: reason.to_owned() }
    }

    /// Creates a violation that does not show the value.
    pub(crate) fn without_value(
        name: &'static str,
        place: Place,
        code: Code,
        reason: &str,
    ) -> Self {
        let text = text_without_value(name, code);
        Self { name: name.into(), place, code, text, reason: reason.to_owned() }
    }

    /// Creates a violation for what a client sent, and no method declares.
    pub(crate) fn undeclared(name: &str, place: Place, declared: &[&str]) -> Self {
        let name = shown(name);
        let reason = match declared {
            [] => "None is supported here.".to_owned(),
            names => format!("Supported are: {}.", names.join(", ")),
        };
        let text = format!("{name} is unknown.");
        Self { name: name.into(), place, code: Code::Unknown, text, reason }
    }

    /// Creates a violation for malformed JSON or XML, with the position but without the content.
    pub(crate) fn malformed(format: &str, line: usize, column: usize) -> Self {
        let text = format!("Invalid {format} content data");
        Self::of_content(Code::Malformed, text, format!("at line {line}, column {column}."))
    }

    /// Creates a violation for a malformed form.
    pub(crate) fn malformed_form(reason: String) -> Self {
        Self::of_content(Code::Malformed, "Invalid form content data.".to_owned(), reason)
    }

    /// Creates a violation for a list, an object, a form or a query with more elements than are read.
    pub(crate) fn too_many(name: &str, place: Place, limit: usize) -> Self {
        let reason = format!("It must have at most {limit} elements.");
        let (name, code) = (shown(name), Code::TooMany);
        Self { text: text_without_value(&name, code), name: name.into(), place, code, reason }
    }

    /// Creates a violation for missing content.
    pub(crate) fn no_content() -> Self {
        let text = "The content is required.".to_owned();
        Self::of_content(Code::NoContent, text, String::new())
    }

    fn of_content(code: Code, text: String, reason: String) -> Self {
        Self { name: "content".into(), place: Place::Content, code, text, reason }
    }

    /// Creates a violation for JSON that cannot have parameters.
    pub(crate) fn no_object() -> Self {
        Self::within_content(".", Code::Invalid, NO_OBJECT)
    }

    /// Creates a violation for a value in the content, with its path.
    pub(crate) fn within_content(path: &str, code: Code, reason: impl Into<String>) -> Self {
        // A path contains names from the client.
        let name = if path == "." { "content".to_owned() } else { shown(path) };
        let text = text_without_value(&name, code);
        Self { text, name: name.into(), place: Place::Content, code, reason: reason.into() }
    }

    /// Returns the text of the Python original.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns what is wrong, without the reason. The original has one text for what is missing and what is empty.
    pub(crate) fn summary(&self) -> Cow<'_, str> {
        match self.code {
            Code::Missing => format!("Value for {} is missing.", self.name).into(),
            _ => self.text().into(),
        }
    }

    /// Returns what is wrong and the reason.
    pub(crate) fn detail(&self) -> String {
        format!("{} {}", self.summary(), self.reason).trim_end().to_owned()
    }

    /// Returns whether it may be different with other content: a parameter that the query lacks may be there.
    pub(crate) fn may_depend_on_content(&self) -> bool {
        match self.place {
            Place::Content => true,
            Place::Query => self.code == Code::Missing,
            Place::Path | Place::Header | Place::Cookie => false,
        }
    }

    /// Returns whether the content is missing or malformed as a whole, or there is more than is read.
    pub(crate) fn is_of_syntax(&self) -> bool {
        matches!(self.code, Code::Malformed | Code::TooMany | Code::NoContent)
    }
}

impl Code {
    fn name(self) -> &'static str {
        match self {
            Self::Missing | Self::NoContent => "missing",
            Self::Empty => "empty",
            Self::Repeated => "repeated",
            Self::Unknown => "unknown",
            Self::Encoding => "encoding",
            Self::Rule(code) => code,
            Self::Invalid => "invalid",
            Self::Malformed => "malformed",
            Self::TooMany => "too_many",
        }
    }
}

impl Serialize for Violation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut violation = serializer.serialize_struct("Violation", 4)?;
        violation.serialize_field("name", &self.name)?;
        violation.serialize_field("in", &self.place)?;
        violation.serialize_field("code", self.code.name())?;
        violation.serialize_field("detail", &self.detail())?;
        violation.end()
    }
}

fn text_without_value(name: &str, code: Code) -> String {
    match code {
        Code::Missing | Code::Empty => format!("Value for {name} must not be empty."),
        _ => format!("Value for {name} does not validate."),
    }
}

fn shown(value: &str) -> String {
    let mut characters = value.chars();
    let mut shown: String = characters.by_ref().take(MAX_SHOWN).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_truncated_to_100_characters() {
        let violation =
            Violation::new("q", Place::Query, Code::Rule("length"), &"é".repeat(101), "");
        assert_eq!(violation.text(), format!("q value {}… does not validate.", "é".repeat(100)));
    }
}
