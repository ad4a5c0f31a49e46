//! `application/x-www-form-urlencoded`, read as a value.

use serde::de::DeserializeOwned;

use crate::{
    formats::mismatch::expectation, http::urlencoded::pairs, problem::violation::Violation,
};

/// The value that the content is.
///
/// # Errors
/// What does not fit, by its path; or where the content is malformed.
pub(crate) fn read<T: DeserializeOwned>(content: &[u8]) -> Result<T, Violation> {
    if pairs(content).any(|(_, value)| std::str::from_utf8(&value).is_err()) {
        return Err(Violation::malformed_form("It must be UTF-8.".to_owned()));
    }
    let reader = serde_html_form::Deserializer::from_bytes(content);
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let (path, message) = (error.path().to_string(), error.inner().to_string());
        let reason = repeated(content, &path, &message);
        Violation::within_content(&path, reason.unwrap_or_else(|| expectation(&message)))
    })
}

/// That a member was given more than once, where that is what serde_html_form finds wrong.
fn repeated(form: &[u8], name: &str, message: &str) -> Option<String> {
    let is_list = message == "unsupported value";
    let given = pairs(form).filter(|(given, _)| given == name).count();
    (is_list && given > 1).then(|| "It was given more than once.".to_owned())
}
