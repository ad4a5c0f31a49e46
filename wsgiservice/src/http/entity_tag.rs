//! Entity tags, and lists of them (RFC 9110, sections 8.8.3, 13.1.1 and 13.1.2).

use std::fmt::{self, Display};

use bytes::BufMut;
use http::HeaderValue;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use smol_str::{SmolStr, ToSmolStr, format_smolstr};
use xxhash_rust::xxh3::xxh3_64;

use super::small_bytes;

/// The characters that a tag must not contain, and `%`, which escapes them.
const UNSAFE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// An entity tag, which identifies one state of a representation (RFC 9110, section 8.8.3).
///
/// A hook `etag` returns the tag of the resource; on the wire each representation gets its own.
///
/// ```
/// use wsgiservice::EntityTag;
///
/// let revision = EntityTag::strong(7);
/// assert_eq!(revision.to_string(), r#""7""#);
/// assert!(revision.strong_eq(&EntityTag::strong("7")));
/// assert!(!revision.strong_eq(&EntityTag::weak(7)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityTag {
    is_weak: bool,
    /// Latin-1, so that every byte that a client may send maps to a character.
    opaque: SmolStr,
}

/// What follows the tag of a resource in that of one of its variants: the extension and the coding.
pub(crate) type Suffix<'s> = [Option<&'s str>; 2];

impl EntityTag {
    /// Creates a strong tag, which changes with every byte of the content.
    ///
    /// Characters that a tag cannot contain, for example quotation marks and spaces, are percent-encoded.
    ///
    /// ```
    /// assert_eq!(wsgiservice::EntityTag::strong("a b").to_string(), r#""a%20b""#);
    /// ```
    pub fn strong(opaque: impl Display) -> Self {
        Self::new(false, &opaque.to_string())
    }

    /// Creates a weak tag, which stays the same while the content has the same meaning.
    ///
    /// ```
    /// assert_eq!(wsgiservice::EntityTag::weak(7).to_string(), r#"W/"7""#);
    /// ```
    pub fn weak(opaque: impl Display) -> Self {
        Self::new(true, &opaque.to_string())
    }

    fn new(is_weak: bool, opaque: &str) -> Self {
        Self { is_weak, opaque: utf8_percent_encode(opaque, UNSAFE).to_smolstr() }
    }

    /// Computes a strong entity tag from content.
    ///
    /// XXH3 is fast for content of any size, and two states collide by chance once in 2^64. It has no key, so that all instances of
    /// a service compute the same tag. Therefore a client that controls part of the content can construct two states with the same
    /// tag; the documentation of `etag = auto` says so.
    pub(crate) fn of_content(content: &[u8]) -> Self {
        Self::of_digest(xxh3_64(content))
    }

    /// Creates a strong tag from a digest.
    fn of_digest(digest: u64) -> Self {
        let mut text = [0; 16];
        let (first, second) = text.split_at_mut(8);
        first.copy_from_slice(&digits((digest >> 32) as u32));
        second.copy_from_slice(&digits(digest as u32));
        Self { is_weak: false, opaque: std::str::from_utf8(&text).unwrap_or_default().into() }
    }

