//! The preconditions of a client, which are evaluated on an image.

use crate::work::{Conditions, Image};

impl Conditions {
    /// Whether they are true of what was there (RFC 9110, section 13.2.2). With `restore`, they are about the version at which
    /// it went.
    pub(crate) fn are_true(&self, image: &Image, restore: Option<i64>) -> bool {
        let tag = image.version.filter(|_| image.is_present() == restore.is_none());
        if restore.is_some() && (tag.is_none() || self.if_match.is_none() && tag != restore) {
            return false;
        }
        let has = |list: &String, compare| tag.is_some_and(|tag| list_has(list, tag, compare));
        self.if_match.as_ref().is_none_or(|list| has(list, Comparison::Strong))
            && !self.if_none_match.as_ref().is_some_and(|list| has(list, Comparison::Weak))
    }
}

/// How tags are compared (RFC 9110, section 8.8.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

/// Whether a list of entity tags contains the tag of a version, or of one of its representations. A malformed list contains
/// no tags.
fn list_has(list: &str, version: i64, comparison: Comparison) -> bool {
    if list.trim() == "*" {
        return true;
    }
    let version = version.to_string();
    let is_of_version = |(is_weak, tag): &(bool, &str)| {
        let rest = tag.strip_prefix(&version);
        (comparison == Comparison::Weak || !is_weak)
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    tags(list).is_some_and(|tags| tags.iter().any(is_of_version))
}

/// The tags of a list, and whether each is weak; `None` if it is no list.
fn tags(list: &str) -> Option<Vec<(bool, &str)>> {
    let is_blank = |character: char| character.is_ascii_whitespace() || character == ',';
    let mut tags = Vec::new();
    let mut rest = list.trim_start_matches(is_blank);
    while !rest.is_empty() {
        let is_weak = rest.starts_with("W/");
        let (tag, next) =
            rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?.split_once('"')?;
        tags.push((is_weak, tag));
        let next = next.trim_ascii_start();
        if !(next.is_empty() || next.starts_with(',')) {
            return None;
        }
        rest = next.trim_start_matches(is_blank);
    }
    Some(tags)
}

/// The version that a query wants to be restored.
pub(super) fn restore(query: &str) -> Option<i64> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == "restore").and_then(|(_, value)| value.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::State;

    #[test]
    fn they_are_evaluated_on_the_image() {
        let conditions = |if_match: Option<&str>, if_none_match: Option<&str>| Conditions {
            if_match: if_match.map(str::to_owned),
            if_none_match: if_none_match.map(str::to_owned),
        };
        let present = Image { state: State::TooLarge, version: Some(17) };
        let gone = Image { state: State::Absent, version: Some(17) };
        let never = Image { state: State::Absent, version: None };
        for (if_match, if_none_match, expected) in [
            (None, None, [true, true, true]),
            (Some("*"), None, [true, false, false]),
            (Some("\"17\""), None, [true, false, false]),
            (Some("\"1\", \"17_json\""), None, [true, false, false]),
            (Some("\"171\""), None, [false, false, false]),
            (Some("W/\"17\""), None, [false, false, false]),
            (Some("W/\"1\",, \"17\","), None, [true, false, false]),
            (Some("\"x,17\""), None, [false, false, false]),
            (Some("\"*\""), None, [false, false, false]),
            (Some("17"), None, [false, false, false]),
            (None, Some("W/\"17\""), [false, true, true]),
            (None, Some("\"*\""), [true, true, true]),
            (None, Some("17"), [true, true, true]),
            (None, Some("*"), [false, true, true]),
            (None, Some("\"17_json\""), [false, true, true]),
            (None, Some("\"18\""), [true, true, true]),
        ] {
            let conditions = conditions(if_match, if_none_match);
            let actual = [&present, &gone, &never].map(|image| conditions.are_true(image, None));
            assert_eq!(actual, expected, "{conditions:?}");
        }
        for (if_match, restore, expected) in [
            (None, 17, [false, true, false]),
            (None, 16, [false, false, false]),
            (Some("\"17\""), 16, [false, true, false]),
            (Some("\"16\""), 17, [false, false, false]),
        ] {
            let conditions = conditions(if_match, None);
            let actual =
                [&present, &gone, &never].map(|image| conditions.are_true(image, Some(restore)));
            assert_eq!(actual, expected, "{conditions:?} {restore}");
        }
    }
}
