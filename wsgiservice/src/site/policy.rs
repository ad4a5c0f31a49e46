//! How an application behaves where the standard leaves a choice.

use http::StatusCode;
use wsgiservice_grammar::method::REGISTERED;

/// The choices of an application.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// Whether a client that accepts no available representation gets the default one instead of a 406.
    pub(crate) sends_default: bool,
    /// The status of a response to parameters that break rules.
    pub(crate) violations: StatusCode,
    /// The maximum size of request content, in bytes.
    pub(crate) content_limit: usize,
    /// The methods that get a 405 instead of a 501 if a resource does not implement them.
    pub(crate) known_methods: &'static [&'static str],
    /// Whether responses have `Content-MD5`.
    pub(crate) content_md5: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            sends_default: false,
            violations: StatusCode::BAD_REQUEST,
            content_limit: 2 << 20,
            known_methods: REGISTERED,
            content_md5: false,
        }
    }
}