    /// Returns whether the tag is weak.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.is_weak
    }

    /// Returns the text between the quotation marks.
    #[must_use]
    pub fn opaque(&self) -> &str {
        &self.opaque
    }

    /// Compares strongly: both tags are strong, and their text is equal (section 8.8.3.2).
    #[must_use]
    pub fn strong_eq(&self, other: &Self) -> bool {
        !self.is_weak && !other.is_weak && self.opaque == other.opaque
    }

    /// Compares weakly: the text of both tags is equal (section 8.8.3.2).
    #[must_use]
    pub fn weak_eq(&self, other: &Self) -> bool {
        self.opaque == other.opaque
    }

    /// The tag of one variant of the resource, with these parts as its suffix.
    pub(crate) fn with_suffix(&self, suffix: Suffix<'_>) -> Self {
        let mut opaque = self.opaque.clone();
        for part in suffix.into_iter().flatten() {
            opaque = format_smolstr!("{opaque}_{part}");
        }
        Self { is_weak: self.is_weak, opaque }
    }

    /// Whether this can be the tag of the variant with this suffix.
    pub(crate) fn has_suffix(&self, suffix: Suffix<'_>) -> bool {
        let tag = suffix.into_iter().flatten().rev().try_fold(self.opaque.as_str(), |tag, part| {
            tag.strip_suffix(part).and_then(|tag| tag.strip_suffix('_'))
        });
        tag.is_some()
    }

    /// The tag of one variant of the resource, as a field value.
    pub(crate) fn to_value(&self, suffix: Suffix<'_>) -> HeaderValue {
        let parts: usize = suffix.iter().flatten().map(|part| part.len()).sum();
        let most = self.opaque.len() + parts + r#"W/"__""#.len();
        let value = small_bytes::bytes(most, |value| {
            if self.is_weak {
                value.put_slice(b"W/");
            }
            value.put_u8(b'"');
            value.put_slice(self.opaque.as_bytes());
            for part in suffix.into_iter().flatten() {
                value.put_u8(b'_');
                value.put_slice(part.as_bytes());
            }
            value.put_u8(b'"');
        });
        HeaderValue::from_maybe_shared(value).unwrap_or(HeaderValue::from_static("\"\""))
    }

    /// Parses the tag at the start of the text; returns it with the rest.
    fn parse(text: &[u8]) -> Option<(Self, &[u8])> {
        let (is_weak, text) = match text.strip_prefix(b"W/") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let text = text.strip_prefix(b"\"")?;
        let end = text.iter().position(|byte| *byte == b'"')?;
        let (opaque, rest) = text.split_at_checked(end)?;
        if !opaque.iter().all(|byte| matches!(byte, 0x21 | 0x23..=0x7e | 0x80..)) {
            return None;
        }
        let opaque = opaque.iter().copied().map(char::from).collect();
        Some((Self { is_weak, opaque }, rest.get(1..)?))
    }
}

/// Formats a number in hexadecimal, all digits at once: each group of four bits moves to its own byte, then becomes a digit.
fn digits(number: u32) -> [u8; 8] {
    let number = u64::from(number);
    let number = (number | number << 16) & 0x0000_ffff_0000_ffff;
    let number = (number | number << 8) & 0x00ff_00ff_00ff_00ff;
    let number = (number | number << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    let are_letters = (number + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    let to_letters = are_letters * u64::from(b'a' - b'0' - 10);
    (number + 0x3030_3030_3030_3030 + to_letters).to_be_bytes()
}

impl Display for EntityTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weak = if self.is_weak { "W/" } else { "" };
        write!(formatter, "{weak}\"{}\"", self.opaque)
    }
}

/// The value of `If-Match` or `If-None-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EntityTagList {
    /// `*`: any representation that exists.
    Any,
    /// One of these tags.
    Tags(Vec<EntityTag>),
}

/// The error for a field that is not a list of tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl EntityTagList {
    /// Reads the lines of a field as one list; `None` if the field is absent.
    pub(crate) fn parse<'v>(
        values: impl IntoIterator<Item = &'v HeaderValue>,
    ) -> Option<Result<Self, Malformed>> {
        let mut values = values.into_iter().peekable();
        values.peek()?;
        Some(Self::read(values))
    }

    fn read<'v>(values: impl Iterator<Item = &'v HeaderValue>) -> Result<Self, Malformed> {
        let mut tags = Vec::new();
        let mut is_any = false;
        for value in values {
            match value.as_bytes().trim_ascii() {
                b"*" if !is_any => is_any = true,
                list => read_line(list, &mut tags)?,
            }
        }
        match (is_any, tags.is_empty()) {
            (true, true) => Ok(Self::Any),
            (false, false) => Ok(Self::Tags(tags)),
            _ => Err(Malformed),
        }
    }
}

