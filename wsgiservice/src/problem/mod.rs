//! Problem documents (RFC 9457): what is sent, and, apart from it, what is logged.

pub(crate) mod schema;
mod status;
pub(crate) mod violation;

use std::{borrow::Cow, error::Error, fmt};

use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Serialize, Serializer, ser::SerializeMap};

use self::violation::Violation;

/// What went wrong, as the client is told (RFC 9457).
///
/// A method returns it in a `Result`, or an error of the service's own that becomes one by `#[derive(Problem)]`. What
/// is sent of a 5xx is a fixed text and the request's ID; its cause is logged under that ID.
///
/// ```
/// use wsgiservice::{Application, Problem, mount, resource, testing::Client};
///
/// #[mount("/tea")]
/// struct Tea;
///
/// #[resource]
/// impl Tea {
///     fn get(&self) -> Result<String, Problem> {
///         Err(Problem::conflict("The pot is empty."))
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let response = Client::new(Application::new("tea").mount(Tea)).get("/tea").send().await;
/// assert_eq!(response.status(), 409);
/// assert_eq!(response.json()["detail"], "The pot is empty.");
/// # }
/// ```
#[derive(Debug)]
pub struct Problem(Box<Inner>);

#[derive(Debug)]
struct Inner {
    status: StatusCode,
    detail: Option<Cow<'static, str>>,
    error: Option<Cow<'static, str>>,
    violations: Vec<Violation>,
    fields: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Box<dyn Error + Send + Sync>>,
    alternatives: Vec<&'static str>,
}

impl Problem {
    /// A problem with this status, of which there is no more to say than its name.
    ///
    /// ```
    /// use http::StatusCode;
    /// use wsgiservice::Problem;
    ///
    /// assert_eq!(Problem::new(StatusCode::GONE).status(), 410);
    /// ```
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self(Box::new(Inner {
            status,
            detail: None,
            error: None,
            violations: Vec::new(),
            fields: Vec::new(),
            cause: None,
            alternatives: Vec::new(),
        }))
    }

    /// 500, for a cause that is logged and never sent (RFC 9110, section 15.6.1).
    ///
    /// ```
    /// let cause = std::io::Error::other("disk /dev/sda1 is gone");
    /// assert_eq!(wsgiservice::Problem::internal(cause).status(), 500);
    /// ```
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::caused(StatusCode::INTERNAL_SERVER_ERROR, cause)
    }

    /// A problem with this status for an error: the text of a 4xx is its detail, that of a 5xx is only logged.
    ///
    /// ```
    /// use http::StatusCode;
    /// use wsgiservice::Problem;
    ///
    /// let error = std::io::Error::other("somebody was faster");
    /// assert_eq!(Problem::caused(StatusCode::CONFLICT, error).status(), 409);
    /// ```
    pub fn caused(status: StatusCode, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let cause = cause.into();
        let mut problem = Self::new(status);
        if !status.is_server_error() {
            problem.0.detail = Some(cause.to_string().into());
        }
        problem.0.cause = Some(cause);
        problem
    }

    /// What the client should know of this occurrence.
    ///
    /// ```
    /// let problem = wsgiservice::Problem::forbidden().detail("Only on Sundays.");
    /// assert_eq!(problem.to_string(), "403 Forbidden: Only on Sundays.");
    /// ```
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// A header field that goes with the answer, such as `Retry-After`.
    ///
    /// ```
    /// use http::{HeaderValue, StatusCode, header};
    /// use wsgiservice::Problem;
    ///
    /// let busy = Problem::new(StatusCode::SERVICE_UNAVAILABLE);
    /// let busy = busy.field(header::RETRY_AFTER, HeaderValue::from_static("120"));
    /// assert_eq!(busy.status(), 503);
    /// ```
    #[must_use]
    pub fn field(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.fields.push((name, value));
        self
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The text that clients of the Python original read.
    #[must_use]
    pub(crate) fn error(mut self, error: &'static str) -> Self {
        self.0.error = Some(error.into());
        self
    }

    /// All that is wrong with the parameters, with this status; 400 where the content does not even parse.
    pub(crate) fn violations(status: StatusCode, violations: Vec<Violation>) -> Self {
        let is_of_syntax = violations.iter().any(Violation::is_of_syntax);
        let status = if is_of_syntax { StatusCode::BAD_REQUEST } else { status };
        let texts: Vec<_> = violations.iter().map(Violation::text).collect();
        let mut problem = Self::new(status).detail(texts.join(" "));
        problem.0.violations = violations;
        problem
    }

    /// 406 with what there is.
    pub(crate) fn not_acceptable(alternatives: Vec<&'static str>) -> Self {
        let detail = format!("There is {}.", alternatives.join(", "));
        let mut problem = Self::new(StatusCode::NOT_ACCEPTABLE).detail(detail);
        problem.0.alternatives = alternatives;
        problem
    }

    pub(crate) fn take_fields(&mut self) -> Vec<(HeaderName, HeaderValue)> {
        std::mem::take(&mut self.0.fields)
    }

    pub(crate) fn cause(&self) -> Option<&(dyn Error + Send + Sync)> {
        self.0.cause.as_deref()
    }

    /// The document, with a reference to this occurrence: the request's ID for a 5xx, else its target.
    pub(crate) fn document<'a>(&'a self, instance: &'a str) -> Document<'a> {
        Document { problem: &self.0, instance }
    }

    /// What the client should know, or else what the status says.
    pub(crate) fn reason(&self) -> &str {
        self.0.detail.as_deref().unwrap_or_else(|| self.title())
    }

    fn title(&self) -> &'static str {
        self.0.title()
    }
}

