//! What a write does in its transaction.

use crate::{
    connection::Connection,
    error::Error,
    sql::Dialect,
    value::{Row, Value},
};

/// A transaction that writes.
pub struct Transaction {
    connection: Connection,
    /// The first error after which nothing of the transaction can be kept.
    broken: Option<Error>,
    /// Whether a statement has changed rows.
    has_changed: bool,
    /// Whether it is known if a transaction is open on the connection.
    is_certain: bool,
}

impl Transaction {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, broken: None, has_changed: false, is_certain: true }
    }

    /// Runs a statement, whose arguments are written `?`, and returns how many rows it changed.
    ///
    /// # Errors
    ///
    /// If the database refuses it.
    pub async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error> {
        let result = self.connection.execute(sql, values).await;
        self.has_changed |= result.as_ref().is_ok_and(|rows| *rows > 0);
        self.note(result)
    }

    /// Runs a statement that returns rows.
    ///
    /// # Errors
    ///
    /// If the database refuses it.
    pub async fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
        let result = self.connection.query(sql, values).await;
        self.note(result)
    }

    /// Runs a statement that returns a row or none.
    ///
    /// # Errors
    ///
    /// If the database refuses it.
    pub async fn optional(&mut self, sql: &str, values: &[Value]) -> Result<Option<Row>, Error> {
        Ok(self.query(sql, values).await?.into_iter().next())
    }

    /// The database, by what its SQL looks like.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.connection.dialect()
    }

    /// Begins or ends a transaction or a part of it.
    pub(crate) async fn control(&mut self, sql: &'static str) -> Result<(), Error> {
        let result = self.connection.run(sql).await;
        self.is_certain &= result.is_ok();
        result
    }

    /// What has broken the transaction.
    pub(crate) fn take_broken(&mut self) -> Option<Error> {
        self.broken.take()
    }

    /// Whether a statement has changed rows since this was asked.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.has_changed)
    }

    /// The transaction, if its connection can be used again. Its connection is closed otherwise.
    pub(crate) fn keep(self) -> Option<Self> {
        if self.is_certain {
            return Some(self);
        }
        self.connection.close();
        None
    }

    fn note<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &result
            && error.ends_the_transaction()
            && self.broken.is_none()
        {
            self.broken = Some(Error::new(error.kind(), error.to_string()));
        }
        result
    }
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Transaction")
    }
}
