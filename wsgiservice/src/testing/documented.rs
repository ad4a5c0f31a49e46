//! What the documentation of an application says that it can answer.

use http::{Method, StatusCode, Uri};

use crate::{
    documentation::{Answer, Documentation},
    http::path,
    site::Built,
};

/// Whether a request for this can be answered with that status; of a method that is not known nobody can tell.
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
    knows(built.documentation.as_ref()?, entry.path(), method.as_str(), status.as_u16())
}

fn knows(documentation: &Documentation, path: &str, method: &str, status: u16) -> Option<bool> {
    let resource = documentation.resources.iter().find(|resource| resource.path == path)?;
    let mut methods = resource.methods.iter().chain([&resource.options]);
    let method = methods.find(|it| it.method == method)?;
    let can_be = |answer: &Answer| answer.status.is_none_or(|known| known == status);
    Some(method.answers.iter().any(can_be))
}
