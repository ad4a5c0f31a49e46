//! A topology file that changes.

use std::{convert::Infallible, fs, sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{Fault, Server};
use crate::{Body, Cluster, RestClient, service_fn};

struct Setting {
    _folder: tempfile::TempDir,
    path: std::path::PathBuf,
    client: RestClient,
}

fn topology(names: &str) -> String {
    format!("version = 1\n[clusters.c1]\n[services.label]\nc1 = [{names}]\n")
}

fn setting(servers: &[&Arc<Server>], names: &str) -> Setting {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("topology.toml");
    fs::write(&path, topology(names)).expect("a file");
    let mut builder = RestClient::builder().file(&path);
    for server in servers {
        builder.dials.insert(format!("/{}", server.name).into(), server.dial());
    }
    Setting { _folder: folder, path, client: builder.build().expect("a client") }
}

impl Setting {
    async fn get(&self) -> crate::Result<String> {
        let response = self.client.get("label", Cluster("c1"), "/").await?;
        let endpoint = response.endpoint().to_owned();
        response.bytes().await?;
        Ok(endpoint)
    }
}

#[tokio::test]
async fn a_topology_that_changes_is_in_force_within_a_second() {
    let servers = [Server::new("a", Fault::Works), Server::new("b", Fault::Works)];
    let it = setting(&servers.each_ref(), "'unix:/a'");
    assert_eq!(it.get().await.expect("a response"), "unix:/a");
    fs::write(&it.path, topology("'unix:/b'")).expect("a file");
    it.client.reload().await.expect("a topology");
    assert_eq!(it.get().await.expect("a response"), "unix:/b");
}

#[tokio::test]
async fn a_topology_with_mistakes_changes_nothing() {
    let server = Server::new("a", Fault::Works);
    let it = setting(&[&server], "'unix:/a'");
    for text in ["", "version = 1\n[clusters.c1]\n[service.label]", "what?"] {
        fs::write(&it.path, text).expect("a file");
        it.client.reload().await.expect_err("mistakes");
        assert_eq!(it.get().await.expect("a response"), "unix:/a");
    }
    fs::remove_file(&it.path).expect("no file");
    it.client.reload().await.expect_err("no file");
    assert_eq!(it.get().await.expect("a response"), "unix:/a");
}

#[tokio::test]
async fn an_endpoint_that_stays_keeps_its_connections() {
    let servers = [Server::new("a", Fault::Works), Server::new("b", Fault::Refuses)];
    let it = setting(&servers.each_ref(), "'unix:/a'");
    it.get().await.expect("a response");
    fs::write(&it.path, topology("'unix:/a', 'unix:/b'")).expect("a file");
    it.client.reload().await.expect("a topology");
    fs::write(&it.path, topology("'unix:/a'")).expect("a file");
    it.client.reload().await.expect("a topology");
    it.get().await.expect("a response");
    assert_eq!(servers[0].connections(), 1);
}

#[tokio::test]
async fn a_reload_under_load_fails_no_call() {
    let servers = [Server::new("a", Fault::Works), Server::new("b", Fault::Works)];
    let it = setting(&servers.each_ref(), "'unix:/a'");
    for round in 0..20 {
        let names = if round % 2 == 0 { "'unix:/b'" } else { "'unix:/a', 'unix:/b'" };
        let calls: Vec<_> =
            (0..50).map(|_| it.client.get("label", Cluster("c1"), "/").send()).collect();
        fs::write(&it.path, topology(names)).expect("a file");
        let (results, reloaded) =
            tokio::join!(futures_util::future::join_all(calls), it.client.reload());
        reloaded.expect("a topology");
        for result in results {
            result.expect("a response").bytes().await.expect("content");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_file_is_compared_again_and_again() {
    let servers = [Server::new("a", Fault::Works), Server::new("b", Fault::Works)];
    let it = setting(&servers.each_ref(), "'unix:/a'");
    it.get().await.expect("a response");
    fs::write(&it.path, topology("'unix:/b'")).expect("a file");
    let mut ticks = 0;
    while it.get().await.expect("a response") == "unix:/a" {
        ticks += 1;
        assert!(ticks < 1000, "the file is read again");
        sleep(Duration::from_millis(100)).await;
        // The file is read by a thread, which a clock that does not wait overtakes.
        tokio::task::spawn_blocking(|| {}).await.expect("a thread");
    }
}

#[tokio::test]
async fn a_service_of_this_process_keeps_the_place_of_one_of_the_topology() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("topology.toml");
    fs::write(&path, topology("'unix:/a'")).expect("a file");
    let label = service_fn(|_: http::Request<Body>| async {
        Ok::<_, Infallible>(http::Response::new(http_body_util::Empty::new()))
    });
    let builder = RestClient::builder().file(&path).service("label", label);
    let client = builder.build().expect("a client");
    for name in ["b", "c", "d"] {
        fs::write(&path, topology(&format!("'unix:/{name}'"))).expect("a file");
        client.reload().await.expect("a topology");
        client.get("label", Cluster("c1"), "/").await.expect("a response");
    }
}
