use wsgiservice_client::RestClient;

fn main() {}

async fn call(client: RestClient) -> wsgiservice_client::Result<()> {
    client.get("label", 42, "/1/label/42").await?;
    Ok(())
}
