//! A part of a list.

use schemars::JsonSchema;
use serde::Serialize;

use super::Failure;
use crate::{Error, Row, Statement, Value, values};

/// A part of a list of things of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ListOf{T}")]
pub struct List<T> {
    /// The things.
    pub items: Vec<T>,
    /// The position of the first of them, from 1.
    pub start: u32,
    /// How many were asked for, at most.
    pub count: u32,
    /// How many there are in all.
    pub total: u64,
}

/// The statements that read a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Counts the rows.
    pub total: &'static str,
    /// Reads some of them. It has the same arguments, and ends with `LIMIT ? OFFSET ?`.
    pub page: &'static str,
}

impl Listing {
    /// The part from a position on, from 1, with at most so many rows.
    #[must_use]
    pub fn part(self, values: &[Value], start: u32, count: u32) -> Part<'_> {
        Part { listing: self, values, start, count }
    }
}

/// A part of a list that is read.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    listing: Listing,
    values: &'a [Value],
    start: u32,
    count: u32,
}

impl Part<'_> {
    /// The statements whose rows [`read`](Self::read) takes.
    #[must_use]
    pub fn statements(&self) -> [Statement; 2] {
        let page = [self.values, &values![self.count, self.start.saturating_sub(1)]].concat();
        [Statement::new(self.listing.total, self.values), Statement::new(self.listing.page, page)]
    }

    /// The list of what the function makes of each row.
    ///
    /// # Errors
    ///
    /// If a row has other columns.
    pub fn read<T>(
        &self,
        [total, rows]: [Vec<Row>; 2],
        of: impl Fn(&Row) -> Result<T, Error>,
    ) -> Result<List<T>, Failure> {
        let total = total.first().map_or(Ok(0), |row| row.get::<i64>(0))?.unsigned_abs();
        let items = rows.iter().map(of).collect::<Result<_, _>>()?;
        Ok(List { items, start: self.start, count: self.count, total })
    }
}
