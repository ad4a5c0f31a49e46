//! Lanes: the deliveries of a user for a listener with `ordered=user` that have not ended. One of them has a `due`.

use database::{Error, Transaction, values};

/// A delivery in a lane.
pub(super) struct InLane {
    pub(super) message_id: String,
    pub(super) sequence: i64,
    pub(super) state: String,
    pub(super) due: Option<i64>,
}

const COLUMNS: &str =
    "SELECT message_id, sequence, state, due FROM delivery WHERE listener = ? AND lane = ?";

/// The oldest delivery of a lane.
pub(super) async fn oldest(
    transaction: &mut Transaction,
    listener: &str,
    lane: &str,
) -> Result<Option<InLane>, Error> {
    find(transaction, &format!("{COLUMNS} ORDER BY sequence LIMIT 1"), listener, lane).await
}

/// The delivery of a lane that may be claimed, or is.
pub(super) async fn claimable(
    transaction: &mut Transaction,
    listener: &str,
    lane: &str,
) -> Result<Option<InLane>, Error> {
    let find_it = format!("{COLUMNS} AND due IS NOT NULL ORDER BY sequence LIMIT 1");
    find(transaction, &find_it, listener, lane).await
}

/// Lets the oldest delivery of a lane be claimed, after none could be.
pub(super) async fn advance(
    transaction: &mut Transaction,
    listener: &str,
    lane: &str,
) -> Result<(), Error> {
    let Some(oldest) = oldest(transaction, listener, lane).await? else { return Ok(()) };
    let update = "UPDATE delivery SET due = not_before WHERE message_id = ? AND listener = ?";
    transaction.execute(update, &values![oldest.message_id, listener]).await?;
    Ok(())
}

async fn find(
    transaction: &mut Transaction,
    sql: &str,
    listener: &str,
    lane: &str,
) -> Result<Option<InLane>, Error> {
    let Some(row) = transaction.optional(sql, &values![listener, lane]).await? else {
        return Ok(None);
    };
    let (message_id, sequence) = (row.get(0)?, row.get(1)?);
    Ok(Some(InLane { message_id, sequence, state: row.get(2)?, due: row.get(3)? }))
}
