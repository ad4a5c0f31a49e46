//! Sets of bytes.

/// A set of bytes with a fast look-up: in a table, where a comparison with several ranges would take several branches.
#[derive(Debug)]
pub(crate) struct ByteSet([bool; 256]);

impl ByteSet {
    /// Returns the set of these bytes.
    pub(crate) const fn of(bytes: &[u8]) -> Self {
        Self([false; 256]).with(bytes)
    }

    /// Returns the set with these bytes added.
    pub(crate) const fn with(mut self, mut bytes: &[u8]) -> Self {
        while let [byte, rest @ ..] = bytes {
            if let Some((_, [slot, ..])) = self.0.split_at_mut_checked(*byte as usize) {
                *slot = true;
            }
            bytes = rest;
        }
        self
    }

    /// Returns whether the byte is in the set.
    pub(crate) fn contains(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte)).is_some_and(|&contains| contains)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_contains_only_its_bytes() {
        let set = ByteSet::of(b"b\x00").with(b"\xFF");
        let contained: Vec<_> = (0..=0xFF).filter(|&byte| set.contains(byte)).collect();
        assert_eq!(contained, b"\x00b\xFF");
    }
}
