//! The end of the tickets.

use database::{Error, Transaction, values};

use super::{DAY, Runner};

/// How long tickets are known.
const TICKETS: i64 = 7 * DAY;

/// How many tickets expire in one transaction.
const BATCH: i64 = 500;

/// How many such transactions follow each other: in between, the worker gives a sign of life.
const BATCHES: usize = 20;

/// The states in which a command is at rest.
const RESTING: &str = "('open', 'undone', 'expired', 'ended')";

impl Runner {
    /// Removes the images of tickets that nobody has undone for a day, and tickets after seven.
    pub(crate) async fn sweep(&self) -> Result<(), Error> {
        let expire = async |transaction: &mut Transaction| {
            expire(transaction, test_hooks::now() - DAY).await
        };
        for _ in 0..BATCHES {
            if !self.data().database().write(expire).await? {
                break;
            }
        }
        let remove = async |transaction: &mut Transaction| {
            let tickets = format!("DELETE FROM ticket WHERE created < ? AND state IN {RESTING}");
            let before = test_hooks::now() - TICKETS;
            transaction.execute(&tickets, &values![before]).await.map(|_| ())
        };
        self.data().database().write(remove).await
    }
}

/// Lets open tickets expire, some at once, and tells whether there may be more. One that is being undone is undone to its end.
async fn expire(transaction: &mut Transaction, before: i64) -> Result<bool, Error> {
    let states = match test_hooks::rule("command::sweep_open") {
        true => "('open')",
        false => "('open', 'undoing')",
    };
    let find = format!(
        "SELECT user_id, id FROM ticket WHERE state IN {states} AND created < ? ORDER BY created LIMIT {BATCH}"
    );
    let rows = transaction.query(&find, &values![before]).await?;
    for row in &rows {
        let key = values![row.get::<String>(0)?, row.get::<String>(1)?];
        let expire = format!(
            "UPDATE ticket SET state = 'expired' WHERE user_id = ? AND id = ? AND state IN {states}"
        );
        if transaction.execute(&expire, &key).await? > 0 {
            let images = "DELETE FROM inverse WHERE user_id = ? AND ticket = ?";
            transaction.execute(images, &key).await?;
        }
    }
    Ok(i64::try_from(rows.len()).is_ok_and(|count| count == BATCH))
}
