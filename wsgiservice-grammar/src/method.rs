//! The methods of HTTP, and the functions that implement them.
//!
//! A resource implements `GET` with a function `get`, `VERSION-CONTROL` with a function `version_control`, and `MOVE`,
//! whose name is a keyword, with `move_`.

/// The [HTTP Method Registry], except for `*` and `PRI`, which a request cannot have: the method, and the function that
/// implements it.
///
/// A resource cannot implement four of them: the framework answers `HEAD` with `get`, and answers `OPTIONS` itself;
/// `CONNECT` and `TRACE` are not about a resource (RFC 9110, section 9.3).
///
/// [HTTP Method Registry]: https://www.iana.org/assignments/http-methods
const TABLE: &[(&str, Option<&str>)] = &[
    ("ACL", Some("acl")),
    ("BASELINE-CONTROL", Some("baseline_control")),
    ("BIND", Some("bind")),
    ("CHECKIN", Some("checkin")),
    ("CHECKOUT", Some("checkout")),
    ("CONNECT", None),
    ("COPY", Some("copy")),
    ("DELETE", Some("delete")),
    ("GET", Some("get")),
    ("HEAD", None),
    ("LABEL", Some("label")),
    ("LINK", Some("link")),
    ("LOCK", Some("lock")),
    ("MERGE", Some("merge")),
    ("MKACTIVITY", Some("mkactivity")),
    ("MKCALENDAR", Some("mkcalendar")),
    ("MKCOL", Some("mkcol")),
    ("MKREDIRECTREF", Some("mkredirectref")),
    ("MKWORKSPACE", Some("mkworkspace")),
    ("MOVE", Some("move_")),
    ("OPTIONS", None),
    ("ORDERPATCH", Some("orderpatch")),
    ("PATCH", Some("patch")),
    ("POST", Some("post")),
    ("PROPFIND", Some("propfind")),
    ("PROPPATCH", Some("proppatch")),
    ("PUT", Some("put")),
    ("QUERY", Some("query")),
    ("REBIND", Some("rebind")),
    ("REPORT", Some("report")),
    ("SEARCH", Some("search")),
    ("TRACE", None),
    ("UNBIND", Some("unbind")),
    ("UNCHECKOUT", Some("uncheckout")),
    ("UNLINK", Some("unlink")),
    ("UNLOCK", Some("unlock")),
    ("UPDATE", Some("update")),
    ("UPDATEREDIRECTREF", Some("updateredirectref")),
    ("VERSION-CONTROL", Some("version_control")),
];

/// The methods of the HTTP Method Registry, in alphabetical order.
///
/// The response to any other method is 501 (RFC 9110, section 15.6.2).
///
/// ```
/// use wsgiservice_grammar::method::REGISTERED;
///
/// assert!(REGISTERED.contains(&"TRACE"));
/// assert!(!REGISTERED.contains(&"BREW"));
/// ```
pub const REGISTERED: &[&str] = &TOKENS;

const TOKENS: [&str; TABLE.len()] = {
    let mut tokens = [""; TABLE.len()];
    let mut slots: &mut [&str] = &mut tokens;
    let mut table = TABLE;
    while let ([slot, other_slots @ ..], [(token, _), rest @ ..]) = (slots, table) {
        *slot = token;
        (slots, table) = (other_slots, rest);
    }
    tokens
};

/// The method that a function of this name implements.
///
/// ```
/// use wsgiservice_grammar::method::of_function;
///
/// assert_eq!(of_function("get"), Some("GET"));
/// assert_eq!(of_function("move_"), Some("MOVE"));
/// assert_eq!(of_function("head"), None);
/// assert_eq!(of_function("GET"), None);
/// ```
#[must_use]
pub fn of_function(name: &str) -> Option<&'static str> {
    TABLE.iter().find(|(_, function)| *function == Some(name)).map(|(token, _)| *token)
}

/// The names of all functions that implement a method.
///
/// ```
/// use wsgiservice_grammar::method::functions;
///
/// assert!(functions().any(|name| name == "baseline_control"));
/// ```
pub fn functions() -> impl Iterator<Item = &'static str> {
    TABLE.iter().filter_map(|(_, function)| *function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_in_alphabetical_order() {
        assert!(REGISTERED.is_sorted());
        assert_eq!(REGISTERED.len(), TABLE.len());
    }

    #[test]
    fn a_function_is_named_after_its_method() {
        for name in functions() {
            let token = of_function(name).expect("a method");
            assert_eq!(name.trim_end_matches('_').replace('_', "-").to_uppercase(), token);
        }
    }

    #[test]
    fn a_resource_cannot_implement_four_methods() {
        let implemented: Vec<_> = functions().filter_map(of_function).collect();
        let others = REGISTERED.iter().filter(|token| !implemented.contains(token));
        assert!(others.eq(&["CONNECT", "HEAD", "OPTIONS", "TRACE"]));
    }
}
