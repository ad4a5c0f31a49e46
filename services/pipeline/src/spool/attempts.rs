//! The attempts of a delivery, of which the row has the last ones.

use database::Error;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The attempts that are kept of a delivery, at most.
const KEPT: usize = 50;

/// The characters that are kept of an error, at most.
const LONGEST: usize = 300;

/// An attempt that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Attempt {
    /// Its number, from 1. One whose process has ended is not listed.
    pub(crate) attempt: i64,
    /// When it began.
    #[schemars(with = "wsgiservice::schema::Timestamp")]
    pub(crate) at: String,
    /// The status of the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// Why there was no response, or what it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

/// Reads those of a row.
pub(super) fn read(text: &str) -> Result<Vec<Attempt>, Error> {
    serde_json::from_str(text).map_err(Error::other)
}

/// Adds one to those of a row.
pub(super) fn with(text: &str, attempt: &Attempt) -> Result<String, Error> {
    let mut attempts = read(text)?;
    let error = attempt.error.as_ref().map(|error| error.chars().take(LONGEST).collect());
    attempts.push(Attempt { error, ..attempt.clone() });
    attempts.drain(..attempts.len().saturating_sub(KEPT));
    serde_json::to_string(&attempts).map_err(Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded() {
        let mut text = "[]".to_owned();
        for attempt in 1..=60 {
            let error = Some("é".repeat(1_000));
            let at = String::new();
            text = with(&text, &Attempt { attempt, at, status: None, error }).expect("attempts");
        }
        let attempts = read(&text).expect("attempts");
        assert_eq!((attempts.len(), attempts[0].attempt), (50, 11));
        assert_eq!(attempts[0].error.as_ref().map(|it| it.chars().count()), Some(300));
    }
}
