//! `Range` (RFC 9110, section 14.2), in bytes.
//!
//! The crate `headers` accepts a range that begins after the end of the content and rejects a suffix that is longer than
//! the content, so the field is parsed here.

use std::ops::Range;

use http::{HeaderMap, header};

/// The maximum number of ranges in a request; a request with more gets the complete content.
const MAX_RANGES: usize = 16;

/// The ranges that a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ranges {
    /// The complete content: the field is absent or not understood.
    Whole,
    /// These ranges, in order; none is empty.
    Parts(Vec<Range<usize>>),
    /// No range overlaps the content.
    Unsatisfiable,
}

impl Ranges {
    /// Reads the ranges from the fields of a request, for content of `length` bytes.
    pub(crate) fn of(fields: &HeaderMap, length: usize) -> Self {
        let mut values = fields.get_all(header::RANGE).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return Self::Whole };
        let text = value.to_str().unwrap_or_default();
        let Some((unit, list)) = text.split_once('=') else { return Self::Whole };
        if !unit.eq_ignore_ascii_case("bytes") {
            return Self::Whole;
        }
        let specs: Vec<_> =
            list.split(',').map(str::trim).filter(|spec| !spec.is_empty()).collect();
        let ranges: Option<Vec<_>> = specs.into_iter().map(|spec| range(spec, length)).collect();
        match ranges {
            Some(ranges) if !ranges.is_empty() && ranges.len() <= MAX_RANGES => {
                Self::satisfiable(ranges, length)
            }
            _ => Self::Whole,
        }
    }

    /// Falls back to the complete content if the parts together are larger (RFC 9110, section 17.15).
    fn satisfiable(ranges: Vec<Range<usize>>, length: usize) -> Self {
        let parts: Vec<_> = ranges.into_iter().filter(|range| !range.is_empty()).collect();
        let sum = parts.iter().fold(0usize, |sum, part| sum.saturating_add(part.len()));
        match parts.is_empty() {
            true => Self::Unsatisfiable,
            false if sum > length => Self::Whole,
            false => Self::Parts(parts),
        }
    }
}

/// Parses `first-last`, `first-` or `-count`; the range is empty if it begins after the end, `None` if it is malformed.
fn range(spec: &str, length: usize) -> Option<Range<usize>> {
    let (first, last) = spec.split_once('-')?;
    if first.is_empty() {
        let count = number(last)?;
        return Some(length.saturating_sub(count)..length);
    }
    let first = number(first)?;
    if last.is_empty() {
        return Some(first..length.max(first));
    }
    let last = number(last)?;
    (first <= last).then(|| first..last.saturating_add(1).min(length).max(first))
}

/// Parses digits only; a number that overflows becomes the maximum.
fn number(text: &str) -> Option<usize> {
    let is_number = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str, length: usize) -> Ranges {
        let value = HeaderValue::from_str(text).expect("a value");
        Ranges::of(&HeaderMap::from_iter([(header::RANGE, value)]), length)
    }

    fn parts(ends: &[(usize, usize)]) -> Ranges {
        Ranges::Parts(ends.iter().map(|(start, end)| *start..*end).collect())
    }

    #[test]
    fn both_ends_of_a_range_are_inclusive() {
        assert_eq!(of("bytes=0-0", 10), parts(&[(0, 1)]));
        assert_eq!(of("bytes=2-4, 6-7", 10), parts(&[(2, 5), (6, 8)]));
    }

    #[test]
    fn the_unit_is_case_insensitive() {
        assert_eq!(of("Bytes=0-0", 10), parts(&[(0, 1)]));
    }

    #[test]
    fn a_range_is_cut_at_the_end_of_the_content() {
        assert_eq!(of("bytes=5-", 10), parts(&[(5, 10)]));
        assert_eq!(of("bytes=5-99", 10), parts(&[(5, 10)]));
        assert_eq!(of("bytes=-3", 10), parts(&[(7, 10)]));
        assert_eq!(of("bytes=-99999999999999999999999", 10), parts(&[(0, 10)]));
    }

    #[test]
    fn a_range_after_the_end_is_unsatisfiable() {
        assert_eq!(of("bytes=10-", 10), Ranges::Unsatisfiable);
        assert_eq!(of("bytes=-0", 10), Ranges::Unsatisfiable);
        assert_eq!(of("bytes=0-", 0), Ranges::Unsatisfiable);
        assert_eq!(of("bytes=10-, 0-1", 10), parts(&[(0, 2)]));
    }

    #[test]
    fn a_malformed_field_is_ignored() {
        for text in
            ["lines=1-2", "bytes", "bytes=", "bytes=2-1", "bytes=a-b", "bytes=+1-2", "bytes=--1"]
        {
            assert_eq!(of(text, 10), Ranges::Whole, "{text}");
        }
        assert_eq!(of(&format!("bytes={}", "0-1,".repeat(17)), 10), Ranges::Whole);
    }

    #[test]
    fn parts_larger_than_the_content_are_the_complete_content() {
        assert_eq!(of("bytes=0-, 0-, 0-", 10), Ranges::Whole);
        assert_eq!(of("bytes=0-4, 5-", 10), parts(&[(0, 5), (5, 10)]));
    }

    proptest! {
        #[test]
        fn parts_lie_within_the_content(text in "bytes=[0-9, -]{0,30}", length in 0..100usize) {
            if let Ranges::Parts(parts) = of(&text, length) {
                prop_assert!(parts.iter().all(|part| part.start < part.end && part.end <= length));
            }
        }
    }
}
