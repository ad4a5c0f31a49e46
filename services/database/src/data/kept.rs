//! What was done already, by the key of its request.

use http::{HeaderName, HeaderValue, Response, header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wsgiservice::{
    Created, EntityTag, IdempotencyKey, NoContent,
    answer::{Put, WithFields},
};

use serde_json::Value as Json;

use super::{Failure, Version};
use crate::{Error, ErrorKind, Row, Transaction, values};

/// The field with the version of the row that a response is about.
pub(super) const VERSION: HeaderName = HeaderName::from_static("x-version");

/// The field of a response to a request that came before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

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
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub content: Json,
}

/// A change that was done: now, or when the request came first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What it answers.
    pub answer: Answer,
    /// Whether the request came before.
    pub is_replay: bool,
}

impl Answer {
    /// The answer of a `PUT`: 201 if the row is new, else 200.
    ///
    /// # Errors
    ///
    /// If the content cannot be written as JSON.
    pub fn put<T: Serialize>(is_new: bool, version: Version, content: &T) -> Result<Self, Failure> {
        let status = if is_new { 201 } else { 200 };
        Self::with_content(status, version, content)
    }

    /// The answer of a `POST` that has created something at this path: 201.
    ///
    /// # Errors
    ///
    /// If the content cannot be written as JSON.
    pub fn created<T: Serialize>(
        location: String,
        version: Version,
        content: &T,
    ) -> Result<Self, Failure> {
        Ok(Self { location: Some(location), ..Self::with_content(201, version, content)? })
    }

    /// The answer of a `DELETE`: 204.
    #[must_use]
    pub fn no_content(version: Version) -> Self {
        Self { status: 204, version: version.number, location: None, content: Json::Null }
    }

    fn with_content<T: Serialize>(
        status: u16,
        version: Version,
        content: &T,
    ) -> Result<Self, Failure> {
        let content =
            serde_json::to_value(content).map_err(|error| Error::new(ErrorKind::Other, error))?;
        Ok(Self { status, version: version.number, location: None, content })
    }
}

impl Done {
    /// The answer of a `PUT`: 201 or 200, with what it returns.
    ///
    /// # Errors
    ///
    /// If what was kept is of another type.
    pub fn into_put<T: DeserializeOwned>(self) -> Result<WithFields<Put<T>>, Failure> {
        let value = self.value()?;
        let put = match self.answer.status {
            201 => Put::Created(value),
            _ => Put::Replaced(value),
        };
        Ok(self.with_fields(put))
    }

    /// The answer of a `POST` that has created something: 201, with what it returns.
    ///
    /// # Errors
    ///
    /// If what was kept is of another type.
    pub fn into_created<T: DeserializeOwned>(self) -> Result<WithFields<Created<T>>, Failure> {
        let location = self.answer.location.clone().unwrap_or_default();
        let tag = EntityTag::strong(self.answer.version);
        let created = Created::at(location, self.value()?).etag(tag);
        Ok(self.with_fields(created))
    }

    /// The answer of a `DELETE`: 204.
    #[must_use]
    pub fn into_no_content(self) -> WithFields<NoContent> {
        self.with_fields(NoContent)
    }

    fn value<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let value = T::deserialize(&self.answer.content);
        value.map_err(|error| Error::new(ErrorKind::Other, error).into())
    }

    fn with_fields<T>(&self, value: T) -> WithFields<T> {
        let fields = WithFields::new(value).field(VERSION, self.answer.version.into());
        match self.is_replay {
            true => fields.field(REPLAYED, HeaderValue::from_static("true")),
            false => fields,
        }
    }

    /// The response to a request that came before, for the hook `admit`.
    pub(super) fn into_response(self) -> Result<Response<String>, Failure> {
        let Answer { status, version, location, content } = self.answer;
        let mut response = Response::builder().status(status).header(VERSION, version);
        if self.is_replay {
            response = response.header(REPLAYED, "true");
        }
        if let Some(location) = location {
            response = response.header(header::LOCATION, location);
        }
        let text = match content {
            Json::Null => String::new(),
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
    let values = values![user, key.key(), hex(key.fingerprint()), answer, test_hooks::now()];
    transaction.execute(sql, &values).await?;
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
