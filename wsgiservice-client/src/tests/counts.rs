//! What a client counts.

use std::{fmt::Display, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use tokio::time::{sleep, timeout};

use super::{Fault, Server, TWO_CLUSTERS, client, in_one_cluster};
use crate::{AllClusters, Body, ClosestCluster, Cluster, Count, RestClient};

/// As in `c1 success: 2`.
fn told<K: Display>(counts: Vec<Count<K>>) -> Vec<String> {
    let text = |Count { service, cluster, what, count }: Count<K>| {
        assert_eq!(service, "label");
        format!("{} {what}: {count}", cluster.unwrap_or_else(|| "-".to_owned()))
    };
    counts.into_iter().map(text).collect()
}

fn calls(client: &RestClient) -> Vec<String> {
    told(client.counts().calls)
}

fn attempts(client: &RestClient) -> Vec<String> {
    told(client.counts().attempts)
}

fn ejections(client: &RestClient) -> Vec<String> {
    told(client.counts().ejections)
}

fn ejected(client: &RestClient) -> Vec<String> {
    told(client.counts().ejected_endpoints)
}

#[tokio::test(start_paused = true)]
async fn calls_are_counted_by_cluster_and_outcome() {
    let server = Server::scripted("a", &[Fault::Status(404)], Fault::Works);
    let client = in_one_cluster(&[&server]);
    for path in ["/", "/", "/", "x"] {
        client.get("label", Cluster("c1"), path).await.ok();
    }
    assert_eq!(calls(&client), ["- invalid_request: 1", "c1 success: 2", "c1 client_error: 1"]);
    assert_eq!(attempts(&client), ["c1 success: 2", "c1 client_error: 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_sent_nowhere_is_counted_and_has_no_attempt() {
    let client = client("[clusters.c1]\n[services.label]", &[]);
    let stream = || Body::new(Full::new(Bytes::new()));
    client.put("label", AllClusters, "/").body(stream()).await.expect_err("a stream");
    client.get("label", AllClusters, "/").await.expect_err("no cluster");
    let query = [("q", "x".repeat(100_000))];
    client.get("label", Cluster("c1"), "/").query(&query).await.expect_err("too long");
    assert_eq!(calls(&client), ["- invalid_request: 2", "- no_endpoint: 1"]);
    assert!(client.counts().attempts.is_empty());
}

#[tokio::test(start_paused = true)]
async fn each_attempt_of_a_call_is_counted_as_it_ended() {
    let script = [Fault::Refuses, Fault::Status(503), Fault::Works, Fault::Dies];
    let server = Server::scripted("a", &script, Fault::Works);
    let client = in_one_cluster(&[&server]);
    let response = client.get("label", Cluster("c1"), "/").await.expect("a response");
    assert_eq!(response.attempts().len(), 3);
    drop(response);
    client.post("label", Cluster("c1"), "/").await.expect_err("no response");
    assert_eq!(calls(&client), ["c1 success: 1", "c1 protocol: 1"]);
    assert_eq!(
        attempts(&client),
        ["c1 success: 1", "c1 server_error: 1", "c1 connect: 1", "c1 protocol: 1"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_attempt_in_another_cluster_counts_there() {
    let (near, far) = (Server::new("a", Fault::Refuses), Server::new("b", Fault::Works));
    let topology = format!("{TWO_CLUSTERS}\n[services.label]\nc1 = ['unix:/a']\nc2 = ['unix:/b']");
    let client = client(&topology, &[&near, &far]);
    client.get("label", ClosestCluster, "/").await.expect("a response");
    let attempts = attempts(&client);
    assert!(attempts[0].starts_with("c1 connect: "), "{attempts:?}");
    assert_eq!(attempts[1..], ["c2 success: 1"]);
    assert_eq!(calls(&client), ["c2 success: 1"]);
}

#[tokio::test(start_paused = true)]
async fn attempts_that_have_no_end_of_their_own_are_counted() {
    let server = Server::new("a", Fault::Hangs);
    let client = in_one_cluster(&[&server]);
    let call = client.get("label", Cluster("c1"), "/").timeout(Duration::from_secs(1));
    call.await.expect_err("no response");
    let call = client.get("label", Cluster("c1"), "/");
    timeout(Duration::from_secs(1), call).await.expect_err("nobody waits");
    assert_eq!(calls(&client), ["- cancelled: 1", "c1 deadline_exceeded: 1"]);
    assert_eq!(attempts(&client), ["c1 deadline_exceeded: 1", "c1 cancelled: 1"]);
}

#[tokio::test(start_paused = true)]
async fn an_ejection_is_counted_with_its_reason_each_time() {
    let server = Server::new("a", Fault::Refuses);
    let client = in_one_cluster(&[&server]);
    let post = || client.post("label", Cluster("c1"), "/");
    while ejections(&client).is_empty() {
        post().await.expect_err("no response");
    }
    assert_eq!(ejections(&client), ["c1 unreachable: 1"]);
    // What tries it again finds it as it was.
    sleep(Duration::from_secs(7)).await;
    client.get("label", Cluster("c1"), "/").await.expect_err("no response");
    assert_eq!(ejections(&client), ["c1 unreachable: 2"]);
    sleep(Duration::from_secs(13)).await;
    server.set(Fault::Dies);
    client.get("label", Cluster("c1"), "/").await.expect_err("no response");
    assert_eq!(ejections(&client), ["c1 unreachable: 2", "c1 failing: 1"]);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_is_told_as_ejected_until_it_is_back_in_service() {
    let [first, second] = ["a", "b"].map(|name| Server::new(name, Fault::Refuses));
    let client = in_one_cluster(&[&first, &second]);
    assert_eq!(ejected(&client), [""; 0]);
    while ejected(&client) != ["c1 unreachable: 2"] {
        client.get("label", Cluster("c1"), "/").await.expect_err("no response");
    }
    first.set(Fault::Works);
    second.set(Fault::Works);
    // Longer than an ejection: it may be tried, and is not in service yet.
    sleep(Duration::from_secs(60)).await;
    assert_eq!(ejected(&client), ["c1 unreachable: 2"]);
    while ejected(&client) != ["c1 unreachable: 0"] {
        client.get("label", Cluster("c1"), "/").await.expect("a response");
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_misses_its_checks_is_ejected_once() {
    let server = Server::new("a", Fault::Works);
    let topology = "[clusters.c1]\n[services.label]\nhealth = '/health'\nc1 = ['unix:/a']";
    let client = client(topology, &[&server]);
    client.get("label", Cluster("c1"), "/").await.expect("a response");
    server.set(Fault::Status(500));
    sleep(Duration::from_secs(60)).await;
    assert_eq!(
        (ejections(&client), ejected(&client)),
        (vec!["c1 unhealthy: 1".to_owned()], vec!["c1 unhealthy: 1".to_owned()])
    );
    server.set(Fault::Works);
    sleep(Duration::from_secs(10)).await;
    server.set(Fault::Status(500));
    sleep(Duration::from_secs(60)).await;
    assert_eq!(ejections(&client), ["c1 unhealthy: 2"]);
    assert_eq!(attempts(&client), ["c1 success: 1"], "a check is no attempt");
}
