//! A service without data that calls another one.

use wsgiservice::{Application, BoxError, Problem, Request, client::OnBehalfOf, mount, resource};
use wsgiservice_client::{ClosestCluster, RestClient, path};

#[mount("/1/cluster")]
struct Cluster {
    name: String,
}

#[resource]
impl Cluster {
    fn get(&self) -> String {
        self.name.clone()
    }
}

#[mount("/1/country/{ip}")]
struct Country {
    client: RestClient,
}

#[resource]
impl Country {
    async fn get(&self, ip: String, request: &Request) -> Result<String, Problem> {
        let client = self.client.on_behalf_of(request);
        let response = client.get("geoip", ClosestCluster, path!("/1/{ip}")).await;
        let response = response.and_then(|it| it.error_for_status()).map_err(Problem::internal)?;
        response.text().await.map_err(Problem::internal)
    }
}

pub(crate) async fn application((): (), client: RestClient) -> Result<Application, BoxError> {
    let name = client.topology().local_cluster().to_owned();
    let application = Application::new("caller").calls_of(&client);
    Ok(application.mount(Cluster { name }).mount(Country { client }))
}
