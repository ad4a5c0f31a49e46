//! Responses that are used again.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use tokio::time::sleep;

use super::{Fault, Server, builder};
use crate::{AllClusters, CacheOutcome, Cluster, ErrorKind, RequestBuilder, Response, RestClient};

fn cached(server: &Arc<Server>) -> RestClient {
    let topology = "[clusters.c1]\n[services.label]\nc1 = ['unix:/a']";
    builder(topology, &[server]).cache(1 << 20).build().expect("a client")
}

fn get(client: &RestClient) -> RequestBuilder {
    client.get("label", Cluster("c1"), "/")
}

/// The response with its content, and whether it was stored.
async fn read(call: RequestBuilder) -> (StatusCode, String, bool) {
    let response: Response = call.await.expect("a response");
    let (status, is_stored) = (response.status(), response.attempts().is_empty());
    (status, response.text().await.expect("content"), is_stored)
}

const FRESH: Fault =
    Fault::Says("200 OK\r\ncache-control: max-age=60, stale-if-error=600\r\netag: \"1\"", "one");
const NEWER: Fault = Fault::Says("200 OK\r\ncache-control: max-age=60\r\netag: \"2\"", "two");
const NOT_MODIFIED: Fault =
    Fault::Says("304 Not Modified\r\ncache-control: max-age=60\r\netag: \"1\"", "");

