//! Which endpoints get the calls when some do worse than others.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use tokio::time::{advance, sleep, timeout};

use super::{Fault, Server, TWO_CLUSTERS, client, in_one_cluster};
use crate::{ClosestCluster, Cluster, RestClient};

/// Calls at ten per second.
async fn calls(client: &RestClient, count: usize) -> usize {
    let mut failed = 0;
    for _ in 0..count {
        sleep(Duration::from_millis(100)).await;
        let client = client.clone();
        let result = client.get("label", ClosestCluster, "/").await;
        failed += usize::from(!result.is_ok_and(|response| response.status().is_success()));
    }
    failed
}

#[tokio::test(start_paused = true)]
async fn a_slow_endpoint_gets_less_than_five_percent() {
    let servers = [
        Server::new("a", Fault::Slow(10)),
        Server::new("b", Fault::Slow(10)),
        Server::new("c", Fault::Slow(100)),
    ];
    let client = in_one_cluster(&servers.each_ref());
    assert_eq!(calls(&client, 600).await, 0);
    assert!(servers[2].executions() < 30, "{}", servers[2].executions());
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_fails_at_once_gets_less_than_five_percent() {
    for fault in [Fault::Status(503), Fault::Reads, Fault::Refuses, Fault::Garbage] {
        let servers = [
            Server::new("a", Fault::Slow(10)),
            Server::new("b", Fault::Slow(10)),
            Server::new("c", fault),
        ];
        let client = in_one_cluster(&servers.each_ref());
        assert_eq!(calls(&client, 600).await, 0, "{fault:?}");
        assert!(servers[2].heads().len() < 30, "{fault:?}: {}", servers[2].heads().len());
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_well_again_gets_calls_again() {
    let servers = [Server::new("a", Fault::Slow(10)), Server::new("b", Fault::Refuses)];
    let client = in_one_cluster(&servers.each_ref());
    assert_eq!(calls(&client, 100).await, 0);
    servers[1].set(Fault::Slow(10));
    assert_eq!(calls(&client, 300).await, 0);
    assert!(servers[1].executions() > 30, "{}", servers[1].executions());
}

/// A client of two endpoints that were out of service, of which the first asks to come back.
async fn due(servers: &[Arc<Server>; 2], retry_after: &'static str) -> RestClient {
    servers.iter().for_each(|server| server.set(Fault::Refuses));
    let client = in_one_cluster(&servers.each_ref());
    calls(&client, 20).await;
    servers[0].set(Fault::Head(retry_after));
    servers[1].set(Fault::Works);
    advance(Duration::from_secs(400)).await;
    client
}

#[tokio::test(start_paused = true)]
async fn a_try_that_a_call_has_no_need_of_is_left_to_the_next() {
    let servers = ["a", "b"].map(|name| Server::new(name, Fault::Refuses));
    let client = due(&servers, "429 X\r\nretry-after: 30").await;
    let response = client.get("label", Cluster("c1"), "/").await.expect("a response");
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    servers[0].set(Fault::Works);
    assert_eq!(calls(&client, 100).await, 0);
    assert!(servers[1].executions() > 0);
}

#[tokio::test(start_paused = true)]
async fn a_try_that_a_dropped_call_would_have_made_is_left_to_the_next() {
    let servers = ["a", "b"].map(|name| Server::new(name, Fault::Refuses));
    let client = due(&servers, "429 X\r\nretry-after: 1").await;
    let call = client.get("label", Cluster("c1"), "/").send();
    timeout(Duration::from_millis(500), call).await.expect_err("it waits");
    servers[0].set(Fault::Works);
    assert_eq!(calls(&client, 100).await, 0);
    assert!(servers[1].executions() > 0);
}

#[tokio::test(start_paused = true)]
async fn no_call_fails_while_the_nearest_cluster_is_dead() {
    for fault in [Fault::Refuses, Fault::Reads] {
        let near = ["n1", "n2", "n3"].map(|name| Server::new(name, fault));
        let far = ["f1", "f2"].map(|name| Server::new(name, Fault::Works));
        let client = client(
            &format!(
                "{TWO_CLUSTERS}[services.label]\nc1 = ['unix:/n1', 'unix:/n2', 'unix:/n3']\n\
                 c2 = ['unix:/f1', 'unix:/f2']"
            ),
            &[&near[0], &near[1], &near[2], &far[0], &far[1]],
        );
        assert_eq!(calls(&client, 1000).await, 0, "{fault:?}");
        let executions: usize = far.iter().map(|server| server.executions()).sum();
        assert_eq!(executions, 1000, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn less_than_two_percent_of_safe_calls_fail_while_the_nearest_cluster_is_overloaded() {
    let near = ["n1", "n2", "n3"].map(|name| Server::new(name, Fault::Status(503)));
    let far = Server::new("f1", Fault::Works);
    let client = client(
        &format!(
            "{TWO_CLUSTERS}[services.label]\nc1 = ['unix:/n1', 'unix:/n2', 'unix:/n3']\nc2 = ['unix:/f1']"
        ),
        &[&near[0], &near[1], &near[2], &far],
    );
    let mut failed = 0;
    // A hundred per second, for which the budget of 100 does not last.
    for _ in 0..5000 {
        sleep(Duration::from_millis(10)).await;
        let response = client.get("label", ClosestCluster, "/").await.expect("a response");
        failed += usize::from(!response.status().is_success());
    }
    assert!(failed < 100, "{failed}");
}
