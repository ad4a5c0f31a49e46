//! Failures do not multiply.

use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use tokio::time::sleep;

use super::{Fault, Server, in_one_cluster};
use crate::{ClosestCluster, Cluster, ErrorKind};

#[tokio::test(start_paused = true)]
async fn a_thousand_calls_to_a_service_that_is_down_are_1300_requests_at_most() {
    let servers = ["a", "b"].map(|name| Server::new(name, Fault::Status(503)));
    let client = in_one_cluster(&servers.each_ref());
    for _ in 0..1000 {
        let response = client.get("label", ClosestCluster, "/").await.expect("a response");
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    let requests: usize = servers.iter().map(|server| server.heads().len()).sum();
    assert!(requests <= 1300, "{requests}");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_has_128_calls_at_most() {
    let server = Server::new("a", Fault::Slow(500));
    let client = in_one_cluster(&[&server]);
    let calls = (0..200).map(|_| client.get("label", Cluster("c1"), "/").send());
    let results = join_all(calls.collect::<Vec<_>>()).await;

    let overloaded = results.iter().filter_map(|result| result.as_ref().err());
    let overloaded: Vec<_> = overloaded.collect();
    assert_eq!(overloaded.len(), 72);
    assert!(overloaded.iter().all(|error| error.kind() == ErrorKind::Overloaded));
    assert!(overloaded.iter().all(|error| !error.may_have_executed()));
    assert_eq!(server.executions(), 128);

    // Their content is read.
    drop(results);
    sleep(Duration::from_millis(1)).await;
    let response = client.get("label", Cluster("c1"), "/").await;
    assert!(response.is_ok(), "there is room again: {response:?}");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_has_128_calls_at_most_of_those_that_come_back() {
    let server = Server::new("a", Fault::Head("429 X\r\nretry-after: 1"));
    let client = in_one_cluster(&[&server]);
    for _ in 0..4 {
        for _ in 0..100 {
            let call = client.get("label", Cluster("c1"), "/").timeout(Duration::from_secs(5));
            tokio::spawn(call.send());
        }
        sleep(Duration::from_millis(50)).await;
    }
    server.set(Fault::Slow(1000));
    let mut most = 0;
    for _ in 0..300 {
        sleep(Duration::from_millis(10)).await;
        most = most.max(client.in_flight("label"));
    }
    assert_eq!(most, 128);
}
