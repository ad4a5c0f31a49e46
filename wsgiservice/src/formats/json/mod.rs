//! Reading and writing JSON.

mod well_formed;

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Deserializer;

pub(crate) use self::well_formed::check;
use super::{elements::Elements, mismatch, scratch, strict::Strict};
use crate::{http::body::BoxError, problem::violation::Violation};

/// Writes a value as JSON.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> Result<Bytes, BoxError> {
    Ok(scratch::written(|document| serde_json::to_writer(document, value))?)
}

/// Deserialises the content.
///
/// # Errors
/// A violation with the path of the value that does not fit or has too many elements, or with the position if the content is
/// malformed.
pub(crate) fn read<T: DeserializeOwned>(content: &[u8], elements: usize) -> Result<T, Violation> {
    let counted = Elements::new(elements);
    let mut reader = Deserializer::from_slice(content);
    let read = T::deserialize(Strict::new(&mut reader, &counted));
    match read.and_then(|value| reader.end().map(|()| value)) {
        Ok(value) => Ok(value),
        Err(_) => explain(content, elements),
    }
}

/// Reads once more what cannot be read, and keeps track of where in the content it is.
fn explain<T: DeserializeOwned>(content: &[u8], elements: usize) -> Result<T, Violation> {
    well_formed::check_syntax(content)?;
    let elements = Elements::new(elements);
    let mut reader = Deserializer::from_slice(content);
    let read = serde_path_to_error::deserialize(Strict::explaining(&mut reader, &elements));
    read.map_err(|error| mismatch::violation(&error.path().to_string(), &error.inner().to_string()))
}

/// Creates a violation for content that is not valid JSON.
pub(crate) fn malformed(error: &serde_json::Error) -> Violation {
    Violation::malformed("JSON", error.line(), error.column())
}
