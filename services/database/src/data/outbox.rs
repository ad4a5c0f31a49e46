//! What a service tells of its changes.
//!
//! An event is written in the transaction of the change that it tells of: there is none without the other. It is in the
//! outbox until the pipeline has it.

use serde::Serialize;

use super::{Data, Failure, Version};
use crate::{Error, ErrorKind, Transaction, values};

/// The table of events that wait to be told. In the order of its key, those of a user are in the order of their changes.
pub const OUTBOX: &str = "CREATE TABLE outbox (user_id {key} NOT NULL, version {integer} NOT NULL, id {key} NOT NULL, \
     path {text} NOT NULL, content {text} NOT NULL, ticket {text}, at {integer} NOT NULL, PRIMARY KEY (user_id, version, id))";

/// The content of an event of a row.
#[derive(Serialize)]
struct Changed<'a> {
    path: &'a str,
    version: i64,
    gone: bool,
}

impl Data {
    /// Puts an event of a change of a row into the outbox.
    ///
    /// # Errors
    ///
    /// If the database refuses it.
    pub async fn event(
        transaction: &mut Transaction,
        user: &str,
        path: &str,
        version: Version,
        gone: bool,
    ) -> Result<(), Failure> {
        let changed = Changed { path, version: version.number, gone };
        Self::announce(transaction, user, path, version, &changed, None).await
    }

    /// Puts an event with a content of its own into the outbox, and the ticket by which what it tells of can be undone.
    ///
    /// # Errors
    ///
    /// If the database refuses it, or the content cannot be written as JSON.
    pub async fn announce<T: Serialize + Sync>(
        transaction: &mut Transaction,
        user: &str,
        path: &str,
        version: Version,
        content: &T,
        ticket: Option<&str>,
    ) -> Result<(), Failure> {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let content =
            serde_json::to_string(content).map_err(|error| Error::new(ErrorKind::Other, error))?;
        let sql = "INSERT INTO outbox (user_id, version, id, path, content, ticket, at) \
                   VALUES (?, ?, ?, ?, ?, ?, ?)";
        let values = values![user, version.number, id, path, content, ticket, version.at];
        transaction.execute(sql, &values).await?;
        Ok(())
    }
}
