//! URLs of listeners that are no services of the topology.

use http::{
    Uri,
    uri::{Authority, Scheme},
};
use wsgiservice_client::{ClosestCluster, RequestBuilder, RestClient, Topology};

/// The only service in the topology of a URL.
const SERVICE: &str = "listener";

/// A URL that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UrlTarget {
    scheme: &'static str,
    authority: String,
    path: String,
    query: Vec<(String, String)>,
}

/// A client of a URL.
#[derive(Clone, Debug)]
pub(crate) struct UrlClient {
    client: RestClient,
    target: UrlTarget,
}

impl UrlTarget {
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        let expected = || "expected `http://…` or `https://…`".to_owned();
        let uri: Uri = url.parse().map_err(|_| expected())?;
        let scheme = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => "http",
            Some(scheme) if *scheme == Scheme::HTTPS => "https",
            _ => return Err(expected()),
        };
        let authority = uri.authority().filter(|it| !it.host().is_empty()).ok_or_else(expected)?;
        if authority.as_str().contains('@') {
            return Err("it has a user, which a URL of HTTP cannot have".to_owned());
        }
        if !has_port(authority) {
            return Err("its port is not one from 1 to 65535".to_owned());
        }
        let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        let query = query.into_owned().collect();
        let (authority, path) = (authority.as_str().to_owned(), uri.path().to_owned());
        Ok(Self { scheme, authority, path, query })
    }

    /// A topology with this host alone, in the cluster of this process.
    fn topology(&self, cluster: &str) -> Result<Topology, String> {
        let Self { scheme, authority, .. } = self;
        let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let topology = format!(
            "version = 1\nlocal_cluster = {cluster}\n[defaults]\nconnect_timeout_ms = 5000\nattempts = 1\n\
             [clusters.{cluster}]\n[services.{SERVICE}]\nhost = {host}\nglobal = [{address}]\n",
            cluster = text(cluster),
            host = text(authority),
            address = text(&format!("{scheme}://{authority}")),
        );
        Topology::parse("url", &topology).map_err(|error| error.to_string())
    }
}

/// Whether the port is one, if there is any (RFC 3986, section 3.2.3).
fn has_port(authority: &Authority) -> bool {
    let after_host = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
    after_host.is_empty() || authority.port_u16().is_some_and(|port| port != 0)
}

impl UrlClient {
    /// A client, of which calls carry the cluster of this process.
    pub(crate) fn new(target: UrlTarget, cluster: &str) -> Result<Self, String> {
        let topology = target.topology(cluster)?;
        let client = RestClient::builder().topology(topology).build();
        Ok(Self { client: client.map_err(|error| error.to_string())?, target })
    }

    pub(crate) fn post(&self) -> RequestBuilder {
        let call = self.client.post(SERVICE, ClosestCluster, &self.target.path);
        if self.target.query.is_empty() { call } else { call.query(&self.target.query) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_host_and_perhaps_a_query() {
        let target =
            UrlTarget::parse("https://example.org:8443/hooks/a?token=x%20y").expect("a URL");
        let expected = ("https", "example.org:8443", "/hooks/a");
        assert_eq!((target.scheme, &*target.authority, &*target.path), expected);
        assert_eq!(target.query, [("token".to_owned(), "x y".to_owned())]);
        assert!(UrlClient::new(target, "c1").is_ok());
        for url in ["http://[::1]:80/", "http://[::1]/", "http://example.org"] {
            let target = UrlTarget::parse(url).expect(url);
            assert!(UrlClient::new(target, "c1").is_ok(), "{url}");
        }
        let (no_url, userinfo) = (["", "/a", "ftp://a", "http://"], "http://a:b@example.org/");
        let ports = ["http://a:0/", "http://a:/", "http://a:65536/", "http://[::1]:0/"];
        for url in no_url.iter().chain(&ports).chain([&userinfo]) {
            assert!(UrlTarget::parse(url).is_err(), "{url}");
        }
    }
}
