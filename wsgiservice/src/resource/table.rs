//! The table of a resource, for the checks of `#[mount]`.

use std::marker::PhantomData;

use super::Resource;
use crate::declaration::Operations;

/// A struct of which method resolution decides whether it has a table.
///
/// Without `#[resource]`, the compiler reports where it is mounted that it has none, and not here once more.
#[derive(Debug)]
pub struct TableOf<R>(PhantomData<R>);

impl<R: Resource> TableOf<R> {
    /// The table of `#[resource]`.
    pub const OPERATIONS: Operations = R::OPERATIONS;
}

/// The same for a struct without `#[resource]`.
pub trait NoTable {
    /// A table that fits everything.
    const OPERATIONS: Operations = Operations::INVALID;
}

impl<R> NoTable for TableOf<R> {}
