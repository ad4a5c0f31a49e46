//! Reasons for values that do not fit a type, without the content that the client sent.

/// Extracts the expectation from an error message of serde, which may also quote the content.
pub(super) fn expectation(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    match message.rsplit_once(", expected ") {
        Some((found, expected)) if found.starts_with("unknown field ") => {
            format!("It has an unknown member, expected {expected}.")
        }
        Some((_, expected)) => format!("It must be {expected}."),
        None => match message.strip_prefix("missing field ") {
            Some(field) => format!("The field {field} is missing."),
            None => "It has the wrong structure.".to_owned(),
        },
    }
}
