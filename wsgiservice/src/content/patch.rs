//! Members of a merge patch (RFC 7396).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

/// The keyword in the schema of a member that distinguishes null from absent. No document has it.
pub(crate) const MERGE_PATCH_MEMBER: &str = "x-wsgiservice-merge-patch";

/// A member of `application/merge-patch+json` (RFC 7396): absent, null or a value.
///
/// A `PATCH` whose content has such members offers `application/merge-patch+json`, in the documentation and in
/// `Accept-Patch`. The schema is that of `Option<T>`.
///
/// The member needs `#[serde(default)]`, because serde does not deserialise absent members.
///
/// ```
/// use serde::Deserialize;
/// use wsgiservice::{Application, Content, content::Patch, mount, resource, testing::Client};
///
/// #[derive(Deserialize)]
/// struct Change {
///     #[serde(default)]
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
///     request.body(content).send().await.json()
/// };
/// assert_eq!(patch("{}").await, "unchanged");
/// assert_eq!(patch(r#"{"title": null}"#).await, "removed");
/// assert_eq!(patch(r#"{"title": "new"}"#).await, "new");
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

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
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
