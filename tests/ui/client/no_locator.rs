use wsgiservice_client::RestClient;

fn main() {}

async fn call(client: RestClient) -> wsgiservice_client::Result<()> {
    client.get("geoip", "/1/1.2.3.4").await?;
    Ok(())
}
