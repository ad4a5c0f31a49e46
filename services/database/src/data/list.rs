//! A part of a list.

use schemars::JsonSchema;
use serde::Serialize;

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
