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
    let attempts = attempts::with(&attempts, &ended.attempt)?;
    let key = (&*ended.message_id, &*ended.listener);
    note(transaction, key, &attempts).await?;
    match &ended.result {
        Result::Later(due) => defer(transaction, key, lane.is_some(), *due).await?,
        Result::Done => end(transaction, key, "done").await?,
        Result::Dead => end(transaction, key, "dead").await?,
        Result::Dropped => end(transaction, key, "dropped").await?,
        Result::SwitchedOff(reason) => {
            end(transaction, key, "dropped").await?;
            listeners::switch_off(transaction, &ended.listener, reason).await?;
        }
    }
    match lane {
        Some(lane) => lane::advance(transaction, &ended.listener, &lane).await,
        None => Ok(()),
    }
}

async fn note(
    transaction: &mut Transaction,
    (message_id, listener): (&str, &str),
    attempts: &str,
) -> std::result::Result<(), Error> {
    let update = "UPDATE delivery SET attempts = ? WHERE message_id = ? AND listener = ?";
    transaction.execute(update, &values![attempts, message_id, listener]).await?;
    Ok(())
}

/// Lets a delivery wait. In a lane, an older one may have come back from the dead meanwhile.
async fn defer(
    transaction: &mut Transaction,
    (message_id, listener): (&str, &str),
    is_in_lane: bool,
    time: i64,
) -> std::result::Result<(), Error> {
    let due = (!is_in_lane).then_some(time);
    let update = "UPDATE delivery SET state = 'waiting', due = ?, not_before = ? \
                  WHERE message_id = ? AND listener = ?";
    transaction.execute(update, &values![due, time, message_id, listener]).await?;
    Ok(())
}

/// Ends a delivery, and its message with the last one.
pub(super) async fn end(
    transaction: &mut Transaction,
    (message_id, listener): (&str, &str),
    state: &str,
) -> std::result::Result<(), Error> {
    let dead = (state == "dead").then(now);
    let update = "UPDATE delivery SET state = ?, due = NULL, lane = NULL, dead = ? \
                  WHERE message_id = ? AND listener = ?";
    transaction.execute(update, &values![state, dead, message_id, listener]).await?;
    let update = "UPDATE message SET remaining = remaining - 1 WHERE id = ?";
    transaction.execute(update, &values![message_id]).await?;
    let update = "UPDATE message SET ended = ? WHERE id = ? AND remaining = 0";
    if transaction.execute(update, &values![now(), message_id]).await? > 0 {
        let size = size(transaction, message_id).await?;
        add(transaction, Amount::one(size).negative()).await?;
    }
    Ok(())
}

/// The size of a message.
pub(super) async fn size(
    transaction: &mut Transaction,
    id: &str,
) -> std::result::Result<i64, Error> {
    let row = transaction.optional("SELECT size FROM message WHERE id = ?", &values![id]).await?;
    row.map_or(Ok(0), |row| row.get(0))
}
