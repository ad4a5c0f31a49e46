//! Connections are used again, and closed in time.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::sleep;

use super::{Fault, Server, in_one_cluster};
use crate::{Cluster, RestClient};

async fn get(client: &RestClient) -> crate::Response {
    client.get("label", Cluster("c1"), "/").await.expect("a response")
}

#[tokio::test(start_paused = true)]
async fn calls_in_turn_use_one_connection() {
    let server = Server::new("a", Fault::Works);
    let client = in_one_cluster(&[&server]);
    for _ in 0..10 {
        assert_eq!(get(&client).await.json::<Vec<u8>>().await.expect("content"), [1, 2]);
    }
    for _ in 0..10 {
        client.head("label", Cluster("c1"), "/").await.expect("a response");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_dropped_is_read_to_its_end() {
    let server = Server::new("a", Fault::Works);
    let client = in_one_cluster(&[&server]);
    for _ in 0..10 {
        drop(get(&client).await);
        sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_content_that_does_not_end_closes_its_connection() {
    let server = Server::new("a", Fault::Stalls);
    let client = in_one_cluster(&[&server]);
    drop(get(&client).await);
    assert_eq!(client.in_flight("label"), 1);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(client.in_flight("label"), 0);
    drop(get(&client).await);
    assert_eq!(server.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_after_twenty_seconds() {
    let server = Server::new("a", Fault::Works);
    let client = in_one_cluster(&[&server]);
    get(&client).await.bytes().await.expect("content");
    sleep(Duration::from_secs(19)).await;
    assert_eq!(client.idle("label"), 1);
    get(&client).await.bytes().await.expect("content");
    assert_eq!(server.connections(), 1);
    sleep(Duration::from_secs(22)).await;
    assert_eq!(client.idle("label"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_cannot_be_repeated_takes_a_fresh_connection() {
    let server = Server::new("a", Fault::Works);
    let client = in_one_cluster(&[&server]);
    get(&client).await.bytes().await.expect("content");
    sleep(Duration::from_millis(900)).await;
    let post = || client.post("label", Cluster("c1"), "/").body("x").send();
    post().await.expect("a response").bytes().await.expect("content");
    assert_eq!(server.connections(), 1);
    sleep(Duration::from_millis(1100)).await;
    post().await.expect("a response").bytes().await.expect("content");
    assert_eq!(server.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_closed_while_idle_costs_no_attempt() {
    let server = Server::scripted("a", &[Fault::Short], Fault::Works);
    let client = in_one_cluster(&[&server]);
    get(&client).await.bytes().await.expect_err("half a content");
    let response = client.post("label", Cluster("c1"), "/").await.expect("a response");
    assert_eq!(response.attempts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_ends_at_once() {
    let server = Server::new("a", Fault::Hangs);
    let client = in_one_cluster(&[&server]);
    let call = client.get("label", Cluster("c1"), "/").send();
    tokio::select! {
        _ = call => panic!("no response"),
        () = sleep(Duration::from_millis(100)) => {}
    }
    assert_eq!(client.in_flight("label"), 0);
    server.set(Fault::Works);
    assert_eq!(get(&client).await.attempts().len(), 1);
    assert_eq!(server.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stream_holds_its_connection_until_its_end() {
    let server = Server::new("a", Fault::Works);
    let client = in_one_cluster(&[&server]);
    let mut parts = Box::pin(get(&client).await.bytes_stream());
    assert_eq!(client.in_flight("label"), 1);
    while let Some(part) = parts.next().await {
        part.expect("a part");
    }
    assert_eq!((client.in_flight("label"), client.idle("label")), (0, 1));
}
