//! Which scripts of other sites may use an application (CORS; Fetch standard, section 3.3).

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, Uri};

/// The sites whose scripts may use an application, and what they may send and read.
///
/// Without it, a browser lets no script of another site read a response, and the application refuses its changes.
///
/// ```
/// use wsgiservice::{Application, Cors, Policy, mount, resource, testing::Client};
///
/// #[mount("/ping")]
/// struct Ping;
///
/// #[resource]
/// impl Ping {
///     fn get(&self) -> &'static str { "pong" }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let cors = Cors::new(["https://app.example"]).credentials(true);
/// let client = Client::new(Application::new("ping").mount(Ping).policy(Policy::new().cors(cors)));
/// let response = client.get("/ping").header("origin", "https://app.example").send().await;
/// assert_eq!(response.field("access-control-allow-origin"), Some("https://app.example"));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it does nothing until a policy has it"]
pub struct Cors {
    origins: Vec<String>,
    methods: Option<Vec<Method>>,
    fields: Vec<HeaderName>,
    exposed: Vec<HeaderName>,
    has_credentials: bool,
    max_age: Duration,
}

/// Stands for every origin.
const ANY: &str = "*";

impl Cors {
    /// Allows the scripts of these origins, such as `https://app.example`; `*` stands for every one.
    ///
    /// The pages of an allowed origin may also send forms. With `*`, those of any site can change what the application
    /// changes without a login, or with a cookie that the browser sends to it from other sites.
    pub fn new(origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            origins: origins.into_iter().map(Into::into).collect(),
            methods: None,
            fields: Vec::new(),
            exposed: Vec::new(),
            has_credentials: false,
            max_age: Duration::from_secs(600),
        }
    }

    /// Sets the methods that scripts may use. The default: those of the resource.
    pub fn methods(self, methods: impl IntoIterator<Item = Method>) -> Self {
        Self { methods: Some(methods.into_iter().collect()), ..self }
    }

    /// Sets the header fields that scripts may send, beside those that need no permission. The default: `Content-Type`,
    /// `If-Match` and `If-None-Match`.
    pub fn fields(self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        Self { fields: names.into_iter().collect(), ..self }
    }

    /// Sets the header fields of a response that scripts may read, beside those that need no permission. The default: `ETag`
    /// and `Location`.
    pub fn exposes(self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        Self { exposed: names.into_iter().collect(), ..self }
    }

    /// Sets whether scripts may send cookies and other credentials. The default: `false`. Every origin (`*`) cannot.
    pub fn credentials(self, may_be_sent: bool) -> Self {
        Self { has_credentials: may_be_sent, ..self }
    }

    /// Sets how long a browser remembers what it may do. The default: 10 minutes.
    pub fn max_age(self, time: Duration) -> Self {
        Self { max_age: time, ..self }
    }

    /// Whether scripts of this origin may use the application.
    pub(crate) fn allows(&self, origin: &HeaderValue) -> bool {
        self.origins.iter().any(|allowed| allowed == ANY || allowed.as_bytes() == origin.as_bytes())
    }

    /// Whether every origin is allowed.
    fn allows_all(&self) -> bool {
        self.origins.iter().any(|origin| origin == ANY)
    }

    /// The fields of a response to a script of an allowed origin.
    pub(crate) fn response_fields(&self, origin: &HeaderValue) -> Vec<(&'static str, HeaderValue)> {
        let origin = match self.allows_all() {
            true => HeaderValue::from_static(ANY),
            false => origin.clone(),
        };
        let mut fields = vec![("access-control-allow-origin", origin)];
        if self.has_credentials {
            fields.push(("access-control-allow-credentials", HeaderValue::from_static("true")));
        }
        let exposed = list(&self.exposed, "etag, location");
        fields.extend(exposed.map(|names| ("access-control-expose-headers", names)));
        fields
    }

    /// The fields of a response to a preflight, for a resource that allows these methods.
    pub(crate) fn preflight_fields(&self, allow: &HeaderValue) -> Vec<(&'static str, HeaderValue)> {
        let methods = match &self.methods {
            Some(methods) => {
                let names: Vec<_> = methods.iter().map(Method::as_str).collect();
                HeaderValue::try_from(names.join(", ")).ok()
            }
            None => Some(allow.clone()),
        };
        let fields = list(&self.fields, "content-type, if-match, if-none-match");
        let mut all = vec![("access-control-max-age", HeaderValue::from(self.max_age.as_secs()))];
        all.extend(methods.map(|methods| ("access-control-allow-methods", methods)));
        all.extend(fields.map(|fields| ("access-control-allow-headers", fields)));
        all
    }

    /// What is wrong with it.
    pub(crate) fn errors(&self) -> Vec<String> {
        let invalid = self.origins.iter().filter(|origin| *origin != ANY && !is_origin(origin));
        let mut errors: Vec<_> = invalid
            .map(|origin| {
                format!(
                    "CORS origin `{origin}`: expected `*`, or an origin such as https://app.example"
                )
            })
            .collect();
        if self.has_credentials && self.allows_all() {
            errors.push("CORS with credentials: name the origins instead of `*`".to_owned());
        }
        errors
    }
}

/// Names as a list, or these if there are none.
fn list(names: &[HeaderName], default: &'static str) -> Option<HeaderValue> {
    if names.is_empty() {
        return Some(HeaderValue::from_static(default));
    }
    let names: Vec<_> = names.iter().map(HeaderName::as_str).collect();
    HeaderValue::try_from(names.join(", ")).ok()
}

/// Whether this is an origin as browsers write it: a scheme, a host, and perhaps a port (RFC 6454, section 6.2).
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    uri.scheme().is_some()
        && uri.authority().is_some()
        && !text.ends_with('/')
        && uri.path() == "/"
        && uri.query().is_none()
}
