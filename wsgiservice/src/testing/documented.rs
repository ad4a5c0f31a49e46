//! The responses that the documentation of an application lists.

use http::{Method, StatusCode, Uri};

use crate::{
    documentation::{Answer, Documentation},
    http::path,
    site::Built,
};

/// Returns whether the documentation lists a status for a request; `None` if it does not list the method.
pub(super) fn is_documented(
    built: &Built,
    method: &Method,
    target: &Uri,
    status: StatusCode,
) -> Option<bool> {
    let path = path::normalise(target.path());
    let matched = built.router.find(&path)?;
    if built.router.ignores(method, &matched, &path, target.query()) {
        return None;
    }
    let entry = built.entries.get(matched.resource)?;
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    lists(built.documentation.as_ref()?, entry.path(), method.as_str(), status.as_u16())
}

fn lists(documentation: &Documentation, path: &str, method: &str, status: u16) -> Option<bool> {
    let resource = documentation.resources.iter().find(|resource| resource.path == path)?;
    let mut methods = resource.methods.iter().chain([&resource.options]);
    let method = methods.find(|it| it.method == method)?;
    let is_listed = |answer: &Answer| answer.status.is_none_or(|listed| listed == status);
    Some(method.answers.iter().any(is_listed))
}
