//! SQL that all databases understand, and what they write differently.

use std::{borrow::Cow, fmt::Write};

/// A database, by what its SQL looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// MariaDB, MySQL and what speaks their protocol.
    #[cfg(feature = "mysql")]
    MySql,
    /// PostgreSQL and what speaks its protocol.
    #[cfg(feature = "postgres")]
    Postgres,
}

impl Dialect {
    /// A statement with the types of its columns: `{key}` is a text in a key, `{text}`, `{bytes}`, `{integer}`, `{real}`.
    pub(crate) fn schema(self, statement: &str) -> String {
        let types = match self {
            Self::Sqlite => ["TEXT", "TEXT", "BLOB", "INTEGER", "REAL"],
            // A key is compared byte by byte, with the spaces at its end, as the others do. It has 190 characters of 4 bytes.
            #[cfg(feature = "mysql")]
            Self::MySql => [
                "VARBINARY(760)",
                "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
                "LONGBLOB",
                "BIGINT",
                "DOUBLE",
            ],
            #[cfg(feature = "postgres")]
            Self::Postgres => ["TEXT COLLATE \"C\"", "TEXT", "BYTEA", "BIGINT", "DOUBLE PRECISION"],
        };
        let mut written = statement.to_owned();
        for (name, sql) in ["{key}", "{text}", "{bytes}", "{integer}", "{real}"].iter().zip(types) {
            written = written.replace(name, sql);
        }
        written
    }

    /// What lets one process at a time change the schema: the statement before it, and the one after it is committed.
    pub(crate) fn alone(self) -> (Option<&'static str>, Option<&'static str>) {
        match self {
            // It has one writer.
            Self::Sqlite => (None, None),
            #[cfg(feature = "mysql")]
            Self::MySql => (
                Some("SELECT GET_LOCK(CONCAT('migration ', MD5(DATABASE())), 60)"),
                Some("SELECT RELEASE_LOCK(CONCAT('migration ', MD5(DATABASE())))"),
            ),
            // It ends with the transaction.
            #[cfg(feature = "postgres")]
            Self::Postgres => {
                (Some("SELECT 1::BIGINT FROM pg_advisory_xact_lock(749162033)"), None)
            }
        }
    }

    /// A statement whose arguments are written `?`.
    pub(crate) fn statement(self, sql: &str) -> Cow<'_, str> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres => Cow::Owned(numbered(sql)),
            _ => Cow::Borrowed(sql),
        }
    }

    /// A statement that inserts a row, unless one with its key is there.
    #[must_use]
    pub fn insert_or_ignore(self, table: &str, columns: &[&str]) -> String {
        let values = insert(table, columns);
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql => values.replacen("INSERT", "INSERT IGNORE", 1),
            _ => format!("{values} ON CONFLICT DO NOTHING"),
        }
    }

    /// A statement that inserts a row, or replaces the columns of the one with its key.
    #[must_use]
    pub fn upsert(self, table: &str, key: &[&str], columns: &[&str]) -> String {
        let values = insert(table, &[key, columns].concat());
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql => {
                let set: Vec<_> = columns.iter().map(|it| format!("{it} = VALUES({it})")).collect();
                format!("{values} ON DUPLICATE KEY UPDATE {}", set.join(", "))
            }
            _ => {
                let set: Vec<_> =
                    columns.iter().map(|it| format!("{it} = excluded.{it}")).collect();
                format!(
                    "{values} ON CONFLICT ({}) DO UPDATE SET {}",
                    key.join(", "),
                    set.join(", ")
                )
            }
        }
    }
}

/// A statement that inserts a row.
pub(crate) fn insert(table: &str, columns: &[&str]) -> String {
    let places = vec!["?"; columns.len()].join(", ");
    format!("INSERT INTO {table} ({}) VALUES ({places})", columns.join(", "))
}

/// Numbers the arguments, as PostgreSQL has them.
#[cfg_attr(
    not(any(test, feature = "postgres")),
    expect(dead_code, reason = "only PostgreSQL has numbers")
)]
fn numbered(sql: &str) -> String {
    let mut written = String::with_capacity(sql.len() + 8);
    let (mut number, mut is_quoted) = (0, false);
    for character in sql.chars() {
        match character {
            '?' if !is_quoted => {
                number += 1;
                write!(written, "${number}").unwrap_or_default();
            }
            _ => {
                is_quoted ^= character == '\'';
                written.push(character);
            }
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_numbered_outside_of_texts() {
        assert_eq!(
            numbered("SELECT '?' FROM t WHERE a = ? AND b = ?"),
            "SELECT '?' FROM t WHERE a = $1 AND b = $2"
        );
    }

    #[test]
    fn a_row_is_inserted_or_ignored_or_replaced() {
        assert_eq!(
            Dialect::Sqlite.insert_or_ignore("t", &["a", "b"]),
            "INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT DO NOTHING"
        );
        assert_eq!(
            Dialect::Sqlite.upsert("t", &["a"], &["b", "c"]),
            "INSERT INTO t (a, b, c) VALUES (?, ?, ?) ON CONFLICT (a) DO UPDATE SET b = excluded.b, c = excluded.c"
        );
    }
}
