//! What preconditions see of a row that stays for a while after it was deleted.

use wsgiservice::{EntityTag, Preconditions, answer::WithFields};

use super::{Failure, kept::VERSION};
use crate::{Error, Row, Transaction, Value};

/// The version of a row, and that of the `DELETE` by which it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowState {
    /// The version of the last change.
    pub version: i64,
    /// The version of the `DELETE`, if it is gone.
    pub gone: Option<i64>,
}

impl RowState {
    /// Reads two columns of a row, `version` and `gone`, which begin at this position.
    ///
    /// # Errors
    ///
    /// If the columns are of other types.
    pub fn of(row: &Row, column: usize) -> Result<Self, Error> {
        Ok(Self { version: row.get(column)?, gone: row.get(column + 1)? })
    }

    /// Finds a row in the transaction that changes it. Its first columns are `version` and `gone`.
    ///
    /// # Errors
    ///
    /// If the database refuses the statement.
    pub async fn find(
        transaction: &mut Transaction,
        sql: &str,
        values: &[Value],
    ) -> Result<Option<Self>, Error> {
        let row = transaction.optional(sql, values).await?;
        row.map(|row| Self::of(&row, 0)).transpose()
    }

    /// The tag by which preconditions are evaluated: that of the row if it is there; with `restore`, the version by which it
    /// went.
    #[must_use]
    pub fn tag(row: Option<Self>, restore: Option<i64>) -> Option<EntityTag> {
        let version = match restore {
            None => row.filter(|row| row.gone.is_none())?.version,
            Some(_) => row?.gone?,
        };
        Some(EntityTag::strong(version))
    }

    /// Evaluates the preconditions of a change in its transaction.
    ///
    /// With `restore`, which says what comes back, the row must have gone: by the version of `If-Match`, which says when, or by
    /// that of `restore` if there is none. They differ if the row was put anew after it went, and went again.
    ///
    /// # Errors
    ///
    /// 412.
    pub fn check(
        row: Option<Self>,
        restore: Option<i64>,
        preconditions: &Preconditions,
    ) -> Result<(), Failure> {
        let tag = Self::tag(row, restore);
        if restore.is_some() && tag.is_none() {
            let is_there = row.is_some_and(|row| row.gone.is_none());
            return Err(if is_there { Failure::Changed } else { Failure::NotRestorable });
        }
        if !preconditions.is_stated()
            && restore.is_some_and(|it| row.and_then(|row| row.gone) != Some(it))
        {
            return Err(Failure::NotRestorable);
        }
        preconditions.check(tag.as_ref(), None).map_err(|_| Failure::Changed)
    }

    /// A value with the version of the row in `X-Version`.
    pub fn with_version<T>(self, value: T) -> WithFields<T> {
        WithFields::new(value).field(VERSION, self.version.into())
    }

    /// The row, if it is there.
    ///
    /// # Errors
    ///
    /// 404, which has the version by which the row went.
    pub fn present(row: Option<Self>) -> Result<Self, Failure> {
        match row {
            Some(Self { gone: Some(version), .. }) => Err(Failure::Removed { version }),
            Some(row) => Ok(row),
            None => Err(Failure::Missing),
        }
    }
}