#[tokio::test(start_paused = true)]
async fn a_fresh_response_is_used_again() {
    let server = Server::new("a", FRESH);
    let client = cached(&server);
    assert_eq!(read(get(&client)).await, (StatusCode::OK, "one".to_owned(), false));
    sleep(Duration::from_secs(59)).await;
    let response = get(&client).await.expect("a response");
    assert_eq!((response.headers()["age"].as_bytes(), response.cluster()), (&b"59"[..], "c1"));
    assert_eq!(read(get(&client)).await, (StatusCode::OK, "one".to_owned(), true));
    assert_eq!(server.executions(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stale_response_is_validated() {
    let server = Server::scripted("a", &[FRESH, NOT_MODIFIED], NEWER);
    let client = cached(&server);
    read(get(&client)).await;
    sleep(Duration::from_secs(61)).await;
    assert_eq!(read(get(&client)).await, (StatusCode::OK, "one".to_owned(), true));
    assert!(server.heads()[1].contains("if-none-match: \"1\""));
    assert!(read(get(&client)).await.2, "it is fresh again");
    sleep(Duration::from_secs(61)).await;
    assert_eq!(read(get(&client)).await, (StatusCode::OK, "two".to_owned(), false));
    assert_eq!(read(get(&client)).await, (StatusCode::OK, "two".to_owned(), true));
}

#[tokio::test(start_paused = true)]
async fn a_stale_response_is_better_than_an_error_if_the_service_said_so() {
    for fault in [Fault::Refuses, Fault::Status(503), Fault::Status(500)] {
        let server = Server::scripted("a", &[FRESH], fault);
        let client = cached(&server);
        read(get(&client)).await;
        sleep(Duration::from_secs(600)).await;
        assert_eq!(read(get(&client)).await, (StatusCode::OK, "one".to_owned(), true), "{fault:?}");
        sleep(Duration::from_secs(100)).await;
        let status = get(&client).await.map(|response| response.status().as_u16());
        assert!(!matches!(status, Ok(200)), "{fault:?}: {status:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_must_not_be_stored_is_not() {
    for head in [
        "200 OK",
        "200 OK\r\ncache-control: no-store\r\netag: \"1\"",
        "200 OK\r\ncache-control: max-age=60\r\nvary: *",
        "500 X\r\ncache-control: max-age=60",
    ] {
        let server = Server::new("a", Fault::Says(head, "x"));
        let client = cached(&server);
        for _ in 0..2 {
            assert!(!read(get(&client)).await.2, "{head}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_is_for_the_fields_that_it_varies_with() {
    let head = "200 OK\r\ncache-control: max-age=60\r\nvary: accept-language";
    let server = Server::new("a", Fault::Says(head, "x"));
    let client = cached(&server);
    let in_language = |language: &'static str| get(&client).header("accept-language", language);
    read(in_language("de")).await;
    assert!(read(in_language("de")).await.2);
    assert!(!read(in_language("en")).await.2);
    assert!(!read(in_language("en").header("authorization", "Bearer a")).await.2);
    assert!(!read(in_language("en").header("authorization", "Bearer b")).await.2);
}

#[tokio::test(start_paused = true)]
async fn a_caller_can_ask_for_what_is_new() {
    let server = Server::new("a", FRESH);
    let client = cached(&server);
    read(get(&client)).await;
    assert!(!read(get(&client).header("cache-control", "no-cache")).await.2);
    assert!(!read(get(&client).header("if-none-match", "\"9\"")).await.2);
}

#[tokio::test(start_paused = true)]
async fn a_change_removes_what_is_stored() {
    let server = Server::new("a", FRESH);
    let client = cached(&server);
    read(get(&client)).await;
    client.put("label", Cluster("c1"), "/").await.expect("a response");
    assert!(!read(get(&client)).await.2);
}

#[tokio::test(start_paused = true)]
async fn a_change_in_all_clusters_removes_what_is_stored() {
    let server = Server::new("a", FRESH);
    let client = cached(&server);
    read(get(&client)).await;
    client.put("label", AllClusters, "/").await.expect("responses");
    assert!(!read(get(&client)).await.2);
}

#[tokio::test(start_paused = true)]
async fn a_response_can_be_older_than_a_clock_counts() {
    let head = "200 OK\r\ncache-control: max-age=60\r\nage: 18446744073709551615\r\netag: \"1\"";
    let server = Server::new("a", Fault::Says(head, "x"));
    let client = cached(&server);
    for _ in 0..3 {
        assert_eq!(read(get(&client)).await, (StatusCode::OK, "x".to_owned(), false));
        sleep(Duration::from_secs(5)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_is_looked_up_past_the_cache() {
    let in_c1 = Fault::Says(
        "200 OK\r\ncache-control: max-age=300, stale-if-error=1000000",
        r#"{"user":"abc","cluster":"c1","version":1,"assigned":true}"#,
    );
    let directions = Server::scripted("directions", &[in_c1], Fault::Refuses);
    let label = Server::new("a", Fault::Works);
    let topology = "[clusters.c1]\n[services.label]\nc1 = ['unix:/a']\n\
                    [services.cluster]\nglobal = ['unix:/directions']";
    let client = builder(topology, &[&directions, &label]).cache(1 << 20).build();
    let client = client.expect("a client");
    client.get("label", "abc", "/").await.expect("a response");
    // What was known is used for a day.
    sleep(Duration::from_secs(25 * 3600)).await;
    let error = client.get("label", "abc", "/").await.expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::Unresolved);
}

#[tokio::test(start_paused = true)]
async fn what_the_cache_did_is_counted() {
    let script = [FRESH, NOT_MODIFIED, Fault::Status(503)];
    let server = Server::scripted("a", &script, NEWER);
    let client = cached(&server);
    let told = || -> Vec<_> {
        let counts = client.counts().cache.into_iter();
        counts.map(|it| format!("{} {}: {}", it.service, it.what, it.count)).collect()
    };
    assert!(told().is_empty());
    for _ in 0..3 {
        read(get(&client)).await;
    }
    assert_eq!(told(), ["label hit: 2", "label miss: 1"]);
    sleep(Duration::from_secs(61)).await;
    read(get(&client)).await;
    assert_eq!(told(), ["label hit: 2", "label revalidated: 1", "label miss: 1"]);
    sleep(Duration::from_secs(61)).await;
    read(get(&client)).await;
    read(client.get("label", Cluster("c1"), "/other")).await;
    read(client.post("label", Cluster("c1"), "/other")).await;
    assert_eq!(told(), ["label hit: 2", "label revalidated: 1", "label miss: 3"]);
}

#[tokio::test(start_paused = true)]
async fn a_stale_response_in_place_of_an_error_is_counted() {
    let server = Server::scripted("a", &[FRESH], Fault::Status(500));
    let client = cached(&server);
    read(get(&client)).await;
    sleep(Duration::from_secs(61)).await;
    assert!(read(get(&client)).await.2);
    let counts = client.counts().cache;
    let counts: Vec<_> = counts.iter().map(|it| (it.what, it.count)).collect();
    assert_eq!(counts, [(CacheOutcome::Stale, 1), (CacheOutcome::Miss, 1)]);
}
