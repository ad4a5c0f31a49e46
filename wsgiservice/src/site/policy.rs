//! How an application answers where the standard leaves a choice.

use http::StatusCode;

use super::methods;

/// How an application answers where the standard leaves a choice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manners {
    /// Whether a client that accepts nothing of what there is gets the default, and no 406.
    pub(crate) sends_default: bool,
    /// The status for parameters that break rules.
    pub(crate) violations: StatusCode,
    /// How much content a method reads, in bytes.
    pub(crate) content_limit: usize,
    /// The methods that there are, whether a resource implements them or not.
    pub(crate) known_methods: &'static [&'static str],
    /// Whether answers have `Content-MD5`.
    pub(crate) content_md5: bool,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            sends_default: false,
            violations: StatusCode::BAD_REQUEST,
            content_limit: 2 << 20,
            known_methods: methods::REGISTERED,
            content_md5: false,
        }
    }
}
