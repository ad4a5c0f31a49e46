//! How an application behaves where the standard leaves a choice.

use http::StatusCode;
use wsgiservice_grammar::method::REGISTERED;

use super::Cors;

/// The choices of an application where the standard leaves one.
///
/// ```
/// use wsgiservice::{Application, Policy, mount, resource, testing::Client};
///
/// #[mount("/double/{number}")]
/// struct Double;
///
/// #[resource]
/// impl Double {
///     fn get(&self, number: u32) -> Option<u32> { number.checked_mul(2) }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let policy = Policy::new().unprocessable_violations(true);
/// let client = Client::new(Application::new("double").mount(Double).policy(policy));
/// assert_eq!(client.get("/double/two").send().await.status(), 422);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a policy does nothing until an application has it"]
pub struct Policy {
    pub(crate) sends_default: bool,
    pub(crate) violations: StatusCode,
    pub(crate) known_methods: Vec<String>,
    pub(crate) ignored_paths: Vec<String>,
    pub(crate) content_md5: bool,
    pub(crate) cors: Option<Cors>,
}

/// The paths that browsers request from every host.
const IGNORED_PATHS: [&str; 2] = ["/favicon.ico", "/robots.txt"];

impl Policy {
    /// Creates the default policy.
    pub fn new() -> Self {
        Self {
            sends_default: false,
            violations: StatusCode::BAD_REQUEST,
            known_methods: REGISTERED.iter().copied().map(str::to_owned).collect(),
            ignored_paths: IGNORED_PATHS.map(str::to_owned).into(),
            content_md5: false,
            cors: None,
        }
    }

    /// Sets whether a client that accepts none of the available representations gets the default one instead of a 406.
    ///
    /// The default is `false`. The Python original sent the default representation. RFC 9110, section 15.5.7, allows
    /// both.
    ///
    /// ```
    /// # use wsgiservice::{Application, Policy, mount, resource, testing::Client};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping {
    /// #     fn get(&self) -> &'static str { "pong" }
    /// # }
    /// # #[tokio::main]
    /// # async fn main() {
    /// let policy = Policy::new().default_for_unacceptable(true);
    /// let client = Client::new(Application::new("ping").mount(Ping).policy(policy));
    /// let response = client.get("/ping").header("accept", "image/png").send().await;
    /// assert_eq!(response.text(), r#""pong""#);
    /// # }
    /// ```
    pub fn default_for_unacceptable(self, sends_default: bool) -> Self {
        Self { sends_default, ..self }
    }

    /// Sets whether parameters that break rules get a 422 instead of a 400 (RFC 9110, section 15.5.21).
    ///
    /// The default is `false`. Content that does not parse always gets a 400.
    pub fn unprocessable_violations(self, is_unprocessable: bool) -> Self {
        let violations = if is_unprocessable {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::BAD_REQUEST
        };
        Self { violations, ..self }
    }

    /// Sets the methods that the server recognizes; other methods get a 501 instead of a 405.
    ///
    /// The default is the HTTP Method Registry (RFC 9110, section 16.1). Methods that a resource implements are always
    /// recognized.
    ///
    /// ```
    /// # use wsgiservice::{Application, Policy, mount, resource, testing::Client};
    /// # #[mount("/pot")]
    /// # struct Pot;
    /// # #[resource]
    /// # impl Pot {
    /// #     fn get(&self) -> &'static str { "tea" }
    /// # }
    /// # #[tokio::main]
    /// # async fn main() {
    /// let policy = Policy::new().known_methods(["GET", "BREW"]);
    /// let client = Client::new(Application::new("pot").mount(Pot).policy(policy));
    /// assert_eq!(client.request("BREW", "/pot").send().await.status(), 405);
    /// assert_eq!(client.request("PUT", "/pot").send().await.status(), 501);
    /// # }
    /// ```
    pub fn known_methods(self, methods: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { known_methods: methods.into_iter().map(Into::into).collect(), ..self }
    }

    /// Sets the paths whose `GET` is a 404, unless a resource is mounted at exactly that path.
    ///
    /// Resources with a matching path variable do not get these requests. The default is `/favicon.ico` and `/robots.txt`,
    /// which browsers request from every host. The paths are those of the outermost application.
    ///
    /// ```
    /// # use wsgiservice::{Application, Policy, mount, resource, testing::Client};
    /// #[mount("/{name}")]
    /// struct Page;
    ///
    /// #[resource]
    /// impl Page {
    ///     fn get(&self, name: String) -> String { name }
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() {
    /// let policy = Policy::new().ignored_paths(["/teapot"]);
    /// let client = Client::new(Application::new("pages").mount(Page).policy(policy));
    /// assert_eq!(client.get("/robots.txt").send().await.status(), 200);
    /// assert_eq!(client.get("/teapot").send().await.status(), 404);
    /// # }
    /// ```
    pub fn ignored_paths(self, paths: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { ignored_paths: paths.into_iter().map(Into::into).collect(), ..self }
    }

    /// Sets which scripts of other sites may use the application.
    ///
    /// Without it, none: a browser does not let them read, and what may change something gets a 403.
    pub fn cors(self, cors: Cors) -> Self {
        Self { cors: Some(cors), ..self }
    }

    /// The header fields that each response depends on.
    pub(crate) fn vary(&self) -> Option<&'static str> {
        self.cors.as_ref().map(|_| "Origin")
    }

    /// Sets whether responses have `Content-MD5`, for clients of the Python original (RFC 1864; removed by RFC 7231).
    ///
    /// The default is `false`.
    ///
    /// ```
    /// # use wsgiservice::{Application, Policy, mount, resource, testing::Client};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping {
    /// #     fn get(&self) -> &'static str { "pong" }
    /// # }
    /// # #[tokio::main]
    /// # async fn main() {
    /// let application = Application::new("ping").mount(Ping).policy(Policy::new().content_md5(true));
    /// let response = Client::new(application).get("/ping").send().await;
    /// assert_eq!(response.field("content-md5"), Some("C99yNl2XblAeEPCZTW1AXA=="));
    /// # }
    /// ```
    #[cfg(feature = "digests")]
    pub fn content_md5(self, is_sent: bool) -> Self {
        Self { content_md5: is_sent, ..self }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}
