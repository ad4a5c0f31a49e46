//! The cookies of a request (RFC 6265, section 4.2).

/// Returns the names and the values in a line of `Cookie`. What is not a pair is ignored, as clients send what any site of
/// the domain has set.
///
/// Values are as they were sent: the standard has no encoding for them, and quotation marks are part of them.
pub(crate) fn pairs(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = line.split(';').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.trim(), value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(line: &str) -> Vec<(&str, &str)> {
        pairs(line).collect()
    }

    #[test]
    fn a_line_has_several_pairs() {
        assert_eq!(all("a=1; b=2;c = 3 ;"), [("a", "1"), ("b", "2"), ("c", "3")]);
    }

    #[test]
    fn a_value_is_as_it_was_sent() {
        assert_eq!(all(r#"a="x%20=y=="; b="#), [("a", r#""x%20=y==""#), ("b", "")]);
    }

    #[test]
    fn what_is_not_a_pair_is_ignored() {
        assert_eq!(all("; a; =; b=1"), [("", ""), ("b", "1")]);
    }
}
