//! What was computed for a value of a header field, so that a value that clients repeat is not parsed again.

use std::cell::RefCell;

use http::HeaderValue;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The number of results that a thread remembers.
const SLOTS: usize = 64;

/// The longest value that is remembered, in bytes. Those of browsers have less than 150.
const MAX_LENGTH: usize = 256;

thread_local! {
    /// Without it, parsing `Accept` and `Accept-Encoding` takes 3,700 instructions for curl and 21,900 for Firefox
    /// (`benches/README.md`).
    static MEMO: RefCell<Vec<Option<Remembered>>> = const { RefCell::new(Vec::new()) };
}

/// A value, with the position that was selected for it.
struct Remembered {
    /// The list in which the position is.
    list: u64,
    value: Box<[u8]>,
    position: Option<usize>,
}

/// Returns the position in a list that `select` selects for a value. The list is identified by a number.
///
/// A result may be forgotten in favour of another one, so that clients with many values cannot take more memory.
pub(crate) fn position(
    list: u64,
    value: &HeaderValue,
    select: impl FnOnce() -> Option<usize>,
) -> Option<usize> {
    let bytes = value.as_bytes();
    if bytes.len() > MAX_LENGTH {
        return select();
    }
    let slot = xxh3_64_with_seed(bytes, list) as usize % SLOTS;
    MEMO.with_borrow_mut(|memo| {
        if memo.is_empty() {
            memo.resize_with(SLOTS, || None);
        }
        let Some(slot) = memo.get_mut(slot) else { return select() };
        match slot {
            Some(it) if it.list == list && *it.value == *bytes => it.position,
            _ => {
                let position = select();
                *slot = Some(Remembered { list, value: bytes.into(), position });
                position
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_was_seen_is_not_parsed_again() {
        let value = HeaderValue::from_static("a");
        assert_eq!(position(1, &value, || Some(7)), Some(7));
        assert_eq!(position(1, &value, || panic!("it was seen")), Some(7));
    }

    #[test]
    fn a_list_has_its_own_positions() {
        let value = HeaderValue::from_static("a");
        for list in 0..1000 {
            assert_eq!(position(list, &value, || Some(list as usize)), Some(list as usize));
        }
    }

    #[test]
    fn many_values_are_told_apart() {
        for number in 0..1000 {
            let value = HeaderValue::from(number);
            assert_eq!(position(2, &value, || Some(number)), Some(number));
        }
    }

    #[test]
    fn a_long_value_is_not_kept() {
        let value = HeaderValue::try_from("a".repeat(MAX_LENGTH + 1)).expect("a value");
        assert_eq!(position(3, &value, || Some(1)), Some(1));
        assert_eq!(position(3, &value, || Some(2)), Some(2));
    }
}
