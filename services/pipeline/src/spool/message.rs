//! Messages, as they are looked at.

use database::{Error, Row, Statement, values};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Attempt, Spool, attempts};
use crate::time;

/// A message, and what has become of its deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Message")]
pub(crate) struct KnownMessage {
    /// The ID.
    id: String,
    /// The topic.
    topic: String,
    /// The user.
    user: String,
    /// What it is about.
    name: String,
    /// When it was accepted.
    #[schemars(with = "wsgiservice::schema::Timestamp")]
    at: String,
    /// The deliveries, sorted by their listeners.
    deliveries: Vec<DeliveryState>,
}

/// What has become of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Delivery")]
pub(crate) struct DeliveryState {
    /// The listener.
    listener: String,
    /// `waiting`, `leased`, `done`, `dead` or `dropped`.
    state: String,
    /// When it may be claimed. Without it, it has ended, or an older one of the user has not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<wsgiservice::schema::Timestamp>")]
    due: Option<String>,
    /// The attempts that have ended, the last 50 of them.
    attempts: Vec<Attempt>,
}

impl Spool {
    pub(crate) async fn message(&self, id: &str) -> Result<Option<KnownMessage>, Error> {
        let message = "SELECT topic, user_id, name, at FROM message WHERE id = ?";
        let deliveries = "SELECT listener, state, due, attempts FROM delivery WHERE message_id = ? ORDER BY listener";
        let statements = [message, deliveries].map(|sql| Statement::new(sql, values![id]));
        let read = self.database.query_all(statements.into()).await?;
        let [message, deliveries] = &read[..] else { return Ok(None) };
        let Some(row) = message.first() else { return Ok(None) };
        Ok(Some(KnownMessage {
            id: id.to_owned(),
            topic: row.get(0)?,
            user: row.get(1)?,
            name: row.get(2)?,
            at: time::text(row.get(3)?),
            deliveries: deliveries.iter().map(DeliveryState::of).collect::<Result<_, _>>()?,
        }))
    }
}

impl DeliveryState {
    fn of(row: &Row) -> Result<Self, Error> {
        let attempts = attempts::read(&row.get::<String>(3)?)?;
        let due = row.get::<Option<i64>>(2)?.map(time::text);
        Ok(Self { listener: row.get(0)?, state: row.get(1)?, due, attempts })
    }
}
