//! A statement that reads.

use crate::value::Value;

/// A statement that reads, whose arguments are written `?`, with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

impl Statement {
    /// A statement with its arguments.
    ///
    /// ```
    /// use database::{Statement, values};
    ///
    /// let _ = Statement::new("SELECT text FROM note WHERE id = ?", values!["a"]);
    /// ```
    #[must_use]
    pub fn new(sql: impl Into<String>, values: impl Into<Vec<Value>>) -> Self {
        Self { sql: sql.into(), values: values.into() }
    }
}
