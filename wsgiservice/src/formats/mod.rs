//! Reading and writing values, with a module for each format.

pub(crate) mod coding;
mod elements;
pub(crate) mod form;
pub(crate) mod json;
mod mismatch;
mod scratch;
mod strict;
mod tree;
pub(crate) mod xml;
