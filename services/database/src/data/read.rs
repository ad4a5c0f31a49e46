//! Reading the data of a user.

use wsgiservice::EntityTag;

use super::{Data, Failure, Placement, RowState};
use crate::{Row, Value};

/// How often it is read again because the user was moved meanwhile.
const TRIES: usize = 3;

impl Data {
    /// Reads the data of a user, if they are here. A user without a placement has none.
    ///
    /// The placement is looked at before and after: rows that go while they are looked for are moved, not missing.
    ///
    /// # Errors
    ///
    /// 421, 423 or 410 if the user cannot be read here, and what the function returns.
    pub async fn read<T, F>(&self, user: &str, read: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut before = self.placement(user).await?;
        for _ in 0..TRIES {
            if let Some(placement) = &before {
                placement.check_read()?;
            }
            let result = read().await;
            let after = self.placement(user).await?;
            let placed = |it: &Placement| (it.state, it.version);
            if before.as_ref().map(placed) == after.as_ref().map(placed) {
                return result;
            }
            before = after;
        }
        Err(Failure::frozen())
    }

    /// Reads a row of a user that stays for a while after it was deleted. Its first columns are `version` and `gone`.
    ///
    /// # Errors
    ///
    /// 421, 423 or 410 if the user cannot be read here, and 404 if the row is not there.
    pub async fn row(
        &self,
        user: &str,
        sql: &str,
        values: &[Value],
    ) -> Result<(RowState, Row), Failure> {
        let row = self.optional(user, sql, values).await?;
        let state = row.as_ref().map(|row| RowState::of(row, 0)).transpose()?;
        let state = RowState::present(state)?;
        row.map(|row| (state, row)).ok_or(Failure::Missing)
    }

    /// The hook `etag` of a resource with a row that stays for a while after it was deleted. The first columns of the row are
    /// `version` and `gone`.
    ///
    /// # Errors
    ///
    /// 421, 423 or 410 if the user cannot be read here.
    pub async fn tag(
        &self,
        user: &str,
        sql: &str,
        values: &[Value],
        restore: Option<i64>,
    ) -> Result<Option<EntityTag>, Failure> {
        let row = self.optional(user, sql, values).await?;
        let state = row.map(|row| RowState::of(&row, 0)).transpose()?;
        Ok(RowState::tag(state, restore))
    }

    async fn optional(
        &self,
        user: &str,
        sql: &str,
        values: &[Value],
    ) -> Result<Option<Row>, Failure> {
        self.read(user, || async { Ok(self.database().optional(sql, values).await?) }).await
    }
}
