//! A file that came with a form.

use bytes::Bytes;

/// A file of a form (`multipart/form-data`, RFC 7578), as a parameter: `File`, `Option<File>` or `Vec<File>`.
///
/// It is held as a whole, within the limit of the content: [`FormStream`](crate::FormStream) is for those that are too
/// large for that. `#[validate(len = …)]` says how many bytes it may have.
///
/// ```
/// use wsgiservice::{Application, File, mount, resource, testing::Client};
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
/// let request = client.post("/pictures?title=Me").header("content-type", "multipart/form-data; boundary=b");
/// let content = "--b\r\n\
///     content-disposition: form-data; name=\"picture\"; filename=\"me.png\"\r\n\
///     content-type: image/png\r\n\r\n\
///     four\r\n--b--\r\n";
/// assert_eq!(request.body(content).send().await.text(), r#""Me: 4 bytes of me.png""#);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "multipart"),
    expect(unnameable_types, reason = "without forms in parts there are no files to name")
)]
pub struct File {
    pub(super) file_name: Option<String>,
    pub(super) media_type: Option<String>,
    pub(super) content: Bytes,
}

impl File {
    /// A file of this content, as where one resource calls the method of another.
    pub fn new(content: impl Into<Bytes>) -> Self {
        Self { file_name: None, media_type: None, content: content.into() }
    }

    /// The name that it has at the client: by no means a safe path.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        self.file_name.as_deref()
    }

    /// The media type that the client states; what is in it may be something else.
    #[must_use]
    pub fn media_type(&self) -> Option<&str> {
        self.media_type.as_deref()
    }

    /// The bytes.
    #[must_use]
    pub fn content(&self) -> &Bytes {
        &self.content
    }

    /// The bytes.
    #[must_use]
    pub fn into_content(self) -> Bytes {
        self.content
    }

    /// Whether it is what a browser sends for a field in which nobody chose a file.
    pub(crate) fn is_unchosen(&self) -> bool {
        self.file_name.as_deref() == Some("") && self.content.is_empty()
    }
}
