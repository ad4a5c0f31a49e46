//! What is wrong with a value, in words that repeat nothing of what the client sent.

/// The expectation in a message of serde's, which may also quote the content.
pub(super) fn expectation(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("It must be {expected}."),
        None if message.starts_with("missing field") => format!("It has a {message}."),
        None => "It is of another form.".to_owned(),
    }
}
