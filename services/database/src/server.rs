//! Statements and rows of the servers, by sqlx.

use sqlx::{Row as _, TypeInfo, ValueRef};

use crate::{
    error::{Error, ErrorKind},
    value::{Row, Type, Value},
};

/// A statement with its arguments.
macro_rules! bound {
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query(sqlx::AssertSqlSafe(String::from($sql)));
        for value in $values {
            query = match value.clone() {
                $crate::Value::Null($crate::Type::Integer) => query.bind(None::<i64>),
                $crate::Value::Null($crate::Type::Real) => query.bind(None::<f64>),
                $crate::Value::Null($crate::Type::Text) => query.bind(None::<String>),
                $crate::Value::Null($crate::Type::Bytes) => query.bind(None::<Vec<u8>>),
                $crate::Value::Integer(number) => query.bind(number),
                $crate::Value::Real(number) => query.bind(number),
                $crate::Value::Text(text) => query.bind(text),
                $crate::Value::Bytes(bytes) => query.bind(bytes),
            };
        }
        query
    }};
}

pub(crate) use bound;

/// Reads by several statements in a transaction, which ends even if nobody waits for the rows any more.
macro_rules! snapshot {
    ($self:ident, $pool:ident, $begin:ident, $statements:ident, $row_of:ident) => {{
        let mut transaction = $pool.begin_with($begin).await?;
        let mut read = Vec::with_capacity($statements.len());
        for statement in &$statements {
            let sql = &*$self.dialect().statement(&statement.sql);
            let query = $crate::server::bound!(sql, &statement.values);
            let rows = query.fetch_all(&mut *transaction).await?;
            let rows = rows.iter().map($crate::server::$row_of);
            read.push(rows.collect::<Result<Vec<_>, Error>>()?);
        }
        transaction.commit().await?;
        Ok(read)
    }};
}

pub(crate) use snapshot;

/// Reads the columns of a row by the names of their types.
macro_rules! row {
    ($name:ident, $row:ty, { $($($type:pat_param)|+ => $kind:ident),* $(,)? }) => {
        pub(crate) fn $name(row: &$row) -> Result<Row, Error> {
            let values = (0..row.len()).map(|index| {
                let value = row.try_get_raw(index)?;
                let written = value.type_info();
                let name = written.name();
                if value.is_null() {
                    return Ok(Value::Null(match name {
                        $($($type)|+ => Type::$kind,)*
                        _ => Type::Text,
                    }));
                }
                Ok(match name {
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

#[cfg(feature = "mysql")]
row!(row_of_mysql, sqlx::mysql::MySqlRow, {
    "BIGINT" | "INT" => Integer,
    "DOUBLE" => Real,
    "VARCHAR" | "TEXT" | "MEDIUMTEXT" | "LONGTEXT" | "CHAR" => Text,
    "BLOB" | "MEDIUMBLOB" | "LONGBLOB" => Bytes,
});

#[cfg(feature = "postgres")]
row!(row_of_postgres, sqlx::postgres::PgRow, {
    "INT8" => Integer, "FLOAT8" => Real, "TEXT" | "VARCHAR" => Text, "BYTEA" => Bytes,
});

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::new(kind(&error), error)
    }
}

fn kind(error: &sqlx::Error) -> ErrorKind {
    match error {
        sqlx::Error::Database(reported) if reported.is_unique_violation() => ErrorKind::Unique,
        sqlx::Error::Database(reported) => {
            #[cfg(feature = "mysql")]
            if let Some(error) = reported.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
                && let Some(kind) = kind_of_mysql(error.number())
            {
                return kind;
            }
            match reported.code().as_deref() {
                // Serialization failures and deadlocks.
                Some("40001" | "40P01") => ErrorKind::Conflict,
                Some(code) if is_temporary(code) => ErrorKind::Unavailable,
                _ => ErrorKind::Other,
            }
        }
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
            ErrorKind::Unavailable
        }
        _ => ErrorKind::Other,
    }
}

/// What MariaDB tells by a number, where its code is that of many errors.
#[cfg(feature = "mysql")]
fn kind_of_mysql(number: u16) -> Option<ErrorKind> {
    Some(match number {
        // A table, a column or an index.
        1050 | 1060 | 1061 => ErrorKind::Exists,
        // A lock that was waited for too long, and a row that has changed since it was read.
        1205 | 1020 => ErrorKind::Conflict,
        // The disk or a table is full.
        1021 | 1114 => ErrorKind::Unavailable,
        _ => return None,
    })
}

/// Whether a server cannot be reached (class 08), has no room or no connections, or is stopping (classes 53 and 57).
fn is_temporary(code: &str) -> bool {
    code.len() == 5 && ["08", "53", "57"].iter().any(|class| code.starts_with(class))
}
