//! The members of content that can hold parameters: those of a form or a JSON object.

use std::fmt;

use bytes::Bytes;
use indexmap::IndexMap;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::File;
use crate::{
    formats::json,
    http::urlencoded::bounded_pairs,
    problem::{place::Place, violation::Violation},
};

/// The members of content, by name.
#[derive(Debug, Default)]
pub(crate) struct Members {
    by_name: IndexMap<String, Vec<Member>>,
}

/// A member.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) value: Bytes,
    pub(crate) written: Written,
    /// Whether the member is an entry of a list.
    pub(crate) is_listed: bool,
    pub(super) file_name: Option<String>,
    pub(super) media_type: Option<String>,
}

/// The type of a value in its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// A string, or any value of a form.
    Text,
    /// A JSON number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An object, or a list in a list.
    Nested,
    /// A `null` in a list; elsewhere, it is as if the member were absent.
    Null,
}

impl Members {
    pub(super) fn add(&mut self, name: String, member: Member) {
        self.by_name.entry(name).or_default().push(member);
    }

    pub(super) fn named(&self, name: &str) -> &[Member] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Member)> {
        self.by_name
            .iter()
            .flat_map(|(name, members)| members.iter().map(move |member| (name.as_str(), member)))
    }

    /// Reads the members of a URL-encoded form.
    ///
    /// # Errors
    /// A violation if there are too many.
    pub(super) fn of_form(content: &[u8], elements: usize) -> Result<Self, Violation> {
        let pairs = bounded_pairs(content, elements);
        let pairs =
            pairs.ok_or_else(|| Violation::too_many("content", Place::Content, elements))?;
        let mut members = Self::default();
        for (name, value) in pairs {
            members.add(name.into_owned(), Member::new(value.into_owned(), Written::Text));
        }
        Ok(members)
    }

    /// Reads the members of a JSON object; `None` if it is other JSON.
    ///
    /// # Errors
    /// A violation if the content is malformed, nests too deeply or has too many elements.
    pub(super) fn of_json(content: &[u8], elements: usize) -> Result<Option<Self>, Violation> {
        let malformed = |error| json::malformed(&error);
        json::check(content, elements)?;
        let mut members = Self::default();
        let Ok(Object(entries)) = serde_json::from_slice(content) else { return Ok(None) };
        for (name, value) in entries {
            if !value.get().starts_with('[') {
                if let Some(member) = Member::of_json(value, false) {
                    members.add(name, member);
                }
                continue;
            }
            let entries: Vec<&RawValue> = serde_json::from_str(value.get()).map_err(malformed)?;
            let listed = entries.into_iter().filter_map(|entry| Member::of_json(entry, true));
            members.by_name.entry(name).or_default().extend(listed);
        }
        Ok(Some(members))
    }
}

impl Member {
    pub(super) fn new(value: impl Into<Bytes>, written: Written) -> Self {
        Self { value: value.into(), written, is_listed: false, file_name: None, media_type: None }
    }

    /// Returns the member as a file.
    pub(crate) fn to_file(&self) -> File {
        File {
            file_name: self.file_name.clone(),
            media_type: self.media_type.clone(),
            content: self.value.clone(),
        }
    }

    /// Reads a JSON value; numbers keep their text, and a `null` that is not in a list is treated as absent.
    fn of_json(value: &RawValue, is_listed: bool) -> Option<Self> {
        let text = value.get();
        let (value, written) = match text.as_bytes().first() {
            Some(b'n') if !is_listed => return None,
            Some(b'n') => (Bytes::new(), Written::Null),
            Some(b'"') => (serde_json::from_str::<String>(text).ok()?.into(), Written::Text),
            Some(b't' | b'f') => (Bytes::copy_from_slice(text.as_bytes()), Written::Boolean),
            Some(b'{' | b'[') => (Bytes::new(), Written::Nested),
            _ => (Bytes::copy_from_slice(text.as_bytes()), Written::Number),
        };
        Some(Self { is_listed, ..Self::new(value, written) })
    }
}

/// A JSON object with all of its entries, including those with duplicate names.
struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Object<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Object(entries))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}
