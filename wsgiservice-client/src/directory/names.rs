//! Looks up the endpoints behind a name.

use std::{net::SocketAddr, time::Duration};

use tokio::net::lookup_host;

use super::{Parts, etcd, group::place};
use crate::{endpoint::Place, error::BoxError, topology::Address};

/// How long the addresses of a host are used.
const VALID: Duration = Duration::from_secs(30);

/// Looks up the endpoints behind a name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolver {
    #[cfg(feature = "dns")]
    dns: std::sync::Arc<tokio::sync::OnceCell<hickory_resolver::TokioResolver>>,
}

/// Endpoints, each with its address, where it is, and whether it speaks TLS.
pub(super) struct Found {
    pub(super) endpoints: Vec<(Address, Place, bool)>,
    /// How long they are used.
    pub(super) valid: Duration,
}

impl Resolver {
    #[cfg(all(test, feature = "dns"))]
    pub(crate) fn with(dns: hickory_resolver::TokioResolver) -> Self {
        Self { dns: std::sync::Arc::new(tokio::sync::OnceCell::new_with(Some(dns))) }
    }

    pub(super) async fn find(&self, address: &Address, parts: &Parts) -> Result<Found, BoxError> {
        match address {
            Address::Etcd { server, prefix } => {
                let urls = etcd::urls(server, prefix).await?;
                let endpoints =
                    urls.iter().map(|url| registered(url, parts)).collect::<Result<_, _>>()?;
                Ok(Found { endpoints, valid: etcd::VALID })
            }
            Address::Host { tls, host, port } => {
                let addresses = lookup_host((host.as_str(), *port)).await?;
                Ok(Found { endpoints: distinct(addresses, *tls), valid: VALID })
            }
            #[cfg(feature = "dns")]
            Address::Srv(name) => self.find_srv(name).await,
            _ => Err("not a name".into()),
        }
    }

    /// The addresses of the targets with the lowest priority (RFC 2782). Their weights are not used, because the client
    /// measures how well endpoints do.
    #[cfg(feature = "dns")]
    async fn find_srv(&self, name: &str) -> Result<Found, BoxError> {
        use hickory_resolver::{TokioResolver, proto::rr::RData};

        let dns =
            self.dns.get_or_try_init(async || TokioResolver::builder_tokio()?.build()).await?;
        let records = dns.srv_lookup(name).await?;
        let valid = records.valid_until().saturating_duration_since(std::time::Instant::now());
        let records: Vec<_> = records
            .answers()
            .iter()
            .filter_map(|record| match &record.data {
                RData::SRV(srv) => Some(srv),
                _ => None,
            })
            .collect();
        let first = records.iter().map(|it| it.priority).min();
        let mut addresses = Vec::new();
        for record in records.iter().filter(|it| Some(it.priority) == first) {
            let found = dns.lookup_ip(record.target.clone()).await?;
            addresses.extend(found.iter().map(|ip| SocketAddr::new(ip, record.port)));
        }
        let valid = valid.max(Duration::from_secs(1));
        Ok(Found { endpoints: distinct(addresses.into_iter(), false), valid })
    }
}

/// An endpoint that is registered by its URL, which needs no look-up.
fn registered(url: &str, parts: &Parts) -> Result<(Address, Place, bool), BoxError> {
    let address = Address::parse(url).map_err(|problem| format!("{url:?}: {problem}"))?;
    match place(&address, parts) {
        Some((place, tls)) => Ok((address, place, tls)),
        None => Err(format!("{url:?}: expected an IP address or a socket").into()),
    }
}

fn distinct(addresses: impl Iterator<Item = SocketAddr>, tls: bool) -> Vec<(Address, Place, bool)> {
    let mut addresses: Vec<_> = addresses.collect();
    addresses.sort_unstable();
    addresses.dedup();
    let endpoint = |address: SocketAddr| {
        let name = Address::Host { tls, host: address.ip().to_string(), port: address.port() };
        (name, Place::Tcp(address), tls)
    };
    addresses.into_iter().map(endpoint).collect()
}
