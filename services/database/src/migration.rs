//! The statements that create what a database has, each run once.

use crate::{
    error::{Error, ErrorKind},
    transaction::Transaction,
    values,
};

/// Runs the statements that were not run yet, while no other process does.
pub(crate) async fn run(
    transaction: &mut Transaction,
    table: &str,
    statements: &[String],
) -> Result<(), Error> {
    transaction.execute(table, &[]).await?;
    let last = "SELECT COALESCE(MAX(number), 0) FROM migration";
    let last = transaction.optional(last, &[]).await?;
    let last = last.map_or(Ok(0), |row| row.get::<i64>(0))?;
    for (number, statement) in (1_i64..).zip(statements) {
        if number > last {
            match transaction.execute(statement, &[]).await {
                // MariaDB commits each change of a schema by itself: a process has ended before it was noted.
                Err(error) if error.kind() == ErrorKind::Exists => {}
                result => drop(result?),
            }
            let done = "INSERT INTO migration (number, at) VALUES (?, ?)";
            transaction.execute(done, &values![number, test_hooks::now()]).await?;
        }
    }
    Ok(())
}
