//! The end of the tickets.

use database::{Error, Transaction, values};

use super::{DAY, Runner};

/// How long keys are known.
const KEYS: i64 = 2 * DAY;

/// How long tickets are known.
const TICKETS: i64 = 7 * DAY;

/// How many tickets expire in one transaction.
const BATCH: i64 = 500;

/// The states in which a command is at rest.
const RESTING: &str = "('open', 'undone', 'expired', 'ended')";

impl Runner {
    /// Removes the images of tickets that nobody has undone for a day, keys after two, and tickets after seven.
    pub(crate) async fn sweep(&self) -> Result<(), Error> {
        let work = async |transaction: &mut Transaction| {
            let now = test_hooks::now();
            expire(transaction, now - DAY).await?;
            let keys = format!(
                "UPDATE ticket SET request_key = NULL \
                 WHERE created < ? AND request_key IS NOT NULL AND state IN {RESTING}"
            );
            transaction.execute(&keys, &values![now - KEYS]).await?;
            let tickets = format!("DELETE FROM ticket WHERE created < ? AND state IN {RESTING}");
            transaction.execute(&tickets, &values![now - TICKETS]).await?;
            Ok(())
        };
        self.data().database().write(work).await
    }
}

/// Lets open tickets expire, some at once: one that is being undone is undone to its end.
async fn expire(transaction: &mut Transaction, before: i64) -> Result<(), Error> {
    let states = match test_hooks::rule("command::sweep_open") {
        true => "('open')",
        false => "('open', 'undoing')",
    };
    let find = format!(
        "SELECT user_id, id FROM ticket WHERE state IN {states} AND created < ? ORDER BY created LIMIT {BATCH}"
    );
    for row in transaction.query(&find, &values![before]).await? {
        let key = values![row.get::<String>(0)?, row.get::<String>(1)?];
        let expire = format!(
            "UPDATE ticket SET state = 'expired' WHERE user_id = ? AND id = ? AND state IN {states}"
        );
        if transaction.execute(&expire, &key).await? > 0 {
            let images = "DELETE FROM inverse WHERE user_id = ? AND ticket = ?";
            transaction.execute(images, &key).await?;
        }
    }
    Ok(())
}
