//! A resource, and where it is mounted.

use std::sync::Arc;

use super::policy::Manners;
use crate::{
    declaration::{Mount, Operations},
    resource::Erased,
};

/// A resource, and where it is.
#[derive(Debug)]
pub(crate) struct Mounting {
    pub(crate) prefix: String,
    pub(crate) mount: Mount,
    pub(crate) operations: Operations,
    pub(crate) resource: Arc<dyn Erased>,
    /// The layers of nested applications that stand before it, if any.
    pub(crate) group: Option<usize>,
    /// The manners of the nested application it came with, where it did.
    pub(crate) manners: Option<Manners>,
}

impl Mounting {
    pub(crate) fn path(&self) -> String {
        format!("{}{}", self.prefix, self.mount.path)
    }
}
