//! What proxies say of the client (RFC 7239; `X-Forwarded-For`; `Via`, RFC 9110, section 7.6.3).

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, header};

use super::field_lines::elements;

/// The field that most proxies send instead of `Forwarded`.
const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// Whether a request came through a proxy that says so.
pub(crate) fn is_forwarded(fields: &HeaderMap) -> bool {
    fields.contains_key(X_FORWARDED_FOR)
        || fields.contains_key(header::FORWARDED)
        || fields.contains_key(header::VIA)
}

/// Whether all addresses that proxies name satisfy a condition; `false` if they name none, or one that is not an address.
pub(crate) fn all_addresses(fields: &HeaderMap, condition: impl Fn(IpAddr) -> bool) -> bool {
    let lines = |name| fields.get_all(name).iter().map(|line| line.to_str().unwrap_or("?"));
    let plain = lines(X_FORWARDED_FOR).flat_map(elements);
    let forwarded = lines(header::FORWARDED.as_str()).flat_map(elements).map(node);
    let mut addresses = plain.chain(forwarded).map(address).peekable();
    addresses.peek().is_some() && addresses.all(|address| address.is_some_and(&condition))
}

/// The client in an element of `Forwarded`.
fn node(element: &str) -> &str {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut clients = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    clients.next().map_or("", |(_, value)| value.trim().trim_matches('"'))
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn are_loopback(lines: &[(&'static str, &'static str)]) -> bool {
        let line = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let fields: HeaderMap = lines.iter().map(line).collect();
        assert!(is_forwarded(&fields));
        all_addresses(&fields, |address| address.is_loopback())
    }

    #[test]
    fn the_addresses_of_clients_are_read() {
        for (name, value) in [
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-for", "127.0.0.1, ::1, 127.0.0.2:80"),
            ("forwarded", "for=127.0.0.1"),
            ("forwarded", "by=a;For=\"[::1]:80\", for=127.0.0.1;proto=http"),
        ] {
            assert!(are_loopback(&[(name, value)]), "{name}: {value}");
        }
    }

    #[test]
    fn an_address_that_is_unknown_satisfies_nothing() {
        for (name, value) in [
            ("x-forwarded-for", "127.0.0.1, 203.0.113.7"),
            ("x-forwarded-for", "unknown"),
            ("x-forwarded-for", ""),
            ("forwarded", "for=_hidden"),
            ("forwarded", "proto=http"),
            ("via", "1.1 a"),
        ] {
            assert!(!are_loopback(&[(name, value)]), "{name}: {value}");
        }
    }
}
