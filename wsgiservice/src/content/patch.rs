//! Members of a merge patch (RFC 7396).

use serde::{Deserialize, Deserializer};

/// A member of `application/merge-patch+json` (RFC 7396): absent, null or a value.
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
