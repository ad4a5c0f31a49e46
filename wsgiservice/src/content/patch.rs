//! Members of a merge patch (RFC 7396).

use std::{borrow::Cow, fmt, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{
    Deserialize, Deserializer,
    de::{
        Error, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

/// The keyword in the schema of a member that distinguishes null from absent. No document has it.
pub(crate) const MERGE_PATCH_MEMBER: &str = "x-wsgiservice-merge-patch";

/// A member of `application/merge-patch+json` (RFC 7396): absent, null or a value.
///
/// A member that is missing in the content is [`Absent`](Self::Absent), without an attribute of serde. A `PATCH` whose
/// content has such members offers `application/merge-patch+json`, in the documentation and in `Accept-Patch`. The schema is
/// that of `Option<T>`.
///
/// ```
/// use serde::Deserialize;
/// use wsgiservice::{Application, Content, content::Patch, mount, resource, testing::Client};
///
/// #[derive(Deserialize)]
/// struct Change {
///     title: Patch<String>,
/// }
///
/// #[mount("/note")]
/// struct Note;
///
/// #[resource]
/// impl Note {
///     fn patch(&self, content: Content<Change>) -> String {
///         match content.into_inner().title {
///             Patch::Absent => "unchanged".to_owned(),
///             Patch::Null => "removed".to_owned(),
///             Patch::Value(title) => title,
///         }
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("notes").mount(Note));
/// let patch = async |content: &'static str| {
///     let request = client.request("PATCH", "/note").header("content-type", "application/merge-patch+json");
///     request.body(content).send().await.json::<serde_json::Value>()
/// };
/// assert_eq!(patch("{}").await, "unchanged");
/// assert_eq!(patch(r#"{"title": null}"#).await, "removed");
/// assert_eq!(patch(r#"{"title": "new"}"#).await, "new");
/// # }
/// ```
///
/// schemars has no schema for a date of jiff. With `#[derive(JsonSchema)]`, a member with one names its schema with `with`,
/// as a `Patch` of a type of [`schema`](crate::schema):
///
/// ```
/// # #[cfg(feature = "jiff")] {
/// use wsgiservice::{content::Patch, schema, schemars::JsonSchema};
///
/// #[derive(JsonSchema)] // and `serde::Deserialize`, with the feature `serde` of jiff
/// #[schemars(crate = "wsgiservice::schemars")]
/// struct Change {
///     title: Patch<String>,
///     #[schemars(with = "Patch<schema::Date>")]
///     due: Patch<jiff::civil::Date>,
/// }
///
/// let schema = wsgiservice::schemars::schema_for!(Change).to_value();
/// assert_eq!(schema["properties"]["due"]["format"], "date");
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "RFC 7396 defines exactly these three")]
pub enum Patch<T> {
    /// The member stays unchanged.
    #[default]
    Absent,
    /// The member is removed.
    Null,
    /// The member is set to this value.
    Value(T),
}

impl<T> Patch<T> {
    /// Returns what a member is after the patch, if this was its value.
    ///
    /// ```
    /// use wsgiservice::content::Patch;
    ///
    /// assert_eq!(Patch::Absent.apply(Some(1)), Some(1));
    /// assert_eq!(Patch::Null.apply(Some(1)), None);
    /// assert_eq!(Patch::Value(2).apply(Some(1)), Some(2));
    /// ```
    pub fn apply(self, value: Option<T>) -> Option<T> {
        match self {
            Self::Absent => value,
            Self::Null => None,
            Self::Value(new) => Some(new),
        }
    }
}

impl<T: JsonSchema> JsonSchema for Patch<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("Patch<{}>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = generator.subschema_for::<Option<T>>();
        schema.insert(MERGE_PATCH_MEMBER.to_owned(), true.into());
        schema
    }
}

/// For a missing member without `#[serde(default)]`, serde calls this with a stand-in, which has `none` for an `Option` and
/// an error for all else. As an `Option`, a missing member could not be told from `null`. So this asks for a newtype,
/// whose content each format gives to the visitor: only the stand-in returns without a call to it.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut is_there = false;
        let visitor = Member { is_there: &mut is_there, value: PhantomData };
        match deserializer.deserialize_newtype_struct("Patch", visitor) {
            Err(_) if !is_there => Ok(Self::Absent),
            member => member,
        }
    }
}

/// Reads a member, and notes that it is there.
struct Member<'a, T> {
    is_there: &'a mut bool,
    value: PhantomData<T>,
}

