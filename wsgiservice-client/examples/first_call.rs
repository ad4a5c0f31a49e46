//! Calls a service of a topology: `first_call topology.toml [service] [path]`.

use std::env::args;

use wsgiservice_client::{ClosestCluster, RestClient};

#[tokio::main(flavor = "current_thread")]
async fn main() -> wsgiservice_client::Result<()> {
    let mut arguments = args().skip(1);
    let file = arguments.next().unwrap_or_else(|| "topology.toml".to_owned());
    let service = arguments.next().unwrap_or_else(|| "geoip".to_owned());
    let path = arguments.next().unwrap_or_else(|| "/1/130.59.31.80".to_owned());

    let client = RestClient::from_file(file)?;
    let response = client.get(&service, ClosestCluster, path).await?;
    println!("{}", response.error_for_status()?.text().await?);
    Ok(())
}
