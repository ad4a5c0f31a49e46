//! How long a call takes, and what it tells the service of that.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use http::StatusCode;
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::time::{Instant, sleep};

use super::{Fault, Server, client, in_one_cluster};
use crate::{Body, BoxError, CallContext, ClosestCluster, Cluster, ErrorKind, RestClient};

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

/// A content of parts that come once per this time.
fn slow_content(parts: usize, every: Duration) -> Body {
    let parts = stream::iter(0..parts).then(move |_| async move {
        sleep(every).await;
        Ok::<_, BoxError>(Frame::data(bytes::Bytes::from_static(b"x")))
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
async fn a_streamed_request_is_sent_once() {
    let server = Server::new("a", Fault::Reads);
    let client = in_one_cluster(&[&server]);
    let call = client.put("label", ClosestCluster, "/").body(slow_content(1, Duration::ZERO));
    let error = call.await.expect_err("no response");
    assert_eq!((error.attempts().len(), server.heads().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_hedge_is_sent_when_the_first_endpoint_takes_long() {
    let servers = [Server::new("a", Fault::Slow(20)), Server::new("b", Fault::Slow(20))];
    let client = in_one_cluster(&servers.each_ref());
    let get = || client.get("label", Cluster("c1"), "/").hedge().send();
    for _ in 0..100 {
        client
            .get("label", Cluster("c1"), "/")
            .await
            .expect("a response")
            .bytes()
            .await
            .expect("content");
    }
    let requests = || servers.iter().map(|server| server.heads().len()).sum::<usize>();
    servers.iter().for_each(|server| server.set(Fault::Slow(5)));
    get().await.expect("a response").bytes().await.expect("content");
    assert_eq!(requests(), 101, "no hedge is needed");

    servers[0].set(Fault::Hangs);
    let started = Instant::now();
    for _ in 0..10 {
        get().await.expect("a response").bytes().await.expect("content");
    }
    assert!(started.elapsed() < Duration::from_millis(10 * 50), "{:?}", started.elapsed());
}
