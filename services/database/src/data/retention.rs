//! How long is kept what nobody sees any more.

use std::{ops::ControlFlow, time::Duration};

use wsgiservice::server::Stopping;

use super::Data;
use crate::{Error, Transaction, values};

/// How long answers are kept, and rows that were deleted: a request comes again for a day, and an undo of it then has a day.
const KEPT: Duration = Duration::from_hours(48);

/// How long it is known that a user was here: longer than a client believes that it is so.
const MARKS: Duration = Duration::from_hours(7 * 24);

/// How often it is looked for what can go.
const PERIOD: Duration = Duration::from_hours(1);

impl Data {
    /// Removes once in an hour what has been kept long enough, until the server stops.
    pub(super) async fn retain(&self, stopping: &Stopping) {
        test_hooks::every(PERIOD, stopping, || async {
            if let Err(error) = self.remove_old().await {
                tracing::warn!(%error, "what is too old could not be removed; it is tried again in an hour");
            }
            ControlFlow::Continue(())
        })
        .await;
    }

    /// Removes the answers and the deleted rows of 48 hours ago, and the marks of users who went 7 days ago.
    ///
    /// # Errors
    ///
    /// If the database refuses a statement.
    pub async fn remove_old(&self) -> Result<(), Error> {
        let data = self.clone();
        let work = async move |transaction: &mut Transaction| {
            let (kept, marks) = (before(KEPT), marks());
            transaction.execute("DELETE FROM kept WHERE at < ?", &values![kept]).await?;
            for table in data.tables().filter(|table| table.is_soft) {
                let delete = format!("DELETE FROM {} WHERE gone_at < ?", table.name);
                transaction.execute(&delete, &values![kept]).await?;
            }
            let delete = "DELETE FROM placement WHERE placed < ? AND state IN ('away', 'gone')";
            transaction.execute(delete, &values![marks]).await?;
            Ok(())
        };
        self.0.database.write(work).await
    }
}

/// The time before which marks are kept no longer.
pub(super) fn marks() -> i64 {
    before(MARKS)
}

/// The time that was this long ago.
fn before(duration: Duration) -> i64 {
    test_hooks::now() - i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
