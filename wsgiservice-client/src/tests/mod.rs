//! Calls to a server that fails as it is told, over pipes in memory, on a clock that does not wait.

mod balance;
#[cfg(feature = "cache")]
mod cache;
mod counts;
mod deadlines;
mod locators;
mod matrix;
mod moves;
mod names;
mod pool;
mod reload;
mod responses;
mod server;
mod storm;
#[cfg(feature = "rustls")]
mod tls;

use server::{Fault, Server};

use std::sync::Arc;

use crate::{Builder, RestClient, Topology, endpoint::Endpoint};

/// A client of services at servers, which the topology names `unix:/NAME`.
fn client(topology: &str, servers: &[&Arc<Server>]) -> RestClient {
    builder(topology, servers).build().expect("a client")
}

fn builder(topology: &str, servers: &[&Arc<Server>]) -> Builder {
    let topology = format!("version = 1\n{topology}");
    let topology = Topology::parse("topology.toml", &topology).expect("a topology");
    let mut builder = RestClient::builder().topology(topology);
    for server in servers {
        builder.dials.insert(format!("/{}", server.name).into(), server.dial());
    }
    builder
}

/// A client of the service `label` at servers of one cluster.
fn in_one_cluster(servers: &[&Arc<Server>]) -> RestClient {
    let urls: Vec<_> = servers.iter().map(|server| format!("unix:/{}", server.name)).collect();
    client(&format!("[clusters.c1]\n[services.label]\nc1 = {urls:?}"), servers)
}

impl RestClient {
    /// The calls in flight of a service, in all clusters.
    fn in_flight(&self, service: &str) -> usize {
        self.endpoints(service).iter().map(|endpoint| endpoint.in_flight()).sum()
    }

    /// The idle connections of a service, in all clusters.
    fn idle(&self, service: &str) -> usize {
        self.endpoints(service).iter().map(|endpoint| endpoint.idle()).sum()
    }

    fn endpoints(&self, service: &str) -> Vec<Arc<Endpoint>> {
        let service = self.directory().service(service).expect("a service");
        service.by_distance().iter().flat_map(|group| group.endpoints().to_vec()).collect()
    }
}

/// The start of a topology of two clusters, of which `c1` is the local one.
const TWO_CLUSTERS: &str = "
local_cluster = 'c1'
[clusters.c1]
distance = { c2 = 20 }
[clusters.c2]
";
