//! XML: values written as elements, and elements read as values.

pub(crate) mod read;
pub(crate) mod write;
