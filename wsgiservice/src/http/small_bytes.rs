//! Small bodies and field values, which share an allocation.
//!
//! Each thread has a chunk of memory, and [`bytes()`] cuts small values off it, one after the other. One allocation then
//! serves hundreds of values.
//!
//! # What the thread-local is worth
//! The chunk is a cache. With the buffer of `formats/scratch.rs`, it saves two allocations for each small body, without
//! which a request has more than three (`tests/allocations.rs`), and 190 instructions; requests per second are the same.

use std::cell::RefCell;

use bytes::{Bytes, BytesMut};

/// The size of a chunk, in bytes. A value keeps its whole chunk alive, so do not keep small values for long.
const CHUNK_SIZE: usize = 4 << 10;

/// The largest value that is cut off a chunk, in bytes. A larger one has an allocation of its own.
const MAX_SHARED: usize = 512;

thread_local! {
    static CHUNK: RefCell<BytesMut> = RefCell::default();
}

/// Returns what `write` appends, which must be at most `max_length` bytes.
pub(crate) fn bytes(max_length: usize, write: impl FnOnce(&mut BytesMut)) -> Bytes {
    if max_length > MAX_SHARED {
        let mut own = BytesMut::with_capacity(max_length);
        write(&mut own);
        return own.freeze();
    }
    CHUNK.with_borrow_mut(|chunk| {
        if chunk.capacity() < max_length {
            chunk.reserve(CHUNK_SIZE);
        }
        write(chunk);
        chunk.split().freeze()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_returned() {
        assert_eq!(bytes(8, |chunk| chunk.extend_from_slice(b"abc")), "abc");
        assert_eq!(bytes(1_000, |chunk| chunk.extend_from_slice(&[1; 1_000])), vec![1; 1_000]);
        assert_eq!(bytes(0, |_| {}), "");
    }

    #[test]
    fn later_values_do_not_change_earlier_ones() {
        let pieces = (0..=255).map(|byte| [byte; 100]);
        let all: Vec<_> = pieces
            .clone()
            .map(|piece| bytes(100, |chunk| chunk.extend_from_slice(&piece)))
            .collect();
        assert!(all.iter().zip(pieces).all(|(bytes, piece)| *bytes == piece.as_slice()));
    }
}
