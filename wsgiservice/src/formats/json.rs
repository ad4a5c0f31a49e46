//! Reading and writing JSON.

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::error::Category;

use super::{mismatch::expectation, scratch};
use crate::{http::body::BoxError, problem::violation::Violation};

/// Writes a value as JSON.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> Result<Bytes, BoxError> {
    Ok(scratch::written(|document| serde_json::to_writer(document, value))?)
}

/// Deserialises the content.
///
/// # Errors
/// A violation with the path of the value that does not fit, or with the position if the content is malformed.
pub(crate) fn read<T: DeserializeOwned>(content: &[u8]) -> Result<T, Violation> {
    let mut reader = serde_json::Deserializer::from_slice(content);
    let value = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| mismatch(&error.path().to_string(), error.inner()))?;
    reader.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn mismatch(path: &str, error: &serde_json::Error) -> Violation {
    match error.classify() {
        Category::Data => Violation::within_content(path, expectation(&error.to_string())),
        Category::Io | Category::Syntax | Category::Eof => malformed(error),
    }
}

/// Creates a violation for content that is not valid JSON.
pub(crate) fn malformed(error: &serde_json::Error) -> Violation {
    Violation::malformed("JSON", error.line(), error.column())
}
