//! Results of attempts.

use database::{Error, Row, Transaction, values};
use test_hooks::now;

use super::{Amount, Attempt, Claim, add, attempts, lane, listeners};

/// An attempt that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) message_id: String,
    pub(crate) listener: String,
    pub(crate) attempt: Attempt,
    pub(crate) result: Result,
}

/// What comes of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Result {
    /// The listener has taken it.
    Done,
    /// It is tried no more, unless somebody says so.
    Dead,
    /// Nobody needs it any more.
    Dropped,
    /// The listener is gone, for this reason.
    SwitchedOff(String),
    /// It is tried again at this time.
    Later(i64),
}

/// What of the row of a delivery its result needs.
struct Leased {
    lane: Option<String>,
    attempts: String,
}

impl Ended {
    pub(crate) fn of(claim: &Claim, attempt: Attempt, result: Result) -> Self {
        let (message_id, listener) = (claim.message_id.clone(), claim.listener.clone());
        Self { message_id, listener, attempt, result }
    }

    /// Whether its listener has said that it is gone.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.result, Result::SwitchedOff(_))
    }

    /// Logs what somebody has to look at.
    pub(crate) fn log(&self) {
        let Self { message_id: message, listener, attempt: Attempt { status, error, .. }, .. } =
            self;
        let error = error.as_deref().unwrap_or_default();
        match &self.result {
            Result::Dead => tracing::warn!(message, listener, status, error, "a delivery is dead"),
            Result::SwitchedOff(reason) => {
                tracing::warn!(listener, reason, "a listener is switched off");
            }
            Result::Done | Result::Dropped | Result::Later(_) => {}
        }
    }

    async fn leased(
        &self,
        transaction: &mut Transaction,
    ) -> std::result::Result<Option<Leased>, Error> {
        let mut find =
            "SELECT lane, attempts FROM delivery WHERE message_id = ? AND listener = ?".to_owned();
        let mut values = values![&self.message_id, &self.listener].to_vec();
        if test_hooks::rule("pipeline::attempt") {
            find.push_str(" AND state = 'leased' AND attempt = ?");
            values.extend(values![self.attempt.attempt]);
        }
        let row = transaction.optional(&find, &values).await?;
        let of = |row: Row| Ok(Leased { lane: row.get(0)?, attempts: row.get(1)? });
        row.map(of).transpose()
    }
}

/// Writes a result, if its attempt holds the lease.
pub(super) async fn write(
    transaction: &mut Transaction,
    ended: &Ended,
) -> std::result::Result<(), Error> {
    let Some(Leased { lane, attempts }) = ended.leased(transaction).await? else { return Ok(()) };
    let attempts = Some(attempts::with(&attempts, &ended.attempt)?);
    let key = (&*ended.message_id, &*ended.listener);
    match &ended.result {
        Result::Later(due) => defer(transaction, key, attempts, (*due, lane.is_some())).await?,
        Result::Done => end(transaction, key, "done", attempts).await?,
        Result::Dead => end(transaction, key, "dead", attempts).await?,
        Result::Dropped => end(transaction, key, "dropped", attempts).await?,
        Result::SwitchedOff(reason) => {
            end(transaction, key, "dropped", attempts).await?;
            listeners::switch_off(transaction, &ended.listener, reason).await?;
        }
    }
    match lane {
        Some(lane) => lane::advance(transaction, &ended.listener, &lane).await,
        None => Ok(()),
    }
}

/// Lets a delivery wait. In a lane, an older one may have come back from the dead meanwhile.
async fn defer(
    transaction: &mut Transaction,
    (message_id, listener): (&str, &str),
    attempts: Option<String>,
    (time, is_in_lane): (i64, bool),
) -> std::result::Result<(), Error> {
    let due = (!is_in_lane).then_some(time);
    let update = "UPDATE delivery SET state = 'waiting', due = ?, not_before = ?, attempts = ? \
                  WHERE message_id = ? AND listener = ?";
    let values = values![due, time, attempts, message_id, listener];
    transaction.execute(update, &values).await?;
    Ok(())
}

/// Ends a delivery, and its message with the last one.
pub(super) async fn end(
    transaction: &mut Transaction,
    (message_id, listener): (&str, &str),
    state: &str,
    attempts: Option<String>,
) -> std::result::Result<(), Error> {
    let dead = (state == "dead").then(now);
    let update = "UPDATE delivery SET state = ?, due = NULL, lane = NULL, dead = ?, attempts = COALESCE(?, attempts) \
                  WHERE message_id = ? AND listener = ?";
    let values = values![state, dead, attempts, message_id, listener];
    transaction.execute(update, &values).await?;
    // MariaDB assigns from left to right, and the others all at once.
    let update = "UPDATE message SET ended = CASE WHEN remaining = 1 THEN ? ELSE ended END, \
                  remaining = remaining - 1 WHERE id = ?";
    transaction.execute(update, &values![now(), message_id]).await?;
    let find = "SELECT remaining FROM message WHERE id = ?";
    let row = transaction.optional(find, &values![message_id]).await?;
    match row {
        Some(row) if row.get::<i64>(0)? == 0 => {
            add(transaction, Amount { messages: -1, bytes: 0 }).await?;
            remove_content(transaction, message_id).await
        }
        _ => Ok(()),
    }
}

/// Removes the content of a message that nobody needs any more. A dead delivery may be tried again.
pub(super) async fn remove_content(
    transaction: &mut Transaction,
    message_id: &str,
) -> std::result::Result<(), Error> {
    let delete = "DELETE FROM content WHERE message_id = ? AND NOT EXISTS (SELECT 1 FROM delivery \
                  WHERE message_id = ? AND state IN ('waiting', 'leased', 'dead'))";
    if transaction.execute(delete, &values![message_id, message_id]).await? == 0 {
        return Ok(());
    }
    let find = "SELECT size FROM message WHERE id = ?";
    let row = transaction.optional(find, &values![message_id]).await?;
    let bytes: i64 = row.map_or(Ok(0), |row| row.get(0))?;
    add(transaction, Amount { messages: 0, bytes: -bytes }).await
}
