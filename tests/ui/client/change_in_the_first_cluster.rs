use wsgiservice_client::{FirstCluster, RestClient};

fn main() {}

async fn call(client: RestClient) -> wsgiservice_client::Result<()> {
    client.post("label", FirstCluster, "/1/label/abc").await?;
    Ok(())
}
