//! URLs of listeners that are no services of the topology.

use http::{Uri, uri::Scheme};
use wsgiservice_client::{ClosestCluster, RequestBuilder, RestClient, Topology};

/// The only service in the topology of a URL, as errors name it beside its address.
const SERVICE: &str = "url";

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
    /// Reads a URL that is called from this cluster, which the environment may say.
    pub(crate) fn parse(url: &str, cluster: &str) -> Result<Self, String> {
        let expected = || "expected `http://…` or `https://…`".to_owned();
        let uri: Uri = url.parse().map_err(|_| expected())?;
        let scheme = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => "http",
            Some(scheme) if *scheme == Scheme::HTTPS => "https",
            _ => return Err(expected()),
        };
        let authority = uri.authority().ok_or_else(expected)?.as_str().to_owned();
        let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        let query = query.into_owned().collect();
        let target = Self { scheme, authority, path: uri.path().to_owned(), query };
        if has_dots(&target.path) {
            return Err("expected no segments `.` and `..`".to_owned());
        }
        // What is wrong with its host or port is said once, by whoever knows.
        target.topology(cluster)?;
        Ok(target)
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

/// Whether a path has a segment that is no name, however it is written: nothing can be sent there.
fn has_dots(path: &str) -> bool {
    let decoded = |segment: &str| segment.replace("%2e", ".").replace("%2E", ".");
    path.split('/').any(|segment| matches!(&*decoded(segment), "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_host_and_perhaps_a_query() {
        let target =
            UrlTarget::parse("https://example.org:8443/hooks/a?token=x%20y", "c1").expect("a URL");
        let expected = ("https", "example.org:8443", "/hooks/a");
        assert_eq!((target.scheme, &*target.authority, &*target.path), expected);
        assert_eq!(target.query, [("token".to_owned(), "x y".to_owned())]);
        assert!(UrlClient::new(target, "c1").is_ok());
        for url in [
            "",
            "/a",
            "ftp://example.org",
            "http://",
            "http://a:b@example.org/",
            "http://a:0/",
            "http://a/b/../c",
            "http://a/%2E%2e",
        ] {
            assert!(UrlTarget::parse(url, "c1").is_err(), "{url}");
        }
    }
}
