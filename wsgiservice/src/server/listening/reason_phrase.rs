//! The reason phrase of a response (RFC 9112, section 4).

use http::Response;
use hyper::ext::ReasonPhrase;

use crate::{http::body::Body, problem::phrase};

/// Sets the phrase if hyper would write an older name of the status.
#[inline]
pub(super) fn set(response: &mut Response<Body>) {
    let status = response.status();
    if status.is_client_error() && status.canonical_reason() != Some(phrase(status)) {
        let phrase = ReasonPhrase::from_static(phrase(status).as_bytes());
        response.extensions_mut().insert(phrase);
    }
}