/// The phrase of a status (RFC 9110, section 15), of which `http` knows two by their older names.
pub(crate) fn phrase(status: StatusCode) -> &'static str {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => "Content Too Large",
        StatusCode::UNPROCESSABLE_ENTITY => "Unprocessable Content",
        status => status.canonical_reason().unwrap_or("Problem"),
    }
}

impl Inner {
    fn title(&self) -> &'static str {
        phrase(self.status)
    }

    /// The detail that may be sent: of a 5xx, a fixed text alone.
    fn sent_detail(&self) -> Option<&str> {
        if self.status.is_server_error() && (self.cause.is_some() || self.detail.is_some()) {
            return Some("The cause is in the log, under the ID of this request.");
        }
        self.detail.as_deref()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.status().as_u16(), self.title())?;
        match &self.0.detail {
            Some(detail) => write!(formatter, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as _)
    }
}

/// A problem, as it is sent.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    problem: &'a Inner,
    instance: &'a str,
}

impl Document<'_> {
    /// The page for a client that prefers HTML.
    pub(crate) fn html(&self) -> String {
        let title = format!("{} {}", self.problem.status.as_u16(), self.problem.title());
        maud::html! {
            (maud::DOCTYPE)
            html lang="en" {
                head { meta charset="utf-8"; title { (title) } }
                body {
                    h1 { (title) }
                    @if let Some(detail) = self.problem.sent_detail() { p { (detail) } }
                    @if !self.problem.violations.is_empty() {
                        ul {
                            @for violation in &self.problem.violations { li { (violation.detail()) } }
                        }
                    }
                    p { code { (self.instance) } }
                }
            }
        }
        .into_string()
    }
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let problem = self.problem;
        let detail = problem.sent_detail();
        let error = problem.error.as_deref().or(detail);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "about:blank")?;
        map.serialize_entry("title", problem.title())?;
        map.serialize_entry("status", &problem.status.as_u16())?;
        if let Some(detail) = detail {
            map.serialize_entry("detail", detail)?;
        }
        map.serialize_entry("instance", self.instance)?;
        if !problem.violations.is_empty() {
            map.serialize_entry("errors", &problem.violations)?;
        }
        if !problem.alternatives.is_empty() {
            map.serialize_entry("available", &problem.alternatives)?;
        }
        map.serialize_entry("error", error.unwrap_or_else(|| problem.title()))?;
        map.end()
    }
}
