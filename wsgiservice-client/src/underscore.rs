//! A warning of names of header fields that proxies remove.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use http::HeaderName;

/// The names that are remembered.
const WARNINGS: usize = 1000;

/// Warns once of a name of a header field with `_`, which proxies such as nginx remove.
pub(crate) fn warn_of_underscore(name: &HeaderName) {
    static WARNED: Mutex<Option<HashSet<HeaderName>>> = Mutex::new(None);

    if name.as_str().contains('_') {
        let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
        let warned = warned.get_or_insert_default();
        if warned.len() < WARNINGS && warned.insert(name.clone()) {
            tracing::warn!(
                "a proxy can remove the header field `{name}`, since its name has a `_`"
            );
        }
    }
}
