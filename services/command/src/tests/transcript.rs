//! The documents of the service are those of the service.

use engines::Engine;
use tokio::net::TcpListener;

use super::{with, world};

#[tokio::test]
async fn the_openapi_document_matches_its_snapshot() {
    let world = world(Engine::Sqlite).await.expect("a world");
    let runner = world.runner("c1", &world.url);
    wsgiservice::testing::assert_openapi(with(&runner, "c1".to_owned()), "openapi.json");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_is_what_the_service_says() {
    let world = world(Engine::Sqlite).await.expect("a world");
    *world.home.lock().expect("a cluster") = "c1".to_owned();
    let topology = wsgiservice_client::Topology::parse("t", "version = 1\n[clusters.c1]\n");
    let client = wsgiservice_client::RestClient::builder()
        .topology(topology.expect("a topology"))
        .service("cluster", super::directory(&world.home))
        .service("storage", world.faulty("storage"))
        .service("label", world.faulty("label"));
    let settings = crate::Settings::of(&world.url);
    let client = client.build().expect("a client");
    let service = crate::application(settings, client).await.expect("a service");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let address = listener.local_addr().expect("an address").to_string();
    tokio::spawn(service.serve_until(listener, std::future::pending()));
    let replayed = tokio::task::spawn_blocking(move || {
        let readme = include_str!("../../README.md");
        wsgiservice_test_support::replay(readme, &[("127.0.0.1:8103", &address)]);
    });
    replayed.await.expect("the README is right");
}
