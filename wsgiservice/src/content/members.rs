//! The members of a content in which parameters are looked for: those of a form, or of a JSON object.

use std::fmt;

use bytes::Bytes;
use indexmap::IndexMap;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::File;
use crate::{http::urlencoded::pairs, problem::violation::Violation};

/// How many members a content may have, each entry of a list being one.
const MOST: usize = 10_000;

/// The members of a content, by name.
#[derive(Debug, Default)]
pub(crate) struct Members {
    by_name: IndexMap<String, Vec<Member>>,
    count: usize,
}

/// A member.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) value: Bytes,
    pub(crate) written: Written,
    /// Whether it is an entry of a list.
    pub(crate) is_listed: bool,
    pub(super) file_name: Option<String>,
    pub(super) media_type: Option<String>,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// As a text, or in a form, where all is text.
    Text,
    /// As a number of JSON.
    Number,
    /// As `true` or `false`.
    Boolean,
    /// As an object, or a list within a list.
    Nested,
}

impl Members {
    /// Adds a member.
    ///
    /// # Errors
    /// Where there are too many.
    pub(super) fn add(&mut self, name: String, member: Member) -> Result<(), Violation> {
        self.count += 1;
        if self.count > MOST {
            let reason = format!("It has more than {MOST} members.");
            return Err(Violation::malformed_form(reason));
        }
        self.by_name.entry(name).or_default().push(member);
        Ok(())
    }

    pub(super) fn named(&self, name: &str) -> &[Member] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Member)> {
        self.by_name
            .iter()
            .flat_map(|(name, members)| members.iter().map(move |member| (name.as_str(), member)))
    }

    /// The members of a form.
    ///
    /// # Errors
    /// Where there are too many.
    pub(super) fn of_form(content: &[u8]) -> Result<Self, Violation> {
        let mut members = Self::default();
        for (name, value) in pairs(content) {
            members.add(name.into_owned(), Member::new(value.into_owned(), Written::Text))?;
        }
        Ok(members)
    }

    /// The members of a JSON object; JSON that is no object has none.
    ///
    /// # Errors
    /// Where it does not parse, nests too deep, or where there are too many.
    pub(super) fn of_json(content: &[u8]) -> Result<Self, Violation> {
        let malformed =
            |error: serde_json::Error| Violation::malformed("JSON", error.line(), error.column());
        serde_json::from_slice::<Bounded>(content).map_err(malformed)?;
        let mut members = Self::default();
        let Ok(Object(entries)) = serde_json::from_slice(content) else { return Ok(members) };
        for (name, value) in entries {
            if !value.get().starts_with('[') {
                if let Some(member) = Member::of_json(value, false) {
                    members.add(name, member)?;
                }
                continue;
            }
            let entries: Vec<&RawValue> = serde_json::from_str(value.get()).map_err(malformed)?;
            let mut listed = Vec::new();
            for entry in entries {
                members.count += 1;
                listed.extend(Member::of_json(entry, true));
            }
            if members.count > MOST {
                let reason = format!("It has more than {MOST} members.");
                return Err(Violation::malformed_form(reason));
            }
            members.by_name.entry(name).or_default().extend(listed);
        }
        Ok(members)
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

    /// A value of JSON, numbers as they were written; `null` is as if it were not there.
    fn of_json(value: &RawValue, is_listed: bool) -> Option<Self> {
        let text = value.get();
        let (value, written) = match text.as_bytes().first() {
            Some(b'n') => return None,
            Some(b'"') => (serde_json::from_str::<String>(text).ok()?.into(), Written::Text),
            Some(b't' | b'f') => (Bytes::copy_from_slice(text.as_bytes()), Written::Boolean),
            Some(b'{' | b'[') => (Bytes::new(), Written::Nested),
            _ => (Bytes::copy_from_slice(text.as_bytes()), Written::Number),
        };
        Some(Self { is_listed, ..Self::new(value, written) })
    }
}

/// An object, with all of its entries: a name that is there twice is there twice.
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

/// Any JSON that does not nest too deep, which `serde_json` bounds where a value is visited.
struct Bounded;

impl<'de> Deserialize<'de> for Bounded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Anything;

        macro_rules! scalars {
            ($($method:ident($type:ty);)*) => {
                $(fn $method<E>(self, _: $type) -> Result<Bounded, E> { Ok(Bounded) })*
            };
        }

        impl<'de> Visitor<'de> for Anything {
            type Value = Bounded;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a value")
            }

            scalars! {
                visit_bool(bool);
                visit_i64(i64);
                visit_u64(u64);
                visit_f64(f64);
                visit_str(&str);
            }

            fn visit_unit<E>(self) -> Result<Bounded, E> {
                Ok(Bounded)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Bounded, A::Error> {
                while entries.next_element::<Bounded>()?.is_some() {}
                Ok(Bounded)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Bounded, A::Error> {
                while entries.next_entry::<IgnoredAny, Bounded>()?.is_some() {}
                Ok(Bounded)
            }
        }

        deserializer.deserialize_any(Anything)
    }
}
