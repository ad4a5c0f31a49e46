//! All that a service has of a user, as lines that another one takes over.
//!
//! The first line says whose the rows are, each line after it is a row, and the last one says how many there are. Neither side
//! has them in memory: the rows of a user who is frozen do not change, so they are read page by page, and they are written to a
//! file before the transaction that takes them over begins.

mod export;
mod import;
mod line;
