//! Problem documents (RFC 9457): the details sent to clients, and the causes that are only logged.

mod challenges;
mod constructors;
pub(crate) mod derived;
mod errors;
pub(crate) mod occurrence;
pub(crate) mod place;
pub(crate) mod schema;
pub(crate) mod violation;

use std::{borrow::Cow, error::Error, fmt};

use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Serialize, Serializer, ser::SerializeMap};

pub(crate) use self::challenges::MISSING_CREDENTIALS;
pub use self::{
    derived::ProblemMember,
    errors::{IntoProblem, ProblemCause},
};
use self::{occurrence::Occurrence, violation::Violation};
use crate::declaration::ProblemType;

/// An error response as a problem document (RFC 9457).
///
/// A method returns it in a `Result`; `#[derive(Problem)]` converts an error of the service. A 5xx sends only a fixed text
/// and the ID of the request; its cause is logged under that ID.
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
/// assert_eq!(response.json::<serde_json::Value>()["detail"], "The pot is empty.");
/// # }
/// ```
#[derive(Debug)]
pub struct Problem(Box<Inner>);

#[derive(Debug)]
struct Inner {
    status: StatusCode,
    kind: Option<ProblemType>,
    /// Members that its type adds to the document.
    extensions: Vec<(&'static str, serde_json::Value)>,
    detail: Option<Cow<'static, str>>,
    error: Option<Cow<'static, str>>,
    violations: Vec<Violation>,
    fields: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Box<dyn Error + Send + Sync>>,
    alternatives: Vec<&'static str>,
    /// Whether it is the `None` of a method.
    is_none: bool,
}

impl Problem {
    /// Creates a problem with this status and without a detail.
    ///
    /// ```
    /// use wsgiservice::{Problem, http::StatusCode};
    ///
    /// assert_eq!(Problem::new(StatusCode::GONE).status(), 410);
    /// ```
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self(Box::new(Inner {
            status,
            kind: None,
            extensions: Vec::new(),
            detail: None,
            error: None,
            violations: Vec::new(),
            fields: Vec::new(),
            cause: None,
            alternatives: Vec::new(),
            is_none: false,
        }))
    }

    /// Creates a 500 (RFC 9110, section 15.6.1) whose cause is logged and never sent.
    ///
    /// ```
    /// let cause = std::io::Error::other("cannot read /dev/sda1");
    /// assert_eq!(wsgiservice::Problem::internal(cause).status(), 500);
    /// ```
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::caused(StatusCode::INTERNAL_SERVER_ERROR, cause)
    }

    /// Creates a problem with this status for an error.
    ///
    /// The text of the error is the detail of a 4xx; that of a 5xx is only logged.
    ///
    /// ```
    /// use wsgiservice::{Problem, http::StatusCode};
    ///
    /// let error = std::io::Error::other("the document was modified");
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

    /// Sets the explanation for the client.
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

    /// Adds a header field to the response, for example `Retry-After`.
    ///
    /// ```
    /// use wsgiservice::{
    ///     Problem,
    ///     http::{HeaderValue, StatusCode, header},
    /// };
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

    /// Closes the connection after the response, since the end of the request is not certain (RFC 9112, section 9.6).
    #[cfg(feature = "server")]
    pub(crate) fn closing(self) -> Self {
        self.field(http::header::CONNECTION, HeaderValue::from_static("close"))
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Sets the text that clients of the Python original read.
    #[must_use]
    pub(crate) fn error(mut self, error: impl Into<Cow<'static, str>>) -> Self {
        self.0.error = Some(error.into());
        self
    }

    /// Creates a problem from all violations, with this status, or with 400 if the content is malformed.
    pub(crate) fn violations(status: StatusCode, violations: Vec<Violation>) -> Self {
        let is_of_syntax = violations.iter().any(Violation::is_of_syntax);
        let status = if is_of_syntax { StatusCode::BAD_REQUEST } else { status };
        let summaries: Vec<_> = violations.iter().map(Violation::summary).collect();
        let texts: Vec<_> = violations.iter().map(Violation::text).collect();
        let mut problem = Self::new(status).detail(summaries.join(" ")).error(texts.join(" "));
        problem.0.violations = violations;
        problem
    }

    /// How many violations it reports.
    pub(crate) fn violations_number(&self) -> usize {
        self.0.violations.len()
    }

    /// Adds a sentence to the detail.
    pub(crate) fn with_hint(mut self, hint: &'static str) -> Self {
        let detail = self.0.detail.take().unwrap_or_default();
        self.detail(format!("{detail} {hint}"))
    }

    /// Creates a 406 with the available media types.
    pub(crate) fn not_acceptable(alternatives: Vec<&'static str>) -> Self {
        let detail = format!("Available media types: {}.", alternatives.join(", "));
        let mut problem = Self::new(StatusCode::NOT_ACCEPTABLE).detail(detail);
        problem.0.alternatives = alternatives;
        problem
    }

    /// Creates a 404 for the `None` of a method.
    pub(crate) fn none() -> Self {
        let mut problem = Self::not_found();
        problem.0.is_none = true;
        problem
    }

    /// Whether a method returned `None`.
    pub(crate) fn is_none(&self) -> bool {
        self.0.is_none
    }

    /// Whether the response has further header fields.
    pub(crate) fn has_fields(&self) -> bool {
        !self.0.fields.is_empty()
    }

    pub(crate) fn take_fields(&mut self) -> Vec<(HeaderName, HeaderValue)> {
        std::mem::take(&mut self.0.fields)
    }

    /// Whether it has nothing to log: neither a cause nor a detail.
    pub(crate) fn is_unexplained(&self) -> bool {
        self.0.cause.is_none() && self.0.detail.is_none()
    }

    pub(crate) fn cause(&self) -> Option<&(dyn Error + Send + Sync)> {
        self.0.cause.as_deref()
    }

    /// Creates the document. The pages of its types are below `base`.
    pub(crate) fn document<'a>(
        &'a self,
        occurrence: &'a Occurrence<'a>,
        base: &'a str,
    ) -> Document<'a> {
        Document { problem: &self.0, occurrence, base }
    }

    /// Returns the detail, or the phrase of the status if there is no detail.
    pub(crate) fn reason(&self) -> &str {
        self.0.detail.as_deref().unwrap_or_else(|| self.title())
    }

    /// What kind of problem it is.
    pub(crate) fn title(&self) -> &'static str {
        self.0.title()
    }
}

