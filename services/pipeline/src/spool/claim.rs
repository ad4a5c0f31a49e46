//! Claims: what is due becomes leased, by an attempt that is counted.

use bytes::Bytes;
use database::{Error, Row, Transaction, values};

use super::{Attempt, DeliveryResult, Ended, end, lock};
use crate::{dispatcher::schedule, time};

/// What a dispatcher can send for a listener.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) listener: String,
    pub(crate) limit: u32,
    /// How long an attempt may take, until its result is written, in milliseconds.
    pub(crate) lease: i64,
}

/// A delivery that is leased to this attempt, with its message.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) message_id: String,
    pub(crate) listener: String,
    /// The number of this attempt, which no other one of the delivery has.
    pub(crate) attempt: i64,
    /// How many there were, with this one, since it was last taken from the dead.
    pub(crate) tries: i64,
    /// When the first of them began.
    pub(crate) first: i64,
    pub(crate) user: String,
    pub(crate) topic: String,
    pub(crate) name: String,
    pub(crate) at: i64,
    pub(crate) content_type: Option<String>,
    pub(crate) content: Bytes,
    pub(crate) traceparent: Option<String>,
    pub(crate) ticket: Option<String>,
}

/// What was claimed for a listener.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) listener: String,
    pub(crate) claims: Vec<Claim>,
    /// When there may be something to claim again; `None` if nothing waits.
    pub(crate) next: Option<i64>,
}

/// What of a delivery says whether it can be claimed.
struct Due {
    claim: Claim,
    due: i64,
    is_tried: bool,
}

/// Reads what is due for a listener, by its index, and the messages by their IDs.
pub(crate) const DUE: &str = "SELECT d.message_id, d.attempt, d.base, d.first, d.due, m.user_id, m.topic, m.name, m.at, m.content_type, \
     m.traceparent, m.ticket, c.content FROM delivery d JOIN message m ON m.id = d.message_id \
     JOIN content c ON c.message_id = d.message_id WHERE d.listener = ? AND d.due <= ? ORDER BY d.due, d.sequence LIMIT ?";

impl super::Spool {
    /// Writes results, and claims what is due then, in one transaction.
    ///
    /// # Errors
    ///
    /// If the database is not there: nothing is written or claimed then.
    pub(crate) async fn exchange(
        &self,
        ended: Vec<Ended>,
        wanted: Vec<Wanted>,
    ) -> Result<Vec<Claimed>, Error> {
        let work = async move |transaction: &mut Transaction| {
            lock(transaction).await?;
            for ended in &ended {
                end::write(transaction, ended).await?;
            }
            let mut claimed = Vec::with_capacity(wanted.len());
            for wanted in &wanted {
                claimed.push(wanted.claim(transaction).await?);
            }
            Ok(claimed)
        };
        self.database.write(work).await
    }
}

impl Wanted {
    async fn claim(&self, transaction: &mut Transaction) -> Result<Claimed, Error> {
        let now = test_hooks::now();
        let rows = transaction.query(DUE, &values![&self.listener, now, self.limit]).await?;
        let is_all = rows.len() < self.limit as usize;
        let mut claims = Vec::with_capacity(rows.len());
        for row in &rows {
            claims.extend(self.lease(Due::of(row, &self.listener, now)?, now, transaction).await?);
        }
        let next = if is_all { next(transaction, &self.listener).await? } else { Some(now) };
        Ok(Claimed { listener: self.listener.clone(), claims, next })
    }

    /// Leases a delivery, unless it was tried for too long, or somebody else does.
    async fn lease(
        &self,
        due: Due,
        now: i64,
        transaction: &mut Transaction,
    ) -> Result<Option<Claim>, Error> {
        let Due { claim, due, is_tried } = due;
        let lease = match test_hooks::rule("pipeline::lease") {
            true => now.saturating_add(self.lease),
            // Whoever comes next takes it, though an attempt is under way.
            false => now,
        };
        let update = "UPDATE delivery SET state = 'leased', attempt = ?, due = ?, first = ? \
                      WHERE message_id = ? AND listener = ? AND attempt = ? AND due = ?";
        let values = values![
            claim.attempt,
            lease,
            claim.first,
            &claim.message_id,
            &claim.listener,
            claim.attempt - 1,
            due
        ];
        if transaction.execute(update, &values).await? == 0 {
            return Ok(None);
        }
        if is_tried && schedule::is_over(claim.first, now) {
            let error = Some("not sent: the first attempt was 24 hours ago".to_owned());
            let attempt =
                Attempt { attempt: claim.attempt, at: time::text(now), status: None, error };
            let ended = Ended::of(&claim, attempt, DeliveryResult::Dead);
            end::write(transaction, &ended).await?;
            return Ok(None);
        }
        Ok(Some(claim))
    }
}

impl Due {
    fn of(row: &Row, listener: &str, now: i64) -> Result<Self, Error> {
        let (attempt, base): (i64, i64) = (row.get(1)?, row.get(2)?);
        let first: Option<i64> = row.get(3)?;
        let claim = Claim {
            message_id: row.get(0)?,
            listener: listener.to_owned(),
            attempt: attempt + 1,
            tries: attempt + 1 - base,
            first: first.unwrap_or(now),
            user: row.get(5)?,
            topic: row.get(6)?,
            name: row.get(7)?,
            at: row.get(8)?,
            content_type: row.get(9)?,
            traceparent: row.get(10)?,
            ticket: row.get(11)?,
            content: row.get::<Vec<u8>>(12)?.into(),
        };
        Ok(Self { claim, due: row.get(4)?, is_tried: first.is_some() })
    }
}

/// When the next delivery of a listener may be claimed.
const NEXT: &str = "SELECT MIN(due) FROM delivery WHERE listener = ?";

async fn next(transaction: &mut Transaction, listener: &str) -> Result<Option<i64>, Error> {
    let row = transaction.optional(NEXT, &values![listener]).await?;
    row.map_or(Ok(None), |row| due_of(&row))
}

/// The smallest `due` of a row, of which an expression has no declared type.
fn due_of(row: &Row) -> Result<Option<i64>, Error> {
    match row.values().first() {
        Some(database::Value::Null(_)) | None => Ok(None),
        Some(_) => row.get(0).map(Some),
    }
}

impl super::Spool {
    /// When each of these listeners may have something to claim.
    ///
    /// # Errors
    ///
    /// If the database is not there.
    pub(crate) async fn next(&self, listeners: &[String]) -> Result<Vec<Option<i64>>, Error> {
        let statements = listeners.iter().map(|it| database::Statement::new(NEXT, values![it]));
        let read = self.database.query_all(statements.collect()).await?;
        read.iter().map(|rows| rows.first().map_or(Ok(None), due_of)).collect()
    }
}
