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

/// These parts, one after the other.
pub(crate) fn bytes(parts: &[&[u8]]) -> Bytes {
    let length = parts.iter().map(|part| part.len()).sum();
    if length > LARGEST {
        return parts.concat().into();
    }
    CHUNK.with_borrow_mut(|chunk| {
        if chunk.capacity() < length {
            chunk.reserve(SIZE);
        }
        parts.iter().for_each(|part| chunk.extend_from_slice(part));
        chunk.split().freeze()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined() {
        assert_eq!(bytes(&[b"ab", b"", b"c"]), "abc");
        assert_eq!(bytes(&[&[1; 300], &[2; 300]]), [[1; 300], [2; 300]].concat());
        assert_eq!(bytes(&[]), "");
    }

    #[test]
    fn what_was_cut_off_stays_as_it_is() {
        let pieces = (0..=255).map(|byte| [byte; 100]);
        let all: Vec<_> = pieces.clone().map(|piece| bytes(&[&piece])).collect();
        assert!(all.iter().zip(pieces).all(|(bytes, piece)| *bytes == piece.as_slice()));
    }
}
