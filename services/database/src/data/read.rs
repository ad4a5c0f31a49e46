//! Reading the data of a user.

use wsgiservice::EntityTag;

use super::{Data, Failure, Placement, RowState, placement};
use crate::{Row, Statement, Value, values};

impl Data {
    /// Reads the data of a user, if they are here: the rows of each statement. A user without a placement has none.
    ///
    /// All is read at one moment, the placement as well: rows that go while they are looked for are moved, not missing.
    ///
    /// # Errors
    ///
    /// 421, 423 or 410 if the user cannot be read here.
    pub async fn read<const N: usize>(
        &self,
        user: &str,
        statements: [Statement; N],
    ) -> Result<[Vec<Row>; N], Failure> {
        let (placement, rows) = self.with_placement(user, statements).await?;
        if let Some(placement) = placement {
            placement.check_read()?;
        }
        Ok(rows)
    }

    /// Reads the placement of a user, and by other statements, at one moment.
    pub(super) async fn with_placement<const N: usize>(
        &self,
        user: &str,
        statements: [Statement; N],
    ) -> Result<(Option<Placement>, [Vec<Row>; N]), Failure> {
        let placement = Statement::new(placement::FIND, values![user]);
        let all = [placement].into_iter().chain(statements).collect();
        let mut read = self.0.database.query_all(all).await?.into_iter();
        let placement = Placement::of(read.next().unwrap_or_default().into_iter().next())?;
        Ok((placement, std::array::from_fn(|_| read.next().unwrap_or_default())))
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
        let [rows] = self.read(user, [Statement::new(sql, values)]).await?;
        Ok(rows.into_iter().next())
    }
}
