//! What nobody needs any more, in bounded portions.

use database::{Error, IntoValue, Row, Statement, Transaction, Value, values};

use super::{Amount, Spool, add, end, lock};

/// How many deliveries or messages are removed in one transaction.
pub(crate) const PORTION: u32 = 500;

impl Spool {
    /// Drops some of what waits for a listener that is switched off or removed, and returns whether there was nothing left. A
    /// listener that was removed goes then.
    pub(crate) async fn drop_some(&self, listener: &str) -> Result<bool, Error> {
        let listener = listener.to_owned();
        let work = async move |transaction: &mut Transaction| {
            lock(transaction).await?;
            let ids = waiting(transaction, &listener).await?;
            for id in &ids {
                end::end(transaction, (id, &listener), "dropped", None).await?;
            }
            if ids.is_empty() {
                let delete = "DELETE FROM listener WHERE name = ? AND switch = 'removed'";
                transaction.execute(delete, &values![&listener]).await?;
            }
            Ok(ids.is_empty())
        };
        self.database.write(work).await
    }

    /// Whether [`drop_some`](Self::drop_some) has something to do for a listener.
    pub(crate) async fn has_to_drop(&self, listener: &str) -> Result<bool, Error> {
        let claimable = "SELECT message_id FROM delivery WHERE listener = ? AND due >= 0 LIMIT 1";
        let in_lane = "SELECT message_id FROM delivery WHERE listener = ? AND lane > '' LIMIT 1";
        let removed = "SELECT name FROM listener WHERE name = ? AND switch = 'removed'";
        let statements =
            [claimable, in_lane, removed].map(|sql| Statement::new(sql, values![listener]));
        let read = self.database.query_all(statements.into()).await?;
        Ok(read.iter().any(|rows| !rows.is_empty()))
    }

    /// Removes some of the messages that ended before this time, and returns whether that was all.
    pub(crate) async fn remove_some(&self, before: i64) -> Result<bool, Error> {
        let work = async move |transaction: &mut Transaction| {
            lock(transaction).await?;
            let find = "SELECT id FROM message WHERE ended < ? LIMIT ?";
            let rows = transaction.query(find, &values![before, PORTION]).await?;
            let ids = ids(&rows)?;
            let values: Vec<Value> = ids.iter().map(IntoValue::into_value).collect();
            let places = vec!["?"; values.len()].join(", ");
            if !ids.is_empty() {
                let bytes = bytes(transaction, &places, &values).await?;
                add(transaction, Amount { messages: 0, bytes: -bytes }).await?;
                for (table, column) in
                    [("delivery", "message_id"), ("content", "message_id"), ("message", "id")]
                {
                    let delete = format!("DELETE FROM {table} WHERE {column} IN ({places})");
                    transaction.execute(&delete, &values).await?;
                }
            }
            Ok(ids.len() < PORTION as usize)
        };
        self.database.write(work).await
    }
}

/// The messages of some deliveries of a listener that have not ended: those that can be claimed, then what waits in lanes.
pub(super) async fn waiting(
    transaction: &mut Transaction,
    listener: &str,
) -> Result<Vec<String>, Error> {
    for condition in ["due >= 0", "lane > ''"] {
        let find =
            format!("SELECT message_id FROM delivery WHERE listener = ? AND {condition} LIMIT ?");
        let rows = transaction.query(&find, &values![listener, PORTION]).await?;
        if !rows.is_empty() {
            return ids(&rows);
        }
    }
    Ok(Vec::new())
}

/// How many bytes the contents of these messages have, of those whose dead deliveries have kept theirs.
async fn bytes(transaction: &mut Transaction, places: &str, ids: &[Value]) -> Result<i64, Error> {
    let find = format!(
        "SELECT m.size FROM message m JOIN content c ON c.message_id = m.id WHERE m.id IN ({places})"
    );
    let rows = transaction.query(&find, ids).await?;
    rows.iter().map(|row| row.get::<i64>(0)).sum()
}

fn ids(rows: &[Row]) -> Result<Vec<String>, Error> {
    rows.iter().map(|row| row.get(0)).collect()
}
