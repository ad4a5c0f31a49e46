//! One connection, of whichever database.

use crate::{
    error::Error,
    sql::Dialect,
    sqlite,
    value::{Row, Value},
};

#[cfg(any(feature = "mysql", feature = "postgres"))]
use crate::server::bound;

/// A connection.
pub(crate) enum Connection {
    Sqlite(sqlite::Connection),
    #[cfg(feature = "mysql")]
    MySql(sqlx::pool::PoolConnection<sqlx::MySql>),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::pool::PoolConnection<sqlx::Postgres>),
}

impl Connection {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "mysql")]
            Self::MySql(_) => Dialect::MySql,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement, and returns how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error> {
        let sql = &*self.dialect().statement(sql);
        Ok(match self {
            Self::Sqlite(connection) => connection.execute(sql, values)?,
            #[cfg(feature = "mysql")]
            Self::MySql(connection) => {
                bound!(sql, values).execute(&mut **connection).await?.rows_affected()
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => {
                bound!(sql, values).execute(&mut **connection).await?.rows_affected()
            }
        })
    }

    pub(crate) async fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
        let sql = &*self.dialect().statement(sql);
        match self {
            Self::Sqlite(connection) => connection.query(sql, values),
            #[cfg(feature = "mysql")]
            Self::MySql(connection) => {
                let rows = bound!(sql, values).fetch_all(&mut **connection).await?;
                rows.iter().map(crate::server::row_of_mysql).collect()
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => {
                let rows = bound!(sql, values).fetch_all(&mut **connection).await?;
                rows.iter().map(crate::server::row_of_postgres).collect()
            }
        }
    }

    /// Runs a statement without arguments, such as those that begin and end a transaction.
    pub(crate) async fn run(&mut self, sql: &'static str) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => {
                connection.execute(sql, &[])?;
            }
            #[cfg(feature = "mysql")]
            Self::MySql(connection) => {
                sqlx::Executor::execute(&mut **connection, sql).await?;
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => {
                sqlx::Executor::execute(&mut **connection, sql).await?;
            }
        }
        Ok(())
    }

    /// Closes the connection, since its state is not known.
    pub(crate) fn close(self) {
        match self {
            Self::Sqlite(connection) => drop(connection),
            #[cfg(feature = "mysql")]
            Self::MySql(mut connection) => connection.close_on_drop(),
            #[cfg(feature = "postgres")]
            Self::Postgres(mut connection) => connection.close_on_drop(),
        }
    }
}
