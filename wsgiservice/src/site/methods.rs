//! The `Allow` of a resource.

use http::HeaderValue;

/// The value of `Allow` for these methods: with `HEAD` if they include `GET`, always with `OPTIONS`, in alphabetical order.
pub(crate) fn allow<'a>(methods: impl Iterator<Item = &'a str>) -> HeaderValue {
    let mut names: Vec<_> = methods.chain(["OPTIONS"]).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.sort_unstable();
    names.dedup();
    HeaderValue::try_from(names.join(", ")).unwrap_or(HeaderValue::from_static("OPTIONS"))
}
