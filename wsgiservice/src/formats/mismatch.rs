//! Violations for values that do not fit a type, from the messages of serde and without what the client sent.

use std::borrow::Cow;

use super::elements::{TOO_MANY, TOO_MANY_IN_ALL};
use crate::problem::{
    place::Place,
    violation::{Code, NO_OBJECT, REPEATED, Violation},
};

/// Whether a message has the form of serde's own, and is not that of a type.
pub(super) fn is_of_serde(message: &str) -> bool {
    let kinds = ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant "];
    kinds.iter().any(|kind| message.starts_with(kind))
}

/// Creates a violation from the path of a value and the message of serde, which may also quote the content.
pub(super) fn violation(path: &str, message: &str) -> Violation {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    if let Some(violation) = too_many(path, message) {
        return violation;
    }
    of_member(path, message).unwrap_or_else(|| of_value(path, message))
}

/// Creates a violation for a list or an object with too many elements.
pub(super) fn too_many(path: &str, message: &str) -> Option<Violation> {
    if let Some(limit) = message.strip_prefix(TOO_MANY_IN_ALL) {
        return Some(Violation::too_many("content", Place::Content, limit.parse().ok()?));
    }
    let limit = message.strip_prefix(TOO_MANY)?.parse().ok()?;
    // The name of the first member that is too many is not read, which is a question mark in the path.
    let path = path.strip_suffix('?').map_or(path, |path| path.trim_end_matches('.'));
    let name = if matches!(path, "" | ".") { "content" } else { path };
    Some(Violation::too_many(name, Place::Content, limit))
}

/// Creates a violation for a member that is missing, or should not be there.
fn of_member(path: &str, message: &str) -> Option<Violation> {
    let name = first_quoted(message)?;
    let is = |kind| message.starts_with(kind);
    if is("missing field ") {
        Some(Violation::within_content(&joined(path, name), Code::Missing, ""))
    } else if is("duplicate field ") {
        Some(Violation::within_content(&joined(path, name), Code::Repeated, REPEATED))
    } else if is("unknown field ") {
        Some(unknown(path, name, message))
    } else {
        None
    }
}

/// Creates a violation for the value at a path.
fn of_value(path: &str, message: &str) -> Violation {
    let expected = message.rsplit_once(", expected ").filter(|_| is_of_serde(message));
    let reason = match expected {
        _ if message.starts_with("unknown variant ") => {
            format!("It must be one of {}.", names(message).join(", ")).into()
        }
        Some((_, "given only once")) => {
            return Violation::within_content(path, Code::Repeated, REPEATED);
        }
        Some((_, expected)) => reason(expected),
        None if message.starts_with("data did not match any variant") => WRONG_STRUCTURE.into(),
        // Of a number that is too large for its type, which serde_json finds as early as its features say.
        None if message == "number out of range" => reason("f64"),
        None if message == "trailing characters" => {
            "Wrong structure: the list has too many values.".into()
        }
        None => Cow::Borrowed(""),
    };
    Violation::within_content(path, Code::Invalid, reason)
}

const WRONG_STRUCTURE: &str = "It has the wrong structure.";

/// Creates a violation for a member that the type does not have. The path ends with it, unless serde buffered it.
fn unknown(path: &str, name: &str, message: &str) -> Violation {
    let is_at_end = path.strip_suffix(name).is_some_and(|it| it.is_empty() || it.ends_with('.'));
    let path = if is_at_end { Cow::Borrowed(path) } else { joined(path, name).into() };
    Violation::undeclared(&path, Place::Content, &names(message))
}

/// The names that a type has, of which the message has an unknown one.
fn names(message: &str) -> Vec<&str> {
    let expected = message.rsplit_once(", expected ").map_or("", |(_, expected)| expected);
    expected.split('`').skip(1).step_by(2).collect()
}

/// The path of a member of the value at a path.
fn joined(path: &str, member: &str) -> String {
    if path == "." { member.to_owned() } else { format!("{path}.{member}") }
}

fn first_quoted(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}

/// What serde expects, in the words for parameters and without the names of types.
fn reason(expected: &str) -> Cow<'static, str> {
    if let Some(number) = integer(expected) {
        return number;
    }
    let is = |kinds: &[&str]| kinds.iter().any(|kind| expected.starts_with(kind));
    Cow::Borrowed(match expected {
        "f32" | "f64" => "It must be a number.",
        "a boolean" => "It must be true or false.",
        "a string" | "a borrowed string" | "text" | "string" => "It must be text.",
        "a character" => "It must be one character.",
        "a date string" => "It must be a date, as in 2026-11-24.",
        "a timestamp string" => "It must be a date and a time with an offset, as in RFC 3339.",
        "a time string" => "It must be a time, as in 12:30:00.",
        "a datetime string" => "It must be a date and a time, as in 2026-11-24T12:30:00.",
        "a formatted UUID string" => "It must be a UUID.",
        "IPv4 address" => "It must be an IPv4 address.",
        "IPv6 address" => "It must be an IPv6 address.",
        "IP address" => "It must be an IP address.",
        "socket address" => "It must be an IP address and a port.",
        "unit" => "It must be null.",
        "an object" | "a map" => NO_OBJECT,
        "a list" | "a sequence" => "Wrong structure: expected a list.",
        _ if is(&["a tuple", "an array", "tuple"]) => return list(expected).into(),
        _ if is(&["struct", "internally tagged", "adjacently tagged"]) => NO_OBJECT,
        _ if is(&["unit struct"]) => "It must be null.",
        _ if is(&["enum", "newtype", "variant", "field", "option", "unit"]) => WRONG_STRUCTURE,
        _ if expected.contains("elements in") => return list(expected).into(),
        _ => {
            let is_sentence = is(&["a ", "an ", "one of ", "`"]);
            let start = if is_sentence { "It must be" } else { "Expected:" };
            let words = expected.strip_suffix(" string").unwrap_or(expected).replace('`', "");
            return format!("{start} {words}.").into();
        }
    })
}

/// A list of a fixed length, which the expectation contains.
fn list(expected: &str) -> String {
    let length = expected.split(' ').find_map(|word| word.parse::<usize>().ok());
    match length {
        Some(length) => format!("Wrong structure: expected a list of {length} values."),
        None => "Wrong structure: expected a list.".to_owned(),
    }
}

macro_rules! integers {
    ($expected:expr, $($type:ident)*) => {
        match $expected {
            $(stringify!($type) => ($type::MIN.to_string(), $type::MAX.to_string()),)*
            _ => return None,
        }
    };
}

fn integer(expected: &str) -> Option<Cow<'static, str>> {
    let (kind, is_nonzero) = match expected.strip_prefix("a nonzero ") {
        Some(kind) => (kind, true),
        None => (expected, false),
    };
    let (least, most) = integers!(kind, u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);
    let but_zero = if is_nonzero { ", except 0" } else { "" };
    Some(format!("It must be a whole number from {least} to {most}{but_zero}.").into())
}
