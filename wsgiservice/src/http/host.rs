//! `Host` (RFC 9110, section 7.2).

use std::cell::RefCell;

use http::{HeaderValue, uri::Authority};

thread_local! {
    /// The last valid host: a cache, since a client sends the same one again and again.
    static VALID: RefCell<HeaderValue> = const { RefCell::new(HeaderValue::from_static("")) };
}

/// Whether the host is the one that was last found valid.
pub(crate) fn was_valid(host: &HeaderValue) -> bool {
    VALID.with_borrow(|valid| valid == host && !host.is_empty())
}

/// Whether this is a name or an address, with or without a port.
pub(crate) fn is_valid(host: &HeaderValue) -> bool {
    let authority = Authority::try_from(host.as_bytes());
    let is_valid = authority.is_ok_and(|authority| {
        let port = authority.as_str().strip_prefix(authority.host());
        !authority.host().is_empty() && !authority.as_str().contains('@') && is_port(port)
    });
    if is_valid {
        VALID.set(host.clone());
    }
    is_valid
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

    #[test]
    fn a_host_is_a_name_or_an_address_with_a_port() {
        let value = |host: &str| HeaderValue::from_str(host).expect("a value");
        for host in ["a", "a.example:80", "127.0.0.1:8001", "[::1]:8001", "[::1]", "a:", "a_b"] {
            assert!(is_valid(&value(host)), "{host}");
            assert!(was_valid(&value(host)), "{host}");
        }
        for host in
            ["", "a b", "a/b", "<a>", "u@a", "a:b", "a:99999", "a, b", "[::1", "a:80:80", ":80"]
        {
            assert!(!is_valid(&value(host)), "{host}");
            assert!(!was_valid(&value(host)), "{host}");
        }
    }
}
