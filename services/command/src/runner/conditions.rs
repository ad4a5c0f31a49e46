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
        let matches = |list: &String| tag.is_some_and(|tag| list_has(list, tag));
        self.if_match.as_ref().is_none_or(matches)
            && !self.if_none_match.as_ref().is_some_and(matches)
    }
}

/// Whether a list of entity tags has that of a version, or of one of its representations.
fn list_has(list: &str, version: i64) -> bool {
    let version = version.to_string();
    list.split(',').map(str::trim).any(|tag| {
        let tag = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
        let rest = tag.strip_prefix(&version);
        tag == "*" || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    })
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
