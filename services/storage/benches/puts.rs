//! Acknowledged `PUT`s of items per second, over sockets, beside the same rows by sqlx alone, on the same disk in one run.
//!
//! `cargo bench -p storage` prints a table. A client is a task with a user of its own, and sends what real clients send: an
//! `Idempotency-Key`, a deadline. A `PUT` is a version, a look-up of the key, the row, an event and the answer that is kept;
//! by sqlx it is the row alone.

#[path = "../../database/benches/rival/mod.rs"]
mod rival;

use std::{convert::Infallible, future};

use http::Response;
use http_body_util::Full;
use rival::{measured, single, text};
use serde_json::json;
use storage::Settings;
use tokio::net::TcpListener;
use wsgiservice::BoxError;
use wsgiservice_client::{Body, Cluster, RestClient, Topology, path, service_fn};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    println!("clients | rows by sqlx | PUTs");
    for clients in [1, 8, 64] {
        let folder = tempfile::tempdir()?;
        let file = |name: &str| format!("{}/{name}", folder.path().display());
        let puts = puts(&file("storage.db"), &file("attachments"), clients).await?;
        let rows = single(&file("rows.db"), clients).await;
        println!("{clients:7} | {rows:12} | {puts:6} ({:.1})", puts as f64 / rows as f64);
    }
    Ok(())
}

async fn puts(database: &str, bytes: &str, clients: usize) -> Result<u64, BoxError> {
    let settings = Settings::of(&format!("sqlite:{database}"), &format!("file:{bytes}"));
    let application = storage::application(settings, directory()?).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let service = tokio::spawn(application.serve_until(listener, future::pending()));
    let topology = format!(
        "version = 1\nlocal_cluster = 'c1'\n[clusters.c1]\n\
         [services.storage]\nidempotency_keys = true\nc1 = ['http://{address}']"
    );
    let topology = Topology::parse("topology.toml", &topology)?;
    let client = RestClient::builder().topology(topology).build()?;
    let puts = measured(clients, move |id| {
        let client = client.clone();
        async move {
            let user = id.split('-').next().unwrap_or(&id);
            let call = client.put("storage", Cluster("c1"), path!("/1/item/{user}/{id}"));
            let response = call.json(&json!({ "text": text() })).await.expect("a response");
            assert_eq!(response.status(), 201);
        }
    });
    let puts = puts.await;
    service.abort();
    Ok(puts)
}

/// A client of a cluster service that has all users in the cluster `c1`.
fn directory() -> Result<RestClient, BoxError> {
    let service = service_fn(|_: http::Request<Body>| async {
        let found = json!({"cluster": "c1", "version": 5, "state": "active"});
        Ok::<_, Infallible>(Response::new(Full::from(found.to_string())))
    });
    let topology = "version = 1\nlocal_cluster = 'c1'\n[clusters.c1]";
    let topology = Topology::parse("topology.toml", topology)?;
    Ok(RestClient::builder().topology(topology).service("cluster", service).build()?)
}
