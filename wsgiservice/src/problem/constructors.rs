//! Constructors for the statuses that methods return, with the fields that the standard requires.

use std::{borrow::Cow, time::Duration};

use http::{HeaderValue, StatusCode, header};

use super::Problem;

impl Problem {
    /// Creates a 400: the request is invalid (RFC 9110, section 15.5.1).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::bad_request("no such colour").status(), 400);
    /// ```
    pub fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST).detail(detail)
    }

    /// Creates a 401 with a challenge for `WWW-Authenticate` (RFC 9110, section 15.5.2).
    ///
    /// ```
    /// use wsgiservice::http::HeaderValue;
    ///
    /// let challenge = HeaderValue::from_static("Basic realm=\"accounts\"");
    /// assert_eq!(wsgiservice::Problem::unauthorized(challenge).status(), 401);
    /// ```
    #[must_use]
    pub fn unauthorized(challenge: HeaderValue) -> Self {
        Self::new(StatusCode::UNAUTHORIZED).field(header::WWW_AUTHENTICATE, challenge)
    }

    /// Creates a 403: the server refuses the request (RFC 9110, section 15.5.4).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::forbidden().status(), 403);
    /// ```
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN)
    }

    /// Creates a 404: the resource has no current representation (RFC 9110, section 15.5.5).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::not_found().status(), 404);
    /// ```
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND)
    }

    /// Creates a 409: the request conflicts with the state of the resource (RFC 9110, section 15.5.10).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::conflict("taken").status(), 409);
    /// ```
    pub fn conflict(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT).detail(detail)
    }

    /// Creates a 412: a precondition is false (RFC 9110, section 15.5.13).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::precondition_failed().status(), 412);
    /// ```
    #[must_use]
    pub fn precondition_failed() -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED)
    }

    /// Creates a 402: payment is required (RFC 9110, section 15.5.3).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::payment_required().status(), 402);
    /// ```
    #[must_use]
    pub fn payment_required() -> Self {
        Self::new(StatusCode::PAYMENT_REQUIRED)
    }

    /// Creates a 405: the resource does not currently allow this method; `Allow` lists those that it implements (RFC 9110,
    /// section 15.5.6).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::method_not_allowed().status(), 405);
    /// ```
    #[must_use]
    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED)
    }

    /// Creates a 406: no representation is acceptable to the client (RFC 9110, section 15.5.7).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::unacceptable().status(), 406);
    /// ```
    #[must_use]
    pub fn unacceptable() -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE)
    }

    /// Creates a 410: the resource was removed permanently (RFC 9110, section 15.5.11).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::gone().status(), 410);
    /// ```
    #[must_use]
    pub fn gone() -> Self {
        Self::new(StatusCode::GONE)
    }

    /// Creates a 415 with the supported media types (RFC 9110, section 15.5.16).
    ///
    /// ```
    /// use wsgiservice::http::HeaderValue;
    ///
    /// let png = HeaderValue::from_static("image/png");
    /// assert_eq!(wsgiservice::Problem::unsupported_media_type(png).status(), 415);
    /// ```
    #[must_use]
    pub fn unsupported_media_type(accept: HeaderValue) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE).field(header::ACCEPT, accept)
    }

    /// Creates a 422: the content is well-formed, but cannot be processed (RFC 9110, section 15.5.21).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::unprocessable("the end is before the start").status(), 422);
    /// ```
    pub fn unprocessable(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY).detail(detail)
    }

    /// Creates a 429 with `Retry-After` in seconds, rounded up (RFC 6585, section 4).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// assert_eq!(wsgiservice::Problem::too_many_requests(Duration::from_secs(60)).status(), 429);
    /// ```
    #[must_use]
    pub fn too_many_requests(retry_after: Duration) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS).retry_after(retry_after)
    }

    /// Creates a 501: the server does not support the request (RFC 9110, section 15.6.2).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::not_implemented().status(), 501);
    /// ```
    #[must_use]
    pub fn not_implemented() -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED)
    }

    /// Creates a 503 with `Retry-After` in seconds, rounded up (RFC 9110, sections 15.6.4 and 10.2.3).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// assert_eq!(wsgiservice::Problem::service_unavailable(Duration::from_secs(60)).status(), 503);
    /// ```
    #[must_use]
    pub fn service_unavailable(retry_after: Duration) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE).retry_after(retry_after)
    }

    pub(crate) fn retry_after(self, duration: Duration) -> Self {
        let whole = duration.as_secs();
        let seconds = whole.saturating_add(u64::from(duration.subsec_nanos() > 0));
        self.field(header::RETRY_AFTER, seconds.into())
    }
}
