//! A buffer for each thread, into which a value is written before its size is known.

use std::cell::RefCell;

use bytes::Bytes;

use crate::http::small_bytes;

thread_local! {
    /// A cache; `small_bytes` has the figures of both.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The maximum capacity of the buffer that a thread keeps, in bytes.
const MAX_SCRATCH: usize = 64 << 10;

/// Returns what `write` appends to an empty buffer.
///
/// # Errors
/// Fails if `write` fails.
pub(crate) fn written<E>(write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<Bytes, E> {
    // Taken, not borrowed: the `Serialize` of a value may call this function again.
    let mut scratch = SCRATCH.take();
    scratch.clear();
    write(&mut scratch)?;
    let bytes = small_bytes::bytes(scratch.len(), |chunk| chunk.extend_from_slice(&scratch));
    if scratch.capacity() <= MAX_SCRATCH {
        SCRATCH.set(scratch);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &[u8]) -> Result<Bytes, ()> {
        written(|scratch| {
            scratch.extend_from_slice(text);
            Ok(())
        })
    }

    #[test]
    fn what_was_written_is_returned() {
        assert_eq!(text(b"abc").as_deref(), Ok(b"abc".as_slice()));
        assert_eq!(text(b"").as_deref(), Ok(b"".as_slice()));
        assert_eq!(text(&[1; 2 * MAX_SCRATCH]).as_deref(), Ok([1; 2 * MAX_SCRATCH].as_slice()));
    }

    #[test]
    fn a_value_is_written_while_another_is() {
        let outer = written(|scratch| {
            scratch.push(b'a');
            scratch.extend_from_slice(&text(b"inner")?);
            Ok::<_, ()>(())
        });
        assert_eq!(outer.as_deref(), Ok(b"ainner".as_slice()));
    }

    #[test]
    fn what_was_written_before_an_error_is_dropped() {
        let failed = written(|scratch| {
            scratch.push(b'a');
            Err(())
        });
        assert_eq!(failed, Err(()));
        assert_eq!(text(b"b").as_deref(), Ok(b"b".as_slice()));
    }

    #[test]
    fn a_large_buffer_is_not_kept() {
        assert!(text(&[1; 2 * MAX_SCRATCH]).is_ok());
        assert_eq!(SCRATCH.take().capacity(), 0);
    }
}
