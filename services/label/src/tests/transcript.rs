//! What the service says of itself: its OpenAPI document, and the README.

use tokio::net::TcpListener;
use wsgiservice::testing::assert_openapi;

use super::application;

#[tokio::test]
async fn the_openapi_document_matches_its_snapshot() {
    assert_openapi(application("sqlite:label.db").await, "openapi.json");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_readme_print_what_it_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("label.db").display());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    tokio::spawn(application(&url).await.serve(listener));
    let replayed = tokio::task::spawn_blocking(move || {
        let readme = include_str!("../../README.md");
        wsgiservice_test_support::replay(readme, &[("127.0.0.1:8102", &address)]);
    });
    replayed.await.expect("a transcript");
}
