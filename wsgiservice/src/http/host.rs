//! `Host` (RFC 9110, section 7.2).

use std::{cell::RefCell, net::IpAddr};

use http::{HeaderValue, uri::Authority};

/// What a valid host names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostKind {
    /// An address, or `localhost` (RFC 6761, section 6.3): no name that a stranger can make lead to this host.
    Local,
    /// Another name.
    Name,
}

thread_local! {
    /// The last valid host: a cache, since a client sends the same one again and again.
    static LAST: RefCell<(HeaderValue, HostKind)> =
        const { RefCell::new((HeaderValue::from_static(""), HostKind::Name)) };
}

/// What a host names, if it is the one that was last found valid.
#[inline]
pub(crate) fn known(host: &HeaderValue) -> Option<HostKind> {
    LAST.with_borrow(|(last, kind)| (last == host && !host.is_empty()).then_some(*kind))
}

/// What a host names; `None` if it is not a name or an address, with or without a port.
pub(crate) fn parse(host: &HeaderValue) -> Option<HostKind> {
    let authority = Authority::try_from(host.as_bytes()).ok()?;
    let name = authority.host();
    let is_valid = !name.is_empty()
        && !authority.as_str().contains('@')
        && is_port(authority.as_str().strip_prefix(name));
    let kind = if is_local(name) { HostKind::Local } else { HostKind::Name };
    if is_valid {
        LAST.set((host.clone(), kind));
    }
    is_valid.then_some(kind)
}

/// The name without the port.
pub(crate) fn without_port(host: &HeaderValue) -> &str {
    let host = host.to_str().unwrap_or_default();
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

fn is_local(name: &str) -> bool {
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let name = name.to_ascii_lowercase();
    address.parse::<IpAddr>().is_ok() || name == "localhost" || name.ends_with(".localhost")
}

/// Whether this follows a host: nothing, or a port, which may be empty (RFC 3986, section 3.2.3).
fn is_port(text: Option<&str>) -> bool {
    match text {
        Some("" | ":") => true,
        Some(text) => text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(host: &str) -> HeaderValue {
        HeaderValue::from_str(host).expect("a value")
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_a_port() {
        for (host, kind) in [
            ("a", HostKind::Name),
            ("a.example:80", HostKind::Name),
            ("localhost.example", HostKind::Name),
            ("127.0.0.1.example", HostKind::Name),
            ("a:", HostKind::Name),
            ("a_b", HostKind::Name),
            ("127.0.0.1:8001", HostKind::Local),
            ("[::1]:8001", HostKind::Local),
            ("[::1]", HostKind::Local),
            ("LocalHost:80", HostKind::Local),
            ("a.localhost", HostKind::Local),
        ] {
            assert_eq!(parse(&value(host)), Some(kind), "{host}");
            assert_eq!(known(&value(host)), Some(kind), "{host}");
        }
        for host in
            ["", "a b", "a/b", "<a>", "u@a", "a:b", "a:99999", "a, b", "[::1", "a:80:80", ":80"]
        {
            assert_eq!(parse(&value(host)), None, "{host}");
            assert_eq!(known(&value(host)), None, "{host}");
        }
    }

    #[test]
    fn a_name_has_no_port() {
        for (host, name) in [("a", "a"), ("a:80", "a"), ("a:", "a")] {
            assert_eq!(without_port(&value(host)), name);
        }
    }
}
