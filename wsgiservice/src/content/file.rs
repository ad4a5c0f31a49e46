//! Files in forms.

use bytes::Bytes;

/// A file in a form (`multipart/form-data`, RFC 7578), as a parameter: `File`, `Option<File>` or `Vec<File>`.
///
/// The file is in memory, and its size counts towards the limit of the content; use [`FormStream`](crate::content::FormStream) for
/// files that are too large for that. `#[validate(len = …)]` limits its size in bytes.
///
/// ```
/// use wsgiservice::{Application, content::File, mount, resource, testing::{Client, Multipart}};
///
/// #[mount("/pictures")]
/// struct Pictures;
///
/// #[resource]
/// impl Pictures {
///     fn post(&self, title: String, #[validate(len = ..=1_000_000)] picture: File) -> String {
///         let name = picture.file_name().unwrap_or("nameless");
///         format!("{title}: {} bytes of {name}", picture.content().len())
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("pictures").mount(Pictures));
/// let form = Multipart::new().text("title", "Me").file("picture", "me.png", "image/png", "four");
/// let response = client.post("/pictures").multipart(form).send().await;
/// assert_eq!(response.text(), r#""Me: 4 bytes of me.png""#);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "multipart"),
    expect(unnameable_types, reason = "files are exported only with the feature `multipart`")
)]
pub struct File {
    pub(super) file_name: Option<String>,
    pub(super) media_type: Option<String>,
    pub(super) content: Bytes,
}

impl File {
    /// Creates a file with this content, for example to call the method of another resource.
    pub fn new(content: impl Into<Bytes>) -> Self {
        Self { file_name: None, media_type: None, content: content.into() }
    }

    /// Returns the file name that the client states.
    ///
    /// It is not a safe path.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        self.file_name.as_deref()
    }

    /// Returns the media type that the client states.
    ///
    /// The content may be of another type.
    #[must_use]
    pub fn media_type(&self) -> Option<&str> {
        self.media_type.as_deref()
    }

    /// Returns the content.
    #[must_use]
    pub fn content(&self) -> &Bytes {
        &self.content
    }

    /// Returns the content and consumes the file.
    #[must_use]
    pub fn into_content(self) -> Bytes {
        self.content
    }

    /// Returns whether this is what a client sends for a field without a selected file: nothing, without a file name.
    pub(crate) fn is_unchosen(&self) -> bool {
        self.file_name.as_deref().is_none_or(str::is_empty) && self.content.is_empty()
    }
}
