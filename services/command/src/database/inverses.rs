//! How the steps of the tickets are undone, a row for each.

use database::{Database, Error, Transaction, data::Failure, values};
use wsgiservice_client::Path;

use crate::work::Inverse;

/// Keeps how the steps of a ticket are undone, in the order of its steps.
pub(crate) async fn save_inverses(
    transaction: &mut Transaction,
    (user, ticket): (&str, &str),
    inverses: &[(String, Inverse)],
) -> Result<(), Failure> {
    let sql = "INSERT INTO inverse (user_id, ticket, number, path, left_at, inverse) \
               VALUES (?, ?, ?, ?, ?, ?)";
    for (number, (path, inverse)) in (1_i64..).zip(inverses) {
        let text = serde_json::to_string(inverse).map_err(Error::other)?;
        let values = values![user, ticket, number, Path::normal(path), inverse.after, text];
        transaction.execute(sql, &values).await?;
    }
    Ok(())
}

/// How the steps of a ticket are undone, the last one first, and with what path: read in the transaction that begins the
/// undo, so that no other undo moves a version on in between.
pub(crate) async fn find_inverses(
    transaction: &mut Transaction,
    user: &str,
    ticket: &str,
) -> Result<Vec<(String, Inverse)>, Error> {
    let sql = "SELECT path, left_at, inverse FROM inverse WHERE user_id = ? AND ticket = ? \
               ORDER BY number DESC";
    let rows = transaction.query(sql, &values![user, ticket]).await?;
    let inverse = |row: &database::Row| {
        let inverse: Inverse =
            serde_json::from_str(&row.get::<String>(2)?).map_err(Error::other)?;
        Ok((row.get(0)?, Inverse { after: row.get(1)?, ..inverse }))
    };
    rows.iter().map(inverse).collect()
}

/// The paths that a ticket undoes, the last one first.
pub(crate) async fn find_paths(
    database: &Database,
    user: &str,
    ticket: &str,
) -> Result<Vec<String>, Error> {
    let sql = "SELECT path FROM inverse WHERE user_id = ? AND ticket = ? ORDER BY number DESC";
    let rows = database.query(sql, &values![user, ticket]).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Removes how the steps of a ticket are undone.
pub(crate) async fn delete_inverses(
    transaction: &mut Transaction,
    user: &str,
    ticket: &str,
) -> Result<(), Failure> {
    let sql = "DELETE FROM inverse WHERE user_id = ? AND ticket = ?";
    transaction.execute(sql, &values![user, ticket]).await?;
    Ok(())
}

/// A path has another version, although it is what it was at a version before: the tickets that waited for that one wait for
/// the new one.
pub(crate) async fn move_on(
    transaction: &mut Transaction,
    user: &str,
    path: &str,
    (before, after): (i64, i64),
) -> Result<(), Failure> {
    let sql = "UPDATE inverse SET left_at = ? WHERE user_id = ? AND left_at = ? AND path = ?";
    transaction.execute(sql, &values![after, user, before, Path::normal(path)]).await?;
    Ok(())
}
