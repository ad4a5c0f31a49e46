//! The known name that an unknown name is similar to, for the help in an error.

/// The first candidate that becomes the word if one character at most is added, removed or replaced, or if two neighbours change
/// places.
///
/// ```
/// use wsgiservice_grammar::similar::nearest;
///
/// let known = ["format", "len", "range"];
///
/// assert_eq!(nearest("rnge", known), Some("range"));
/// assert_eq!(nearest("lens", known), Some("len"));
/// assert_eq!(nearest("pattern", known), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates.into_iter().find(|candidate| is_one_edit(word, candidate))
}

fn is_one_edit(one: &str, other: &str) -> bool {
    let same_start = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let (one, other) = (one.chars().skip(same_start), other.chars().skip(same_start));
    let (one_less, other_less) = (one.clone().skip(1), other.clone().skip(1));
    one_less.clone().eq(other_less.clone())
        || one_less.eq(other.clone())
        || one.clone().eq(other_less)
        || is_swapped(one, other)
}

/// Whether the first two characters change places.
fn is_swapped(mut one: impl Iterator<Item = char>, mut other: impl Iterator<Item = char>) -> bool {
    let starts = ((one.next(), one.next()), (other.next(), other.next()));
    let ((Some(a), Some(b)), (Some(c), Some(d))) = starts else { return false };
    (a, b) == (d, c) && one.eq(other)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_character_may_be_added_removed_or_replaced_and_two_may_be_swapped() {
        for word in ["get", "gt", "gets", "git", "et", "ge", "gett", "öget"] {
            assert_eq!(nearest(word, ["get"]), Some("get"), "{word}");
        }
        for word in ["gte", "egt"] {
            assert_eq!(nearest(word, ["get"]), Some("get"), "{word}");
        }
        for word in ["", "g", "teg", "tge", "gtes", "getss", "goat", "gööt"] {
            assert_eq!(nearest(word, ["get"]), None, "{word}");
        }
    }

    #[test]
    fn the_first_candidate_is_nearest() {
        assert_eq!(nearest("pot", ["put", "post"]), Some("put"));
        assert_eq!(nearest("", ["é"]), Some("é"));
        assert_eq!(nearest("é", ["ê", ""]), Some("ê"));
    }

    proptest! {
        #[test]
        fn similarity_is_mutual(one in "[abé]{0,4}", other in "[abé]{0,4}") {
            prop_assert_eq!(is_one_edit(&one, &other), is_one_edit(&other, &one));
        }
    }
}
