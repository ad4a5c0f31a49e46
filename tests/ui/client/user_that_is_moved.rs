use wsgiservice_client::{RestClient, path};

fn main() {}

async fn call(client: RestClient, user: String) -> wsgiservice_client::Result<()> {
    client.get("label", user, path!("/1/label/{user}")).await?;
    Ok(())
}
