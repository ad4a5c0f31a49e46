//! Users who are looked up, assigned and moved.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use http::StatusCode;
use tokio::time::{Instant, sleep};

use super::{Fault, Server, TWO_CLUSTERS, client};
use crate::{ErrorKind, RestClient, User};

pub(super) const IN_C1: Fault = Fault::Says(
    "200 OK\r\ncache-control: max-age=300",
    r#"{"user":"abc","cluster":"c1","version":1,"assigned":true}"#,
);
const UNASSIGNED: Fault = Fault::Says(
    "200 OK\r\ncache-control: no-store",
    r#"{"user":"abc","cluster":"c1","version":0,"assigned":false}"#,
);
const IN_C2: Fault = Fault::Says(
    "200 OK\r\ncache-control: max-age=300",
    r#"{"user":"abc","cluster":"c2","version":2,"assigned":true}"#,
);
pub(super) const MOVED: Fault = Fault::Head("421 Misdirected Request\r\nx-cluster: c2");
pub(super) const FROZEN: Fault = Fault::Head("423 Locked\r\nretry-after: 1");

struct Setting {
    client: RestClient,
    directions: Arc<Server>,
    c1: Arc<Server>,
    c2: Arc<Server>,
}

fn setting(script: &[Fault], then: Fault, in_c1: &[Fault]) -> Setting {
    setting_with("", script, then, in_c1)
}

/// With a setting of the service.
fn setting_with(of_label: &str, script: &[Fault], then: Fault, in_c1: &[Fault]) -> Setting {
    let directions = Server::scripted("directions", script, then);
    let c1 = Server::scripted("one", in_c1, Fault::Works);
    let c2 = Server::new("two", Fault::Works);
    let services = format!(
        "[services.label]\n{of_label}\nc1 = ['unix:/one']\nc2 = ['unix:/two']\n\
         [services.cluster]\nglobal = ['unix:/directions']"
    );
    let client = client(&format!("{TWO_CLUSTERS}{services}"), &[&directions, &c1, &c2]);
    Setting { client, directions, c1, c2 }
}

