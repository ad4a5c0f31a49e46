//! What was done already, by the key of its request.

use http::{Response, header};
use serde::{Deserialize, Serialize};
use wsgiservice::IdempotencyKey;

use super::{Failure, now};
use crate::{Error, ErrorKind, Row, Transaction, values};

/// What a change answers, as it is kept for a request that comes again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The status: 200, 201 or 204.
    pub status: u16,
    /// The version that the change has drawn.
    pub version: i64,
    /// The path of what was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The content.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub content: serde_json::Value,
}

/// A change that was done: now, or when the request came first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What it answers.
    pub answer: Answer,
    /// Whether the request came before.
    pub is_replay: bool,
}

impl Done {
    /// The response to a request that came before, for the hook `admit`.
    ///
    /// # Errors
    ///
    /// If what was kept cannot be a response.
    pub fn into_response(self) -> Result<Response<String>, Failure> {
        let Answer { status, version, location, content } = self.answer;
        let mut response = Response::builder().status(status).header("x-version", version);
        if self.is_replay {
            response = response.header("idempotency-replayed", "true");
        }
        if let Some(location) = location {
            response = response.header(header::LOCATION, location);
        }
        let text = match content {
            serde_json::Value::Null => String::new(),
            content => {
                response = response.header(header::CONTENT_TYPE, "application/json");
                content.to_string()
            }
        };
        response.body(text).map_err(|error| Error::new(ErrorKind::Other, error).into())
    }
}

/// Looks up what a request with this key was answered, by the user and the key.
pub(super) const FIND: &str =
    "SELECT fingerprint, answer FROM kept WHERE user_id = ? AND request_key = ?";

/// The answer to the same request, in the row that [`FIND`] returns; another request must not have the key.
pub(super) fn answer(row: &Row, key: &IdempotencyKey) -> Result<Answer, Failure> {
    if row.get::<String>(0)? != hex(key.fingerprint()) {
        return Err(Failure::key_reused());
    }
    let answer = serde_json::from_str(&row.get::<String>(1)?);
    answer.map_err(|error| Error::new(ErrorKind::Other, error).into())
}

pub(super) async fn keep(
    transaction: &mut Transaction,
    user: &str,
    key: &IdempotencyKey,
    answer: &Answer,
) -> Result<(), Failure> {
    let answer =
        serde_json::to_string(answer).map_err(|error| Error::new(ErrorKind::Other, error))?;
    let sql =
        "INSERT INTO kept (user_id, request_key, fingerprint, answer, at) VALUES (?, ?, ?, ?, ?)";
    let values = values![user, key.key(), hex(key.fingerprint()), answer, now()];
    transaction.execute(sql, &values).await?;
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
