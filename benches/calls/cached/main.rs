//! Calls of a service by our client, of which its cache responds to all but the first.
//!
//! The arguments are the URL of the service, the method, and the number of calls.

use std::{env, net::IpAddr};

use serde::Deserialize;
use wsgiservice_client::{ClosestCluster, RestClient, Result, Topology, path};

#[derive(Deserialize)]
struct Country {
    country_code: String,
}

async fn get(client: &RestClient, ip: IpAddr) -> Result<Country> {
    let call = client.get("geoip", ClosestCluster, path!("/1/{ip}")).header("x-caller", "bench");
    call.await?.error_for_status()?.json().await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().collect();
    let [.., url, _, calls] = &arguments[..] else { panic!("URL METHOD CALLS") };
    let topology = format!(
        "version = 1\nlocal_cluster = \"c1\"\n[clusters.c1]\n[services.geoip]\nc1 = [\"{url}\"]\n"
    );
    let topology = Topology::parse("topology.toml", &topology)?;
    let client = RestClient::builder().topology(topology).cache(1 << 20).build()?;
    let ip = IpAddr::from([130, 59, 31, 80]);
    for _ in 0..calls.parse::<usize>().expect("a number") {
        assert_eq!(get(&client, ip).await?.country_code, "CH");
    }
    Ok(())
}
