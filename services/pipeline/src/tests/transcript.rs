//! The documents of the service are those of the service.

use tempfile::TempDir;
use tokio::net::TcpListener;
use wsgiservice::Application;

use crate::{Settings, application};

async fn service(folder: &TempDir) -> Application {
    let database = format!("sqlite:{}", folder.path().join("pipeline.db").display());
    let (client, _) = super::services();
    application(Settings::of(&database), client).await.expect("a service")
}

#[tokio::test]
async fn the_openapi_document_matches_its_snapshot() {
    let folder = tempfile::tempdir().expect("a folder");
    wsgiservice::testing::assert_openapi(service(&folder).await, "openapi.json");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_is_what_the_service_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let address = listener.local_addr().expect("an address").to_string();
    let service = service(&folder).await;
    tokio::spawn(service.serve_until(listener, std::future::pending()));
    let replayed = tokio::task::spawn_blocking(move || {
        let readme = include_str!("../../README.md");
        wsgiservice_test_support::replay(readme, &[("127.0.0.1:8104", &address)]);
    });
    replayed.await.expect("the README is right");
}
