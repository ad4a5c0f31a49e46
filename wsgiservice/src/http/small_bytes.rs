//! Small contents and field values, which share an allocation.
//!
//! Each thread has a chunk, off which they are cut one after the other; it is allocated once for hundreds of them.

use std::cell::RefCell;

use bytes::{Bytes, BytesMut};

/// How large a chunk is, in bytes. What is cut off keeps all of it, and so what is held for long must not be small.
const SIZE: usize = 4 << 10;

/// What is larger has an allocation of its own, in bytes.
const LARGEST: usize = 512;

thread_local! {
    static CHUNK: RefCell<BytesMut> = RefCell::default();
}

/// What is written, which is so long at the most.
pub(crate) fn bytes(most: usize, write: impl FnOnce(&mut BytesMut)) -> Bytes {
    if most > LARGEST {
        let mut own = BytesMut::with_capacity(most);
        write(&mut own);
        return own.freeze();
    }
    CHUNK.with_borrow_mut(|chunk| {
        if chunk.capacity() < most {
            chunk.reserve(SIZE);
        }
        write(chunk);
        chunk.split().freeze()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_given() {
        assert_eq!(bytes(8, |chunk| chunk.extend_from_slice(b"abc")), "abc");
        assert_eq!(bytes(1_000, |chunk| chunk.extend_from_slice(&[1; 1_000])), vec![1; 1_000]);
        assert_eq!(bytes(0, |_| {}), "");
    }

    #[test]
    fn what_was_cut_off_stays_as_it_is() {
        let pieces = (0..=255).map(|byte| [byte; 100]);
        let all: Vec<_> = pieces
            .clone()
            .map(|piece| bytes(100, |chunk| chunk.extend_from_slice(&piece)))
            .collect();
        assert!(all.iter().zip(pieces).all(|(bytes, piece)| *bytes == piece.as_slice()));
    }
}
