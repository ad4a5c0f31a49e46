//! How values are written and read: XML, and content codings.

pub(crate) mod coding;
pub(crate) mod xml;