impl<T> Member<'_, T> {
    fn value<'de, D: Deserializer<'de>>(self, value: D) -> Result<Patch<T>, D::Error>
    where
        T: Deserialize<'de>,
    {
        *self.is_there = true;
        T::deserialize(value).map(Patch::Value)
    }
}

/// Values of deserializers that have no newtypes, and give what is in them.
macro_rules! scalars {
    ($($method:ident($type:ty);)*) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<Patch<T>, E> {
            self.value(value.into_deserializer())
        }
    )*};
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Member<'_, T> {
    type Value = Patch<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value or null")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<Self::Value, D::Error> {
        *self.is_there = true;
        Ok(Option::deserialize(value)?.map_or(Patch::Null, Patch::Value))
    }

    scalars! {
        visit_bool(bool);
        visit_i64(i64);
        visit_u64(u64);
        visit_f64(f64);
        visit_str(&str);
    }

    fn visit_unit<E: Error>(self) -> Result<Patch<T>, E> {
        *self.is_there = true;
        Ok(Patch::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Patch<T>, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<Patch<T>, D::Error> {
        self.value(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, value: A) -> Result<Patch<T>, A::Error> {
        self.value(SeqAccessDeserializer::new(value))
    }

    fn visit_map<A: MapAccess<'de>>(self, value: A) -> Result<Patch<T>, A::Error> {
        self.value(MapAccessDeserializer::new(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{form, json, xml};

    #[test]
    fn patches_of_different_values_have_different_schemas() {
        assert_ne!(Patch::<u32>::schema_id(), Patch::<String>::schema_id());
        assert_ne!(Patch::<u32>::schema_id(), u32::schema_id());
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Change {
        title: Patch<String>,
        size: Patch<u32>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Flattened {
        #[serde(flatten)]
        change: Change,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Change(Change),
    }

    const CHANGE: Change = Change { title: Patch::Absent, size: Patch::Null };

    fn read_form(fields: &[(&str, &str)]) -> Result<Change, crate::problem::violation::Violation> {
        form::read::read(fields.iter().map(|(name, value)| (*name, value.as_bytes())))
    }

    #[test]
    fn a_missing_member_is_absent_and_null_is_null() {
        assert_eq!(json::read(br#"{"size": null}"#, usize::MAX), Ok(CHANGE));
        assert_eq!(xml::read::read(b"<r><size/></r>", usize::MAX), Ok(CHANGE));
        assert_eq!(read_form(&[("size", "")]), Ok(CHANGE));
    }

    #[test]
    fn a_value_is_read_in_each_format() {
        let change = Change { title: Patch::Value("a".to_owned()), size: Patch::Value(2) };
        assert_eq!(json::read(br#"{"title": "a", "size": 2}"#, usize::MAX).as_ref(), Ok(&change));
        assert_eq!(
            xml::read::read(b"<r><title>a</title><size>2</size></r>", usize::MAX).as_ref(),
            Ok(&change)
        );
        assert_eq!(read_form(&[("title", "a"), ("size", "2")]).as_ref(), Ok(&change));
    }

    #[test]
    fn a_wrong_value_is_a_violation_and_not_absent() {
        assert!(json::read::<Change>(br#"{"size": "a"}"#, usize::MAX).is_err());
        assert!(json::read::<Change>(br#"{"size": "#, usize::MAX).is_err());
        assert!(json::read::<Change>(br#"{"size": }"#, usize::MAX).is_err());
        assert!(xml::read::read::<Change>(b"<r><size>a</size></r>", usize::MAX).is_err());
        assert!(read_form(&[("size", "a")]).is_err());
    }

    #[test]
    fn a_value_without_a_newtype_is_not_absent() {
        let read = |value: &str| {
            let value: serde::de::value::StrDeserializer<'_, serde::de::value::Error> =
                value.into_deserializer();
            Patch::deserialize(value)
        };
        assert_eq!(read("a"), Ok(Patch::Value("a".to_owned())));
        assert!(<Patch<u32>>::deserialize(serde_json::json!("a")).is_err());
    }

    #[test]
    fn a_member_that_serde_buffers_is_the_same() {
        let read = json::read(br#"{"size": null}"#, usize::MAX);
        assert_eq!(read, Ok(Flattened { change: CHANGE }));
        let read = json::read(br#"{"kind": "Change", "size": null}"#, usize::MAX);
        assert_eq!(read, Ok(Tagged::Change(CHANGE)));
    }
}