fn read_line(mut list: &[u8], tags: &mut Vec<EntityTag>) -> Result<(), Malformed> {
    loop {
        list = list.trim_ascii_start();
        match list {
            [] => return Ok(()),
            [b',', rest @ ..] => list = rest,
            _ => {
                let (tag, rest) = EntityTag::parse(list).ok_or(Malformed)?;
                tags.push(tag);
                list = rest.trim_ascii_start();
                if !matches!(list, [] | [b',', ..]) {
                    return Err(Malformed);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &'static str) -> Option<Result<EntityTagList, Malformed>> {
        EntityTagList::parse([&HeaderValue::from_static(text)])
    }

    #[test]
    fn a_tag_is_weak_or_strong() {
        assert!(EntityTag::weak("a").is_weak());
        assert!(!EntityTag::strong("a").is_weak());
    }

    #[test]
    fn an_absent_field_has_no_list() {
        assert_eq!(EntityTagList::parse([]), None);
    }

    #[test]
    fn an_asterisk_is_any_tag() {
        assert_eq!(parsed("*"), Some(Ok(EntityTagList::Any)));
    }

    #[test]
    fn an_asterisk_among_tags_is_malformed() {
        assert_eq!(parsed("*, \"a\""), Some(Err(Malformed)));
        let (any, tag) = (HeaderValue::from_static("*"), HeaderValue::from_static("\"a\""));
        assert_eq!(EntityTagList::parse([&any, &tag]), Some(Err(Malformed)));
    }

    #[test]
    fn a_comma_within_quotes_does_not_split() {
        let expected = EntityTag::strong("a,b");
        assert_eq!(parsed("\"a,b\""), Some(Ok(EntityTagList::Tags(vec![expected]))));
    }

    #[test]
    fn empty_elements_are_ignored() {
        let expected = vec![EntityTag::strong("a"), EntityTag::weak("b")];
        assert_eq!(parsed(",\"a\", ,W/\"b\","), Some(Ok(EntityTagList::Tags(expected))));
    }

    #[test]
    fn other_text_is_malformed() {
        for text in ["", ",", "a", "\"a", "\"a\"b", "w/\"a\"", "\"a\" \"b\"", "\"a b\""] {
            assert_eq!(parsed(text), Some(Err(Malformed)), "{text}");
        }
    }

    #[test]
    fn a_suffix_makes_the_tag_specific_to_a_variant() {
        let tag = EntityTag::weak("abc");
        assert_eq!(tag.with_suffix([Some("json"), None]).to_string(), "W/\"abc_json\"");
        assert_eq!(
            tag.with_suffix([Some("json"), Some("gzip")]).to_string(),
            "W/\"abc_json_gzip\""
        );
        assert_eq!(tag.to_value([Some("json"), Some("gzip")]), "W/\"abc_json_gzip\"");
        assert_eq!(tag.with_suffix([None, None]), tag);
    }

    #[test]
    fn a_suffix_is_recognized_as_a_whole() {
        let tag = EntityTag::strong("abc_json_gzip");
        let has = |extension, coding| tag.has_suffix([extension, coding]);
        assert!(has(Some("json"), Some("gzip")) && has(Some("gzip"), None) && has(None, None));
        assert!(!has(Some("json"), None) && !has(Some("on"), Some("gzip")));
    }

    #[test]
    fn a_digest_is_written_in_hexadecimal_digits() {
        for digest in [0, 0x0123_4567_89ab_cdef, u64::MAX] {
            assert_eq!(EntityTag::of_digest(digest).opaque(), format!("{digest:016x}"));
        }
    }

    #[test]
    fn distinct_values_have_distinct_tags() {
        assert_ne!(EntityTag::strong("a b"), EntityTag::strong("a%20b"));
    }

    proptest! {
        #[test]
        fn written_tags_are_read_back(
            texts in prop::collection::vec((any::<bool>(), any::<String>()), 1..5),
        ) {
            let tags: Vec<_> = texts.iter().map(|(weak, text)| EntityTag::new(*weak, text)).collect();
            let list = tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let value = HeaderValue::try_from(list).expect("a value");
            prop_assert_eq!(EntityTagList::parse([&value]), Some(Ok(EntityTagList::Tags(tags))));
        }

        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let _ = EntityTagList::parse([&value]);
            }
        }
    }
}