/// The first lines of requests.
fn lines(server: &Server) -> Vec<String> {
    let line = |head: &String| head.split(" http/").next().unwrap_or_default().to_owned();
    server.heads().iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn a_user_is_looked_up_once_while_the_look_up_is_fresh() {
    let it = setting(&[], IN_C1, &[]);
    for _ in 0..10 {
        let response = it.client.get("label", "abc", "/").await.expect("a response");
        assert_eq!(response.cluster(), "c1");
    }
    assert_eq!(lines(&it.directions), ["GET /1/user/abc"]);
    sleep(Duration::from_secs(301)).await;
    it.client.get("label", "abc", "/").await.expect("a response");
    assert_eq!(it.directions.heads().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn calls_at_the_same_time_share_one_look_up() {
    let it = setting(&[Fault::Slow(50)], IN_C1, &[]);
    it.directions.set(IN_C1);
    let calls: Vec<_> = (0..50).map(|_| it.client.get("label", User(17), "/").send()).collect();
    join_all(calls).await;
    assert!(it.directions.heads().len() <= 2, "{:?}", lines(&it.directions));
}

#[tokio::test(start_paused = true)]
async fn a_change_assigns_a_cluster_and_a_look_does_not() {
    let it = setting(&[], UNASSIGNED, &[]);
    it.client.get("label", "abc", "/").await.expect("a response");
    it.client.delete("label", "abc", "/").await.expect("a response");
    assert_eq!(lines(&it.directions), ["GET /1/user/abc", "GET /1/user/abc"]);
    it.directions.set(IN_C1);
    it.client.put("label", "abc", "/").await.expect("a response");
    it.client.post("label", "abc", "/").await.expect("a response");
    assert_eq!(lines(&it.directions)[2..], ["PUT /1/user/abc"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_follows_a_user_past_every_cache() {
    let it = setting(&[IN_C1], IN_C2, &[MOVED]);
    let response = it.client.post("label", "abc", "/").await.expect("a response");
    assert_eq!((response.cluster(), response.attempts().len()), ("c2", 2));
    assert!(it.directions.heads()[1].contains("cache-control: no-cache"));
    assert_eq!((it.c1.executions(), it.c2.executions()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn the_service_knows_where_a_user_is_while_the_cluster_service_does_not_say_so() {
    for fault in [Fault::Refuses, Fault::Hangs] {
        let it = setting(&[IN_C1], fault, &[MOVED]);
        let response = it.client.get("label", "abc", "/").await.expect("a response");
        assert_eq!(response.cluster(), "c2", "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_follows_a_user_though_it_has_one_attempt() {
    let it = setting_with("attempts = 1", &[IN_C1], IN_C2, &[MOVED]);
    let response = it.client.post("label", "abc", "/").await.expect("a response");
    assert_eq!((response.status(), response.cluster()), (StatusCode::OK, "c2"));
}

#[tokio::test(start_paused = true)]
async fn a_safe_call_follows_a_user_after_a_failure() {
    let it = setting(&[IN_C1], IN_C2, &[Fault::Status(503), MOVED]);
    let response = it.client.get("label", "abc", "/").await.expect("a response");
    assert_eq!((response.status(), response.cluster()), (StatusCode::OK, "c2"));
}

#[tokio::test(start_paused = true)]
async fn a_call_follows_twice_at_most() {
    let it = setting(&[], IN_C1, &[]);
    it.c1.set(MOVED);
    it.c2.set(Fault::Head("421 Misdirected Request\r\nx-cluster: c1"));
    let response = it.client.get("label", "abc", "/").await.expect("a response");
    assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(response.attempts().len(), 3);
    let error = response.error_for_status().expect_err("misdirected");
    assert!(!error.may_have_executed());
}

#[tokio::test(start_paused = true)]
async fn a_frozen_user_is_waited_for() {
    let it = setting(&[IN_C1], IN_C2, &[FROZEN]);
    let started = Instant::now();
    let response = it.client.post("label", "abc", "/").await.expect("a response");
    assert_eq!(response.cluster(), "c2");
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_frozen_user_is_waited_for_while_the_cluster_service_is_down() {
    let it = setting(&[IN_C1], Fault::Refuses, &[FROZEN]);
    let response = it.client.post("label", "abc", "/").await.expect("a response");
    assert_eq!((response.status(), response.cluster()), (StatusCode::OK, "c1"));
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_executed_follows_a_user_only_with_its_key() {
    for (key, cluster, status) in [("\"k\"", "c2", 200), ("", "c1", 421)] {
        let it = setting(&[IN_C1], IN_C2, &[Fault::Dies, MOVED]);
        let mut call = it.client.put("label", "abc", "/");
        if !key.is_empty() {
            call = call.header("idempotency-key", key);
        }
        let response = call.await.expect("a response");
        assert_eq!((response.cluster(), response.status().as_u16()), (cluster, status));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_known_is_used_for_a_day_while_the_cluster_service_is_down() {
    let it = setting(&[IN_C1], Fault::Status(503), &[]);
    it.client.get("label", "abc", "/").await.expect("a response");
    sleep(Duration::from_secs(23 * 3600)).await;
    it.client.post("label", "abc", "/").await.expect("a response");
    sleep(Duration::from_secs(2 * 3600)).await;
    let error = it.client.get("label", "abc", "/").await.expect_err("unknown");
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Unresolved, Some(StatusCode::SERVICE_UNAVAILABLE))
    );
    assert!(!error.may_have_executed());
}

#[tokio::test(start_paused = true)]
async fn what_was_known_is_used_while_the_cluster_service_hangs() {
    let it = setting(&[IN_C1], Fault::Hangs, &[]);
    it.client.get("label", "abc", "/").await.expect("a response");
    sleep(Duration::from_secs(301)).await;
    it.client.get("label", "abc", "/").await.expect("a response");
}

#[tokio::test(start_paused = true)]
async fn a_look_up_can_be_fresh_for_longer_than_a_clock_counts() {
    let in_c1 = Fault::Says(
        "200 OK\r\ncache-control: max-age=18446744073709551615",
        r#"{"user":"abc","cluster":"c1","version":1,"assigned":true}"#,
    );
    let it = setting(&[], in_c1, &[]);
    for _ in 0..2 {
        it.client.get("label", "abc", "/").await.expect("a response");
    }
    assert_eq!(it.directions.heads().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_user_who_was_removed_is_unresolved() {
    let it = setting(&[IN_C1], Fault::Status(410), &[]);
    it.client.get("label", "abc", "/").await.expect("a response");
    sleep(Duration::from_secs(301)).await;
    let error = it.client.get("label", "abc", "/").await.expect_err("removed");
    assert_eq!((error.kind(), error.status()), (ErrorKind::Unresolved, Some(StatusCode::GONE)));
}

#[tokio::test(start_paused = true)]
async fn an_older_version_is_ignored() {
    let it = setting(&[IN_C2], IN_C1, &[]);
    it.client.get("label", "abc", "/").await.expect("a response");
    sleep(Duration::from_secs(301)).await;
    let response = it.client.get("label", "abc", "/").await.expect("a response");
    assert_eq!(response.cluster(), "c2");
}

#[tokio::test(start_paused = true)]
async fn a_look_up_goes_on_though_its_call_no_longer_waits() {
    let it = setting(&[Fault::Hangs], IN_C1, &[]);
    for _ in 0..2 {
        let call = it.client.get("label", "abc", "/").timeout(Duration::from_millis(100));
        assert_eq!(call.await.expect_err("late").kind(), ErrorKind::DeadlineExceeded);
    }
    assert_eq!(it.directions.heads().len(), 1, "the second call has joined the look-up");
}

#[tokio::test(start_paused = true)]
async fn the_only_cluster_holds_all_users() {
    let server = Server::new("a", Fault::Works);
    let client = super::in_one_cluster(&[&server]);
    let response = client.put("label", "abc", "/").await.expect("a response");
    assert_eq!(response.cluster(), "c1");
}
