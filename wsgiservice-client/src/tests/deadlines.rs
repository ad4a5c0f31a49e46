//! How long a call takes, and what it tells the service of that.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::StatusCode;
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::time::{Instant, advance, sleep, timeout};

use super::{Fault, Server, client, in_one_cluster};
use crate::{
    Body, BoxError, CallContext, ClosestCluster, Cluster, ErrorKind, FirstCluster, RequestBuilder,
    RestClient, service_fn,
};

/// The milliseconds that the requests of a server say are left.
fn left(server: &Server) -> Vec<u64> {
    let value =
        |head: &str| head.split("x-request-timeout-ms: ").nth(1)?.lines().next()?.parse().ok();
    server.heads().iter().filter_map(|head| value(head)).collect()
}

#[tokio::test(start_paused = true)]
async fn each_attempt_sends_what_is_left() {
    let server = Server::scripted("a", &[Fault::Head("503 X\r\nretry-after: 1")], Fault::Works);
    let client = in_one_cluster(&[&server]);
    client.get("label", Cluster("c1"), "/").await.expect("a response");
    let left = left(&server);
    assert_eq!((left.len(), left[0]), (2, 2000));
    assert!((700..=1000).contains(&left[1]), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn the_least_of_timeout_and_context_is_the_deadline() {
    let server = Server::new("a", Fault::Works);
    let client = in_one_cluster(&[&server]);
    let context = CallContext::new().with_deadline(Instant::now() + Duration::from_millis(700));
    let served = client.with_context(context);
    for timeout in [500, 900] {
        let call = served.get("label", Cluster("c1"), "/");
        call.timeout(Duration::from_millis(timeout)).await.expect("a response");
    }
    served.get("label", Cluster("c1"), "/").await.expect("a response");
    assert_eq!(left(&server), [500, 700, 700]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_after_the_deadline() {
    let server = Server::new("a", Fault::Works);
    let client = in_one_cluster(&[&server]);
    let context = CallContext::new().with_deadline(Instant::now());
    let error =
        client.with_context(context).get("label", Cluster("c1"), "/").await.expect_err("late");
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert!(!error.may_have_executed());
    assert_eq!(server.heads().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_can_be_longer_than_a_clock_counts() {
    let server = Server::new("a", Fault::Works);
    let call = in_one_cluster(&[&server]).get("label", Cluster("c1"), "/");
    call.timeout(Duration::MAX).await.expect("a response");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_does_not_fit_is_not_begun() {
    let server = Server::new("a", Fault::Head("429 X\r\nretry-after: 5"));
    let client = in_one_cluster(&[&server]);
    let started = Instant::now();
    let response = client.get("label", Cluster("c1"), "/").await.expect("a response");
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for_with_up_to_a_fifth_more() {
    for (status, field) in [("429", ""), ("409", "idempotency-key"), ("503", "")] {
        let head: &'static str = format!("{status} X\r\nretry-after: 1").leak();
        let server = Server::scripted("a", &[Fault::Head(head)], Fault::Works);
        let client = in_one_cluster(&[&server]);
        let started = Instant::now();
        let mut call = client.put("label", Cluster("c1"), "/");
        if !field.is_empty() {
            call = call.header(field, "\"k\"");
        }
        let response = call.await.expect("a response");
        assert_eq!(response.status(), StatusCode::OK, "{status}");
        let waited = started.elapsed().as_millis();
        assert!((1000..=1200).contains(&waited), "{status}: {waited}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_wait_is_longer_though_the_service_asks_to_come_back_at_once() {
    let server = Server::new("a", Fault::Head("409 X\r\nretry-after: 0"));
    let call = in_one_cluster(&[&server]).post("label", Cluster("c1"), "/");
    let call = call.header("idempotency-key", "\"k\"").timeout(Duration::from_millis(300));
    let response = call.await.expect("a response");
    // After 25, 50 and 100 ms.
    assert_eq!((response.status(), server.heads().len()), (StatusCode::CONFLICT, 4));
}

#[tokio::test(start_paused = true)]
async fn a_conflict_without_a_key_is_a_response() {
    let server = Server::new("a", Fault::Head("409 X\r\nretry-after: 1"));
    let client = in_one_cluster(&[&server]);
    let response = client.put("label", Cluster("c1"), "/").await.expect("a response");
    assert_eq!((response.status().as_u16(), server.heads().len()), (409, 1));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_has_its_own_limit_if_the_topology_says_so() {
    let servers = [Server::new("a", Fault::Hangs), Server::new("b", Fault::Works)];
    let topology = "[clusters.c1]\n[services.label]\nattempt_timeout_ms = 300\n\
                    c1 = ['unix:/a', 'unix:/b']";
    for _ in 0..20 {
        let client = client(topology, &servers.each_ref());
        let started = Instant::now();
        let response = client.get("label", Cluster("c1"), "/").await.expect("a response");
        let expected = Duration::from_millis(300 * (response.attempts().len() as u64 - 1));
        assert_eq!(started.elapsed(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_content_comes_within_the_deadline() {
    let server = Server::new("a", Fault::Stalls);
    let client = in_one_cluster(&[&server]);
    let started = Instant::now();
    let response = client.get("label", Cluster("c1"), "/").await.expect("a response");
    let error = response.json::<Vec<u8>>().await.expect_err("half a content");
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert!(error.may_have_executed());
    assert_eq!(started.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_stream_comes_within_ten_seconds() {
    let server = Server::new("a", Fault::Stalls);
    let client = in_one_cluster(&[&server]);
    let started = Instant::now();
    let response = client.get("label", Cluster("c1"), "/").await.expect("a response");
    let mut parts = Box::pin(response.bytes_stream());
    assert_eq!(parts.next().await.expect("a part").expect("a part"), "[1,2");
    let error = parts.next().await.expect("an error").expect_err("no more");
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(started.elapsed(), Duration::from_secs(10));
    assert!(parts.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_stream_holds_though_its_parts_never_pause() {
    let label = service_fn(|_: http::Request<Body>| async {
        let parts =
            stream::repeat_with(|| Ok::<_, BoxError>(Frame::data(Bytes::from_static(b"x"))));
        Ok::<_, BoxError>(http::Response::new(StreamBody::new(parts)))
    });
    let client = RestClient::builder().service("label", label).build().expect("a client");
    let call = client.get("label", Cluster("c1"), "/").timeout(Duration::from_millis(100));
    let mut parts = Box::pin(call.await.expect("a response").bytes_stream());
    parts.next().await.expect("a part").expect("a part");
    advance(Duration::from_secs(1)).await;
    let late = async { while parts.next().await.expect("a part").is_ok() {} };
    timeout(Duration::from_secs(1), late).await.expect("an error");
}

/// A content of parts that come once per this time.
fn slow_content(parts: usize, every: Duration) -> Body {
    let parts = stream::iter(0..parts).then(move |_| async move {
        sleep(every).await;
        Ok::<_, BoxError>(Frame::data(Bytes::from_static(b"x")))
    });
    Body::new(StreamBody::new(Box::pin(parts)))
}

async fn upload(client: &RestClient, content: Body) -> crate::Result<crate::Response> {
    client.post("label", ClosestCluster, "/").body(content).await
}

#[tokio::test(start_paused = true)]
async fn a_streamed_request_has_no_deadline_while_it_makes_progress() {
    let server = Server::new("a", Fault::Works);
    let client = in_one_cluster(&[&server]);
    let content = slow_content(5, Duration::from_secs(8));
    let response = upload(&client, content).await.expect("a response");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(left(&server), [0; 0], "it does not say how much time is left");
}

#[tokio::test(start_paused = true)]
async fn a_streamed_request_that_stalls_ends_after_ten_seconds() {
    let server = Server::new("a", Fault::Works);
    let client = in_one_cluster(&[&server]);
    let started = Instant::now();
    let content = slow_content(5, Duration::from_secs(60));
    let error = upload(&client, content).await.expect_err("late");
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(started.elapsed(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn the_service_may_work_on_a_streamed_request_until_the_deadline_that_was_asked_for() {
    for (timeout, expected) in [(None, 10), (Some(60), 60), (Some(5), 5)] {
        let server = Server::new("a", Fault::Hangs);
        let client = in_one_cluster(&[&server]);
        let started = Instant::now();
        let mut call = client.post("label", ClosestCluster, "/");
        if let Some(timeout) = timeout {
            call = call.timeout(Duration::from_secs(timeout));
        }
        let error = call.body(slow_content(1, Duration::ZERO)).await.expect_err("late");
        assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
        assert_eq!(started.elapsed(), Duration::from_secs(expected), "{timeout:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_streamed_request_is_sent_once() {
    let server = Server::new("a", Fault::Reads);
    let client = in_one_cluster(&[&server]);
    let call = client.put("label", ClosestCluster, "/").body(slow_content(1, Duration::ZERO));
    let error = call.await.expect_err("no response");
    assert_eq!((error.attempts().len(), server.heads().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_streamed_request_is_not_sent_again_after_a_conflict() {
    let server = Server::scripted("a", &[Fault::Head("409 X\r\nretry-after: 1")], Fault::Works);
    let client = in_one_cluster(&[&server]);
    let call = client.post("label", ClosestCluster, "/").header("idempotency-key", "\"k\"");
    let call = call.body(slow_content(1, Duration::ZERO));
    let response = call.await.expect("a response");
    assert_eq!((response.status(), server.heads().len()), (StatusCode::CONFLICT, 1));
}

#[tokio::test(start_paused = true)]
async fn the_response_to_a_streamed_request_may_not_stall() {
    let server = Server::new("a", Fault::Stalls);
    let client = in_one_cluster(&[&server]);
    let started = Instant::now();
    let response = upload(&client, slow_content(1, Duration::ZERO)).await.expect("a response");
    let error = response.bytes().await.expect_err("half a content");
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(started.elapsed(), Duration::from_secs(10));
}

/// A client that knows how long the responses of two endpoints take, after 100 calls.
async fn measured(servers: &[Arc<Server>; 2]) -> RestClient {
    let client = in_one_cluster(&servers.each_ref());
    for _ in 0..100 {
        read(client.get("label", Cluster("c1"), "/")).await;
    }
    client
}

/// The response to a call, whose content was read.
async fn read(call: RequestBuilder) -> usize {
    let response = call.await.expect("a response");
    let attempts = response.attempts().len();
    response.bytes().await.expect("content");
    attempts
}

/// The requests that servers have read.
fn requests(servers: &[Arc<Server>]) -> usize {
    servers.iter().map(|server| server.heads().len()).sum()
}

#[tokio::test(start_paused = true)]
async fn a_hedge_is_sent_when_the_first_endpoint_takes_long() {
    let servers = ["a", "b"].map(|name| Server::new(name, Fault::Slow(20)));
    let client = measured(&servers).await;
    let get = || client.get("label", Cluster("c1"), "/").hedge();
    servers.iter().for_each(|server| server.set(Fault::Slow(5)));
    read(get()).await;
    assert_eq!(requests(&servers), 101, "no hedge is needed");

    servers[0].set(Fault::Hangs);
    let started = Instant::now();
    for _ in 0..10 {
        read(get()).await;
    }
    assert!(started.elapsed() < Duration::from_millis(10 * 50), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_hedge_is_among_the_attempts() {
    let servers = ["a", "b"].map(|name| Server::new(name, Fault::Slow(20)));
    let client = measured(&servers).await;
    servers.iter().for_each(|server| server.set(Fault::Slow(100)));
    assert_eq!(read(client.get("label", Cluster("c1"), "/").hedge()).await, 2);
    assert_eq!(requests(&servers), 102);
}

#[tokio::test(start_paused = true)]
async fn a_call_to_the_first_cluster_has_no_hedge() {
    let servers = ["a", "b"].map(|name| Server::new(name, Fault::Slow(20)));
    let client = measured(&servers).await;
    servers.iter().for_each(|server| server.set(Fault::Slow(100)));
    read(client.get("label", FirstCluster, "/").hedge()).await;
    assert_eq!(requests(&servers), 101);
}
