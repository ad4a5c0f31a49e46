//! The responses that the documentation of an application has.

use http::{Method, StatusCode, Uri};

use crate::{
    http::path::Path,
    site::{self, Site},
};

/// Whether the status of the response to a request is documented; `None` if the method is not documented.
pub(super) fn is_documented(
    site: &Site,
    method: &Method,
    target: &Uri,
    status: StatusCode,
) -> Option<bool> {
    let path = Path::new(target.path());
    // The target belongs to another server.
    if status == StatusCode::MISDIRECTED_REQUEST {
        return None;
    }
    if site::is_internal(&path) {
        return None;
    }
    let matched = site.find(method, &path)?;
    if site.router.ignores(method, &matched, &path, target.query()) {
        return None;
    }
    let resource = site.resources.get(matched.resource)?;
    let responses = match *method {
        Method::OPTIONS => resource.options_responses(),
        ref method => resource.responses(resource.method(method)?),
    };
    let status = status.as_u16();
    Some(responses.iter().any(|response| response.status.is_none_or(|it| it == status)))
}
