//! One connection, of whichever database.

use sqlx::{
    Column, Connection as _, Executor, Row as _, TypeInfo, ValueRef,
    pool::PoolConnection,
    sqlite::{Sqlite, SqliteRow},
};

use crate::{
    error::Error,
    sql::Dialect,
    value::{Row, Type, Value},
};

/// A connection.
pub(crate) enum Connection {
    Sqlite(PoolConnection<Sqlite>),
    #[cfg(feature = "mysql")]
    MySql(PoolConnection<sqlx::MySql>),
    #[cfg(feature = "postgres")]
    Postgres(PoolConnection<sqlx::Postgres>),
}

/// Runs a statement with its arguments on a connection of one database.
macro_rules! with {
    ($self:ident, $connection:ident => $body:expr) => {
        match $self {
            Connection::Sqlite($connection) => $body,
            #[cfg(feature = "mysql")]
            Connection::MySql($connection) => $body,
            #[cfg(feature = "postgres")]
            Connection::Postgres($connection) => $body,
        }
    };
}

/// A statement with its arguments.
macro_rules! bound {
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query($sql);
        for value in $values {
            query = match value.clone() {
                Value::Null(Type::Integer) => query.bind(None::<i64>),
                Value::Null(Type::Real) => query.bind(None::<f64>),
                Value::Null(Type::Text) => query.bind(None::<String>),
                Value::Null(Type::Bytes) => query.bind(None::<Vec<u8>>),
                Value::Integer(number) => query.bind(number),
                Value::Real(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
                Value::Bytes(bytes) => query.bind(bytes),
            };
        }
        query
    }};
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
        let sql = self.dialect().statement(sql).into_owned();
        let sql = sqlx::AssertSqlSafe(sql);
        Ok(
            with!(self, connection => bound!(sql, values).execute(&mut **connection).await?.rows_affected()),
        )
    }

    /// Runs statements without arguments, such as those that begin and end a transaction.
    pub(crate) async fn run(&mut self, sql: &'static str) -> Result<(), Error> {
        with!(self, connection => { connection.execute(sql).await?; });
        Ok(())
    }

    pub(crate) async fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
        let sql = self.dialect().statement(sql).into_owned();
        let sql = sqlx::AssertSqlSafe(sql);
        match self {
            Self::Sqlite(connection) => {
                let rows = bound!(sql, values).fetch_all(&mut **connection).await?;
                rows.iter().map(row_of_sqlite).collect()
            }
            #[cfg(feature = "mysql")]
            Self::MySql(connection) => {
                let rows = bound!(sql, values).fetch_all(&mut **connection).await?;
                rows.iter().map(row_of_mysql).collect()
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => {
                let rows = bound!(sql, values).fetch_all(&mut **connection).await?;
                rows.iter().map(row_of_postgres).collect()
            }
        }
    }

    /// Closes the connection, since its state is not known.
    pub(crate) fn close(self) {
        with!(self, connection => { let mut connection = connection; connection.close_on_drop(); });
    }

    /// Whether the server or the file is there.
    pub(crate) async fn ping(&mut self) -> Result<(), Error> {
        with!(self, connection => connection.ping().await?);
        Ok(())
    }
}

/// Reads the columns of a row by the names of their types.
macro_rules! row {
    ($name:ident, $row:ty, $null:expr, { $($($type:pat_param)|+ => $kind:ident),* $(,)? }) => {
        fn $name(row: &$row) -> Result<Row, Error> {
            let values = (0..row.len()).map(|index| {
                let value = row.try_get_raw(index)?;
                let written = value.type_info();
                // A value of SQLite has a type of its own, and an expression has no other.
                let name = match written.name() {
                    "NULL" => row.column(index).type_info().name().to_owned(),
                    name => name.to_owned(),
                };
                if value.is_null() {
                    return Ok(Value::Null(match name.as_str() {
                        $($($type)|+ => Type::$kind,)*
                        _ => $null,
                    }));
                }
                Ok(match name.as_str() {
                    $($($type)|+ => Value::$kind(row.try_get(index)?),)*
                    // A key of MariaDB.
                    "VARBINARY" => text(row.try_get(index)?)?,
                    other => {
                        let message = format!("column {index} has the type {other}");
                        return Err(sqlx::Error::Decode(message.into()).into());
                    }
                })
            });
            values.collect::<Result<_, Error>>().map(Row)
        }
    };
}

fn text(bytes: Vec<u8>) -> Result<Value, Error> {
    let text = String::from_utf8(bytes).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Value::Text(text))
}

row!(row_of_sqlite, SqliteRow, Type::Text, {
    "INTEGER" => Integer, "REAL" => Real, "TEXT" => Text, "BLOB" => Bytes,
});

#[cfg(feature = "mysql")]
row!(row_of_mysql, sqlx::mysql::MySqlRow, Type::Text, {
    "BIGINT" | "INT" => Integer,
    "DOUBLE" => Real,
    "VARCHAR" | "TEXT" | "MEDIUMTEXT" | "LONGTEXT" | "CHAR" => Text,
    "BLOB" | "MEDIUMBLOB" | "LONGBLOB" => Bytes,
});

#[cfg(feature = "postgres")]
row!(row_of_postgres, sqlx::postgres::PgRow, Type::Text, {
    "INT8" => Integer, "FLOAT8" => Real, "TEXT" | "VARCHAR" => Text, "BYTEA" => Bytes,
});
