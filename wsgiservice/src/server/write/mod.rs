//! Writing to sockets: what the connections of a thread write is sent in batches.

mod batch;
mod half;

pub(super) use self::{
    batch::{end_turn, flush, flush_task},
    half::WriteHalf,
};
