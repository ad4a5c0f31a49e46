//! Dead deliveries.

use database::{
    Error, Row, Transaction,
    data::{List, Listing},
    values,
};
use schemars::JsonSchema;
use serde::Serialize;
use test_hooks::now;

use super::{Amount, Attempt, Spool, add, attempts, end, lane, listeners, lock};
use crate::{
    listener::{Listener, Ordered},
    refusal::Refusal,
    time,
};

/// A delivery that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct DeadDelivery {
    /// The ID of the message, `-`, and the listener.
    id: String,
    /// The listener.
    listener: String,
    /// The ID of the message.
    message: String,
    /// The topic of the message.
    topic: String,
    /// The user of the message.
    user: String,
    /// What the message is about.
    name: String,
    /// When it was given up.
    #[schemars(with = "wsgiservice::schema::Timestamp")]
    at: String,
    /// The last attempt.
    last: Option<Attempt>,
}

/// Which delivery: the ID of its message, and its listener.
pub(crate) type Key = (String, String);

/// Reads those for which a condition holds.
macro_rules! select {
    ($($rest:literal)*) => {
        concat!(
            "SELECT d.message_id, d.listener, m.topic, m.user_id, m.name, d.dead, d.attempts FROM delivery d \
             JOIN message m ON m.id = d.message_id WHERE d.dead > 0 ",
            $($rest),*
        )
    };
}

const ONE: &str = select!("AND d.message_id = ? AND d.listener = ?");

const ALL: Listing = Listing {
    total: "SELECT COUNT(*) FROM delivery WHERE dead > 0",
    page: select!("ORDER BY d.dead, d.message_id, d.listener LIMIT ? OFFSET ?"),
};

const OF_LISTENER: Listing = Listing {
    total: "SELECT COUNT(*) FROM delivery WHERE dead > 0 AND listener = ?",
    page: select!("AND d.listener = ? ORDER BY d.dead, d.message_id LIMIT ? OFFSET ?"),
};

impl Spool {
    /// Those of a listener, or all, the oldest first.
    pub(crate) async fn dead(
        &self,
        listener: Option<&str>,
        start: u32,
        count: u32,
    ) -> Result<List<DeadDelivery>, Refusal> {
        let (listing, values) = match listener {
            Some(listener) => (OF_LISTENER, values![listener].to_vec()),
            None => (ALL, Vec::new()),
        };
        let part = listing.part(&values, start, count);
        let read = self.database.query_all(part.statements().into()).await?;
        let read = <[Vec<Row>; 2]>::try_from(read)
            .map_err(|_| Error::other("two statements have two results"))?;
        part.read(read, DeadDelivery::of).map_err(|error| Error::other(error).into())
    }

    /// One of them.
    pub(crate) async fn dead_delivery(&self, key: Key) -> Result<Option<DeadDelivery>, Refusal> {
        let row = self.database.optional(ONE, &values![&key.0, &key.1]).await?;
        Ok(row.as_ref().map(DeadDelivery::of).transpose()?)
    }

    /// Lets a dead delivery be tried anew, with all its attempts. If it waits already, nothing changes.
    pub(crate) async fn retry(&self, key: Key) -> Result<(), Refusal> {
        let work = async move |transaction: &mut Transaction| {
            lock(transaction).await?;
            match state(transaction, &key).await?.as_deref() {
                Some("dead") => {}
                Some("waiting" | "leased") => return Ok(()),
                _ => return Err(Refusal::Missing),
            }
            let listener = listeners::on(transaction, &key.1).await?.ok_or(Refusal::NoListener)?;
            revive(transaction, &key, &listener).await?;
            Ok(())
        };
        self.database.write(work).await
    }

    /// Drops a dead delivery.
    pub(crate) async fn drop_dead(&self, key: Key) -> Result<(), Refusal> {
        let work = async move |transaction: &mut Transaction| {
            lock(transaction).await?;
            let update = "UPDATE delivery SET state = 'dropped', dead = NULL \
                          WHERE message_id = ? AND listener = ? AND state = 'dead'";
            if transaction.execute(update, &values![&key.0, &key.1]).await? == 0 {
                return Err(Refusal::Missing);
            }
            end::remove_content(transaction, &key.0).await?;
            Ok(())
        };
        self.database.write(work).await
    }
}

impl DeadDelivery {
    fn of(row: &Row) -> Result<Self, Error> {
        let (message, listener): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(Self {
            id: format!("{message}-{listener}"),
            listener,
            message,
            topic: row.get(2)?,
            user: row.get(3)?,
            name: row.get(4)?,
            at: time::text(row.get(5)?),
            last: attempts::read(&row.get::<String>(6)?)?.pop(),
        })
    }
}

async fn state(transaction: &mut Transaction, key: &Key) -> Result<Option<String>, Error> {
    let find = "SELECT state FROM delivery WHERE message_id = ? AND listener = ?";
    let row = transaction.optional(find, &values![&key.0, &key.1]).await?;
    row.map(|row| row.get(0)).transpose()
}

/// Lets a dead delivery wait again: due now, or in its place in the lane of its user.
async fn revive(
    transaction: &mut Transaction,
    (id, name): &Key,
    listener: &Listener,
) -> Result<(), Error> {
    let find = "SELECT user_id, sequence FROM message WHERE id = ?";
    let row = transaction.optional(find, &values![id]).await?;
    let row = row.ok_or_else(|| Error::other("a delivery has no message"))?;
    let (user, sequence): (String, i64) = (row.get(0)?, row.get(1)?);
    let lane = (listener.ordered == Ordered::User).then_some(user);
    let ahead = match &lane {
        Some(lane) => lane::claimable(transaction, name, lane).await?,
        None => None,
    };
    let due = lane.is_none().then(now);
    let update = "UPDATE delivery SET state = 'waiting', dead = NULL, first = NULL, base = attempt, lane = ?, due = ?, \
         not_before = ? WHERE message_id = ? AND listener = ?";
    transaction.execute(update, &values![lane.as_deref(), due, now(), id, name]).await?;
    let update = "UPDATE message SET remaining = remaining + 1, ended = NULL WHERE id = ?";
    transaction.execute(update, &values![id]).await?;
    let find = "SELECT remaining FROM message WHERE id = ?";
    let row = transaction.optional(find, &values![id]).await?;
    if row.map_or(Ok(0), |row| row.get::<i64>(0))? == 1 {
        add(transaction, Amount { messages: 1, bytes: 0 }).await?;
    }
    match (lane, ahead) {
        (None, _) => Ok(()),
        (Some(lane), None) => lane::advance(transaction, name, &lane).await,
        // A younger one that is not under way waits for it.
        (Some(lane), Some(ahead)) if ahead.state == "waiting" && ahead.sequence > sequence => {
            let update = "UPDATE delivery SET due = NULL, not_before = ? WHERE message_id = ? AND listener = ?";
            transaction.execute(update, &values![ahead.due, ahead.message_id, name]).await?;
            lane::advance(transaction, name, &lane).await
        }
        _ => Ok(()),
    }
}
