//! Entity tags.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH},
};

/// A response with this content and its tag; without content if the client has it.
pub(crate) fn found(request: &Request<Incoming>, content: Vec<u8>) -> Response<Full<Bytes>> {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    let tag = HeaderValue::try_from(format!("\"{:016x}_json\"", hasher.finish())).expect("a tag");
    let is_known = request.headers().get(IF_NONE_MATCH).is_some_and(|known| *known == tag);
    let mut response = crate::found(content);
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Full::default();
        response.headers_mut().remove(CONTENT_TYPE);
    }
    response.headers_mut().insert(ETAG, tag);
    response
}
