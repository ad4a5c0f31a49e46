use wsgiservice_client::{AllClusters, RestClient};

fn main() {}

async fn call(client: RestClient) -> wsgiservice_client::Result<()> {
    client.get("label", AllClusters, "/1/label/abc").await?.error_for_status()?;
    Ok(())
}
