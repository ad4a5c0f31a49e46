//! A constructor for each status that a method may want, with the fields that the standard asks of it.

use std::{borrow::Cow, time::Duration};

use http::{HeaderValue, StatusCode, header};

use super::Problem;

impl Problem {
    /// 400: the request is wrong, and how (RFC 9110, section 15.5.1).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::bad_request("no such colour").status(), 400);
    /// ```
    pub fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST).detail(detail)
    }

    /// 401, with the challenge for `WWW-Authenticate` (RFC 9110, section 15.5.2).
    ///
    /// ```
    /// use http::HeaderValue;
    ///
    /// let challenge = HeaderValue::from_static("Basic realm=\"accounts\"");
    /// assert_eq!(wsgiservice::Problem::unauthorized(challenge).status(), 401);
    /// ```
    #[must_use]
    pub fn unauthorized(challenge: HeaderValue) -> Self {
        Self::new(StatusCode::UNAUTHORIZED).field(header::WWW_AUTHENTICATE, challenge)
    }

    /// 403: understood, and refused (RFC 9110, section 15.5.4).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::forbidden().status(), 403);
    /// ```
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN)
    }

    /// 404: there is no representation (RFC 9110, section 15.5.5).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::not_found().status(), 404);
    /// ```
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND)
    }

    /// 409: the state of the resource does not allow it (RFC 9110, section 15.5.10).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::conflict("taken").status(), 409);
    /// ```
    pub fn conflict(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT).detail(detail)
    }

    /// 412: a precondition does not hold (RFC 9110, section 15.5.13).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::precondition_failed().status(), 412);
    /// ```
    #[must_use]
    pub fn precondition_failed() -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED)
    }

    /// 402: it would cost something (RFC 9110, section 15.5.3).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::payment_required().status(), 402);
    /// ```
    #[must_use]
    pub fn payment_required() -> Self {
        Self::new(StatusCode::PAYMENT_REQUIRED)
    }

    /// 405: not with this method, today; `Allow` says what the resource implements (RFC 9110, section 15.5.6).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::method_not_allowed().status(), 405);
    /// ```
    #[must_use]
    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED)
    }

    /// 406: there is nothing that the client accepts (RFC 9110, section 15.5.7).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::unacceptable().status(), 406);
    /// ```
    #[must_use]
    pub fn unacceptable() -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE)
    }

    /// 410: it was there, and will not be again (RFC 9110, section 15.5.11).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::gone().status(), 410);
    /// ```
    #[must_use]
    pub fn gone() -> Self {
        Self::new(StatusCode::GONE)
    }

    /// 415, with the media types that would be read (RFC 9110, section 15.5.16).
    ///
    /// ```
    /// use http::HeaderValue;
    ///
    /// let png = HeaderValue::from_static("image/png");
    /// assert_eq!(wsgiservice::Problem::unsupported_media_type(png).status(), 415);
    /// ```
    #[must_use]
    pub fn unsupported_media_type(accept: HeaderValue) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE).field(header::ACCEPT, accept)
    }

    /// 422: understood, and not to be done (RFC 9110, section 15.5.21).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::unprocessable("it ends before it begins").status(), 422);
    /// ```
    pub fn unprocessable(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY).detail(detail)
    }

    /// 429, and when to come again, in whole seconds (RFC 6585, section 4).
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

    /// 501: the server cannot do this (RFC 9110, section 15.6.2).
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::not_implemented().status(), 501);
    /// ```
    #[must_use]
    pub fn not_implemented() -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED)
    }

    /// 503, and when to come again, in whole seconds (RFC 9110, sections 15.6.4 and 10.2.3).
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

    fn retry_after(self, duration: Duration) -> Self {
        self.field(header::RETRY_AFTER, duration.as_secs().into())
    }
}
