//! A form that may have files, as content of a test request (RFC 7578).

use bytes::Bytes;

/// What separates the parts. A test does not send it as content.
const BOUNDARY: &str = "wsgiservice-boundary-of-tests";

/// A form that may have files: [`TestRequest::multipart`](super::TestRequest::multipart) sends it.
///
/// ```
/// use wsgiservice::{Application, content::File, mount, resource, testing::{Client, Multipart}};
///
/// #[mount("/photos")]
/// struct Photos;
///
/// #[resource]
/// impl Photos {
///     fn post(&self, title: String, photo: File) -> String {
///         format!("{title}: {} bytes", photo.content().len())
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("photos").mount(Photos));
/// let form = Multipart::new().text("title", "Berne").file("photo", "berne.png", "image/png", vec![0; 10]);
/// let response = client.post("/photos").multipart(form).send().await;
/// assert_eq!(response.json::<String>(), "Berne: 10 bytes");
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a form does nothing until it is sent"]
pub struct Multipart {
    content: Vec<u8>,
}

impl Multipart {
    /// Creates a form without parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field with text.
    pub fn text(self, name: &str, text: &str) -> Self {
        let name = quoted(name);
        self.part(&format!("content-disposition: form-data; name={name}"), text.as_bytes())
    }

    /// Adds a file with its name and its media type.
    pub fn file(
        self,
        name: &str,
        file_name: &str,
        media_type: &str,
        content: impl AsRef<[u8]>,
    ) -> Self {
        let (name, file_name) = (quoted(name), quoted(file_name));
        let head = format!(
            "content-disposition: form-data; name={name}; filename={file_name}\r\ncontent-type: {media_type}"
        );
        self.part(&head, content.as_ref())
    }

    fn part(mut self, head: &str, content: &[u8]) -> Self {
        self.content.extend(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").as_bytes());
        self.content.extend(content);
        self.content.extend(b"\r\n");
        self
    }

    /// The media type with the boundary, and the content.
    pub(super) fn into_content(mut self) -> (String, Bytes) {
        self.content.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={BOUNDARY}"), self.content.into())
    }
}

/// A name as browsers send it: only these characters are escaped.
fn quoted(name: &str) -> String {
    let name = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    format!("\"{name}\"")
}
