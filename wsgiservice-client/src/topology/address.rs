//! Where an endpoint is, as a topology says.

use std::{fmt, path::PathBuf};

use http::Uri;

/// Where an endpoint is, or where to ask for endpoints.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Address {
    /// `http://HOST:PORT`, `https://HOST:PORT`.
    Host { tls: bool, host: String, port: u16 },
    /// `unix:PATH`.
    Unix(PathBuf),
    /// `dns+srv://NAME`: the name of SRV records (RFC 2782).
    Srv(String),
    /// `etcd://HOST:PORT/PREFIX`: where the URLs of endpoints are registered, and below which key.
    Etcd { server: String, prefix: String },
}

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("unix", path)) if path.starts_with('/') => Ok(Self::Unix(path.into())),
            Some(("unix", _)) => Err("the path of a socket must be absolute: `unix:/…`".to_owned()),
            Some(("http" | "https", rest)) if rest.starts_with("//") => host(text),
            Some(("dns+srv", rest)) => srv(rest),
            Some(("etcd", _)) => etcd(text),
            _ => Err("expected `http://HOST:PORT`, `https://HOST:PORT`, `unix:/PATH`, `dns+srv://NAME` or `etcd://HOST:PORT/PREFIX`".to_owned()),
        }
    }
}

fn host(text: &str) -> Result<Address, String> {
    let uri: Uri = text.parse().map_err(|error| format!("not a URL: {error}"))?;
    let tls = uri.scheme_str() == Some("https");
    if tls && !cfg!(feature = "rustls") {
        return Err("`https` requires the feature `rustls` of `wsgiservice-client`".to_owned());
    }
    if uri.authority().is_some_and(|it| it.as_str().contains('@')) {
        return Err("a URL of an endpoint cannot have a user name".to_owned());
    }
    if uri.path_and_query().is_some_and(|it| it.as_str() != "/") {
        return Err("a URL of an endpoint has no path: calls have one".to_owned());
    }
    let is_host = uri.authority().map(http::uri::Authority::as_str) == uri.host();
    if !is_host && uri.port_u16().is_none() {
        return Err("a port is a number up to 65535".to_owned());
    }
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    if uri.port_u16() == Some(0) {
        return Err("a port is a number from 1".to_owned());
    }
    let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
    Ok(Address::Host { tls, host, port })
}

fn srv(rest: &str) -> Result<Address, String> {
    if !cfg!(feature = "dns") {
        return Err("`dns+srv` requires the feature `dns` of `wsgiservice-client`".to_owned());
    }
    let name = rest.strip_prefix("//").unwrap_or_default();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match !name.is_empty() && name.bytes().all(is_name) {
        true => Ok(Address::Srv(name.to_owned())),
        false => {
            Err("expected the name of SRV records: `dns+srv://_label._tcp.example.org`".to_owned())
        }
    }
}

fn etcd(text: &str) -> Result<Address, String> {
    let expected = "expected a server and the prefix of keys: `etcd://HOST:PORT/services/label/c2`";
    let uri: Uri = text.parse().map_err(|error| format!("not a URL: {error}"))?;
    let prefix = uri.path().trim_matches('/');
    match (uri.host(), uri.port_u16()) {
        (Some(host), Some(port)) if port > 0 && !prefix.is_empty() && uri.query().is_none() => {
            let (server, prefix) = (format!("{host}:{port}"), prefix.to_owned());
            Ok(Address::Etcd { server, prefix })
        }
        _ => Err(expected.to_owned()),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host { tls, host, port } => {
                let scheme = if *tls { "https" } else { "http" };
                match host.contains(':') {
                    true => write!(f, "{scheme}://[{host}]:{port}"),
                    false => write!(f, "{scheme}://{host}:{port}"),
                }
            }
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Srv(name) => write!(f, "dns+srv://{name}"),
            Self::Etcd { server, prefix } => write!(f, "etcd://{server}/{prefix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_displayed_as_it_is_written() {
        for text in [
            "http://10.0.0.10:8100",
            "http://[::1]:80",
            "http://a.internal:1",
            "unix:/run/x.sock",
            "etcd://10.0.0.9:2379/services/label/c2",
        ] {
            assert_eq!(Address::parse(text).map(|it| it.to_string()).as_deref(), Ok(text));
        }
        assert_eq!(
            Address::parse("http://a/").map(|it| it.to_string()).as_deref(),
            Ok("http://a:80")
        );
    }

    #[test]
    fn other_addresses_are_refused() {
        for text in [
            "",
            "http:80",
            "etcd://10.0.0.9:2379",
            "etcd://10.0.0.9/services/label",
            "https:443",
            "http:/a",
            "http://a:0",
            "http://[::1",
            "10.0.0.10:8100",
            "ftp://a",
            "http://",
            "http://a/b",
            "http://a/?b",
            "http://u@a",
            "unix:run/x.sock",
            "dns+srv:",
            "dns+srv://",
            "dns+srv://a b",
            "http://a:99999",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
