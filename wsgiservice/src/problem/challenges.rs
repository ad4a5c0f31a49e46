//! The challenges of a 401 (RFC 9110, section 11.6.1).

use http::{StatusCode, header};

use super::Problem;
use crate::http::challenge::Challenge;

/// Why a request without credentials is refused.
pub(crate) const MISSING_CREDENTIALS: &str = "The request has no credentials.";

impl Problem {
    /// Creates a 401 for a request that has none of the credentials that `authorize` takes, each of them in an `Option`.
    ///
    /// Its challenges are those of the credentials, which a 401 of `authorize` or of a method always has.
    /// [`Credentials`](crate::credentials::Credentials) has an example.
    ///
    /// ```
    /// assert_eq!(wsgiservice::Problem::missing_credentials().status(), 401);
    /// ```
    #[must_use]
    pub fn missing_credentials() -> Self {
        Self::new(StatusCode::UNAUTHORIZED).detail(MISSING_CREDENTIALS)
    }

    /// Adds those of the challenges to a 401 whose scheme it has no challenge of.
    pub(crate) fn with_challenges(mut self, challenges: &[Challenge]) -> Self {
        if self.status() != StatusCode::UNAUTHORIZED {
            return self;
        }
        let fields = self.0.fields.iter();
        let stated = fields.filter(|(name, _)| name == header::WWW_AUTHENTICATE);
        let stated: Vec<_> = stated.map(|(_, value)| value).collect();
        let is_stated = |it: &&Challenge| stated.iter().any(|value| it.is_in(value));
        let missing: Vec<_> = challenges.iter().filter(|it| !is_stated(it)).collect();
        let missing = missing.into_iter().map(|it| (header::WWW_AUTHENTICATE, it.value()));
        self.0.fields.extend(missing);
        self
    }
}