/// Returns the phrase of a status (RFC 9110, section 15); `http` has older names for two of them.
pub(crate) fn phrase(status: StatusCode) -> &'static str {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => "Content Too Large",
        StatusCode::UNPROCESSABLE_ENTITY => "Unprocessable Content",
        status => status.canonical_reason().unwrap_or("Problem"),
    }
}

impl Inner {
    fn title(&self) -> &'static str {
        self.kind.map_or_else(|| phrase(self.status), |kind| kind.title)
    }

    /// Returns the detail that may be sent, which is a fixed text for a 5xx.
    fn sent_detail(&self) -> Option<&str> {
        if self.status.is_server_error() && (self.cause.is_some() || self.detail.is_some()) {
            return Some("The cause is logged under the ID of this request.");
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

/// A problem as it is sent.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    problem: &'a Inner,
    occurrence: &'a Occurrence<'a>,
    base: &'a str,
}

impl Document<'_> {
    /// Writes the page for a client that prefers HTML.
    pub(crate) fn html(&self) -> String {
        let title = format!("{} {}", self.problem.status.as_u16(), self.problem.title());
        maud::html! {
            (maud::DOCTYPE)
            html lang="en" {
                head { meta charset="utf-8"; title { (title) } }
                body {
                    h1 { (title) }
                    @if let Some(kind) = self.problem.kind {
                        p { a href=(kind.uri(self.base)) { (kind.name) } }
                    }
                    @if let Some(detail) = self.problem.sent_detail() { p { (detail) } }
                    @if !self.problem.violations.is_empty() {
                        ul {
                            @for violation in &self.problem.violations { li { (violation.detail()) } }
                        }
                    }
                    p { code { (self.occurrence.short()) } }
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
        match problem.kind {
            Some(kind) => map.serialize_entry("type", &kind.uri(self.base))?,
            None => map.serialize_entry("type", "about:blank")?,
        }
        map.serialize_entry("title", problem.title())?;
        map.serialize_entry("status", &problem.status.as_u16())?;
        if let Some(detail) = detail {
            map.serialize_entry("detail", detail)?;
        }
        map.serialize_entry("instance", &*self.occurrence.instance())?;
        if let Occurrence::Logged { identity, .. } = self.occurrence {
            map.serialize_entry("request_id", &identity.id().to_string())?;
            map.serialize_entry("trace_id", identity.trace_id())?;
        }
        if !problem.violations.is_empty() {
            map.serialize_entry("errors", &problem.violations)?;
        }
        if !problem.alternatives.is_empty() {
            map.serialize_entry("available", &problem.alternatives)?;
        }
        for (name, value) in &problem.extensions {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("error", error.unwrap_or_else(|| problem.title()))?;
        map.end()
    }
}

/// Where the pages of the types of problems are.
pub(crate) const PAGES: &str = "/_internal/problems/";

impl ProblemType {
    /// Its URI, which leads to its page unless the service has chosen another one.
    pub(crate) fn uri(&self, base: &str) -> String {
        match self.base {
            Some(own) => format!("{own}{}", self.name),
            None => format!("{base}{PAGES}{}", self.name),
        }
    }
}
