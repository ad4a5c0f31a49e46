//! Writing what a service has of a user.

use bytes::Bytes;
use futures_util::stream;
use wsgiservice::content::Body;

use super::{
    super::{Data, Failure, Placement, State, Table},
    line::{self, First, Last, Line},
};
use crate::{Row, Value, values};

/// The rows that are read at once: each can have a mebibyte.
const PAGE: usize = 32;

/// What was written so far, and of which table which key was the last.
struct Export {
    data: Data,
    placement: Placement,
    rows: usize,
    next: Next,
}

enum Next {
    First,
    Rows { table: usize, after: Option<Vec<Value>> },
    Last,
    Nothing,
}

impl Data {
    /// All that the service has of a user who is frozen at this version. If that changes meanwhile, the last line is missing.
    pub(in super::super) async fn export(&self, user: &str, version: i64) -> Result<Body, Failure> {
        let placement = self.frozen_at(user, version).await?;
        let export = Export { data: self.clone(), placement, rows: 0, next: Next::First };
        Ok(Body::of_stream(stream::try_unfold(export, Export::step)))
    }

    /// The placement of a user who is frozen at this version, so that no rows change.
    ///
    /// # Errors
    ///
    /// A 404 if the user is not known, a 409 if it is not frozen, or at another version.
    pub async fn frozen_at(&self, user: &str, version: i64) -> Result<Placement, Failure> {
        let placement = self.placement(user).await?.ok_or(Failure::Missing)?;
        if (placement.state, placement.version) != (State::Frozen, version) {
            let message = format!("the user is not frozen at version {version}");
            return Err(Failure::NotPlaced(message));
        }
        Ok(placement)
    }
}

impl Export {
    /// Writes some lines more.
    async fn step(mut self) -> Result<Option<(Bytes, Self)>, Failure> {
        let mut lines = Vec::new();
        self.next = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::First => {
                let Placement { user, version, counter, written, .. } = self.placement.clone();
                let service = self.data.0.service.to_owned();
                line::write(&mut lines, &First { service, user, version, counter, written })?;
                Next::Rows { table: 0, after: None }
            }
            Next::Rows { table, after } => match self.data.tables().nth(table) {
                Some(it) => {
                    let page = self.page(it, after).await?;
                    for row in &page {
                        line::write(&mut lines, &Line::of(it, row.values()))?;
                    }
                    self.rows += page.len();
                    match page.last().filter(|_| page.len() == PAGE) {
                        Some(last) => Next::Rows { table, after: Some(it.key_of(last)) },
                        None => Next::Rows { table: table + 1, after: None },
                    }
                }
                None => Next::Last,
            },
            Next::Last => {
                self.data.frozen_at(&self.placement.user, self.placement.version).await?;
                line::write(&mut lines, &Last { end: self.rows })?;
                Next::Nothing
            }
            Next::Nothing => return Ok(None),
        };
        Ok(Some((lines.into(), self)))
    }

    /// The next rows of a table, in the order of their keys.
    async fn page(&self, table: &Table, after: Option<Vec<Value>>) -> Result<Vec<Row>, Failure> {
        let columns: Vec<_> = table.columns.iter().map(|(name, _)| *name).collect();
        let key = table.key.join(", ");
        let mut sql =
            format!("SELECT {} FROM {} WHERE user_id = ?", columns.join(", "), table.name);
        let mut arguments = values![&self.placement.user].to_vec();
        if let Some(after) = after {
            let places = vec!["?"; after.len()].join(", ");
            sql += &format!(" AND ({key}) > ({places})");
            arguments.extend(after);
        }
        sql += &format!(" ORDER BY {key} LIMIT {PAGE}");
        Ok(self.data.0.database.query(&sql, &arguments).await?)
    }
}

impl Table {
    /// The key of a row.
    fn key_of(&self, row: &Row) -> Vec<Value> {
        let value = |key: &&str| {
            let columns = self.columns.iter().zip(row.values());
            columns.filter(|((name, _), _)| name == key).map(|(_, value)| value.clone()).next()
        };
        self.key.iter().filter_map(value).collect()
    }
}
