//! The links of a page to the next and the previous one (RFC 8288).

use http::HeaderValue;

use super::context::Context;
use crate::{
    answer::PageExtent,
    http::{path::segment, reference, urlencoded},
    site::{COUNT, START},
};

/// The value of `Link`; `None` if this is the only page.
pub(super) fn of_page(context: &Context<'_>, page: PageExtent) -> Option<HeaderValue> {
    if !context.request.retrieves() {
        return None;
    }
    let start = parameter(context, START).unwrap_or_default();
    let count = parameter(context, COUNT).unwrap_or(page.length);
    let next = page.is_followed(start).then(|| start.saturating_add(count));
    let previous = (start > 0).then(|| start.saturating_sub(count));
    let links = [("next", next), ("prev", previous)].into_iter();
    let links = links.filter(|_| count > 0).filter_map(|(relation, start)| {
        Some(format!("<{}>; rel=\"{relation}\"", target(context, start?, count)))
    });
    let links: Vec<_> = links.collect();
    HeaderValue::try_from(links.join(", ")).ok().filter(|links| !links.is_empty())
}

/// The value of a parameter: in the query, or its default.
fn parameter(context: &Context<'_>, name: &str) -> Option<u64> {
    let parameter = context.operation?.parameters.iter().find(|it| it.name == name)?;
    let query = context.request.target().query().unwrap_or_default();
    let sent = urlencoded::pairs(query.as_bytes()).find(|(key, _)| key == parameter.key);
    let sent = sent.and_then(|(_, value)| std::str::from_utf8(&value).ok()?.parse().ok());
    sent.or_else(|| parameter.default.as_deref()?.parse().ok())
}

/// The target of the request with these parameters. If a host may have removed a prefix, it is a query, which clients resolve.
fn target(context: &Context<'_>, start: u64, count: u64) -> String {
    let request = context.request;
    let base = context.site.base(request);
    let path = base.map(|base| reference::of_path(&base, request.target().path()).into_owned());
    let key = |name| {
        let mut parameters = context.operation.into_iter().flat_map(|it| it.parameters.iter());
        parameters.find(|it| it.name == name).map_or(name, |parameter| parameter.key)
    };
    let (start_key, count_key) = (key(START), key(COUNT));
    let (start_name, count_name) = (segment(start_key), segment(count_key));
    let query = request.target().query().unwrap_or_default();
    let is_other = |pair: &&str| {
        let mut names = urlencoded::pairs(pair.as_bytes()).map(|(name, _)| name);
        names.next().is_some_and(|name| name != start_key && name != count_key)
    };
    let others: String = query.split('&').filter(is_other).map(|pair| format!("{pair}&")).collect();
    let others = reference::encode(&others);
    format!("{}?{others}{start_name}={start}&{count_name}={count}", path.unwrap_or_default())
}
