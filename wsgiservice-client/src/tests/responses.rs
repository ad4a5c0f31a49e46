//! What is sent, and what is read of a response.

use http::StatusCode;

use super::{Fault, Server, client, in_one_cluster};
use crate::{CallContext, Cluster, ErrorKind, path};

#[tokio::test(start_paused = true)]
async fn a_request_has_the_name_of_the_service_as_its_host() {
    let server = Server::new("a", Fault::Works);
    for (host, expected) in
        [("", "label"), ("host = 'label.example.org:81'", "label.example.org:81")]
    {
        let topology = format!("[clusters.c1]\n[services.label]\n{host}\nc1 = ['unix:/a']");
        let client = client(&topology, &[&server]);
        client.get("label", Cluster("c1"), "/").header("host", "other").await.expect("a response");
        let heads = server.heads();
        let head = heads.last().expect("a request");
        assert!(head.contains(&format!("\r\nhost: {expected}\r\n")), "{head}");
        assert_eq!(head.matches("\r\nhost:").count(), 1, "{head}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_has_what_was_said_and_nothing_else() {
    let server = Server::new("a", Fault::Works);
    let client = in_one_cluster(&[&server]);
    let (user, label) = ("abc", "to read/later");
    let call = client.put("label", Cluster("c1"), path!("/1/label/{user}/{label}"));
    let call = call.query(&[("a", "1 2")]).query(&[("b", "é")]).header("some-key", "some value");
    call.form(&[("title", "some title")]).await.expect("a response");

    let heads = server.heads();
    let (line, fields) = heads[0].split_once("\r\n").expect("a head");
    assert_eq!(line, "PUT /1/label/abc/to%20read%2flater?a=1+2&b=%c3%a9 http/1.1");
    let mut names: Vec<_> =
        fields.lines().filter_map(|line| Some(line.split_once(':')?.0)).collect();
    names.sort_unstable();
    let expected = [
        "content-length",
        "content-type",
        "host",
        "some-key",
        "traceparent",
        "x-request-timeout-ms",
    ];
    assert_eq!(names, expected);
}

#[tokio::test(start_paused = true)]
async fn credentials_are_sent_and_not_shown() {
    let server = Server::new("a", Fault::Works);
    let client = in_one_cluster(&[&server]);
    let get = || client.get("label", Cluster("c1"), "/");
    get().bearer_auth("Abc").await.expect("a response");
    get().basic_auth("me", Some("secret")).await.expect("a response");
    let heads = server.heads();
    assert!(heads[0].contains("\r\nauthorization: bearer abc\r\n"), "{}", heads[0]);
    assert!(heads[1].contains("\r\nauthorization: basic bwu6c2vjcmv0\r\n"), "{}", heads[1]);
    let error = get().bearer_auth("a\nb").await.expect_err("no token");
    assert_eq!(
        (error.kind(), error.to_string().contains("a\nb")),
        (ErrorKind::InvalidRequest, false)
    );
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_a_span_of_the_trace() {
    let server = Server::scripted("a", &[Fault::Reads], Fault::Works);
    let client = in_one_cluster(&[&server]);
    let mut fields = http::HeaderMap::new();
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    fields.insert("traceparent", http::HeaderValue::from_static(parent));
    let served = client.with_context(CallContext::new().with_trace(&fields));
    served.get("label", Cluster("c1"), "/").await.expect("a response");
    let heads = server.heads();
    let spans: Vec<_> = heads
        .iter()
        .filter_map(|head| {
            head.split("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-").nth(1)?.get(..16)
        })
        .collect();
    assert_eq!(spans.len(), 2);
    assert_ne!(spans[0], spans[1]);
}

#[tokio::test(start_paused = true)]
async fn a_call_has_one_key_for_all_attempts() {
    let server = Server::scripted("a", &[Fault::Dies, Fault::Dies], Fault::Works);
    let topology = "[clusters.c1]\n[services.label]\nidempotency_keys = true\nc1 = ['unix:/a']";
    let client = client(topology, &[&server]);
    let response = client.post("label", Cluster("c1"), "/").await.expect("a response");
    let key = response.idempotency_key().expect("a key").to_str().expect("ASCII").to_owned();
    assert_eq!((key.len(), &key[..1]), (38, "\""));
    let heads = server.heads();
    assert_eq!(heads.len(), 3);
    assert!(heads.iter().all(|head| head.contains(&format!("idempotency-key: {key}\r\n"))));

    client.get("label", Cluster("c1"), "/").await.expect("a response");
    assert!(!server.heads()[3].contains("idempotency-key"), "a safe call needs none");
}

#[tokio::test(start_paused = true)]
async fn any_status_is_a_response_until_it_is_made_an_error() {
    let server = Server::new("a", Fault::Status(404));
    let client = in_one_cluster(&[&server]);
    let response = client.get("label", Cluster("c1"), "/").await.expect("a response");
    let error = response.error_for_status().expect_err("an error");
    assert_eq!((error.kind(), error.status()), (ErrorKind::Status, Some(StatusCode::NOT_FOUND)));
    assert_eq!(error.to_string(), "404 Not Found from service `label` at unix:/a in cluster `c1`");
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_not_followed() {
    let server = Server::new("a", Fault::Head("302 Found\r\nlocation: http://other/"));
    let client = in_one_cluster(&[&server]);
    let response = client.get("label", Cluster("c1"), "/").await.expect("a response");
    assert_eq!(
        (response.status().as_u16(), &response.headers()["location"]),
        (302, &"http://other/".parse().expect("a value"))
    );
}

#[tokio::test(start_paused = true)]
async fn content_that_is_not_as_expected_is_a_decode_error() {
    let server = Server::new("a", Fault::Works);
    let client = in_one_cluster(&[&server]);
    let get = || client.get("label", Cluster("c1"), "/").send();
    let error = get().await.expect("a response").json::<String>().await.expect_err("a list");
    assert_eq!(error.kind(), ErrorKind::Decode);
    server.set(Fault::Head("200 OK\r\ncontent-encoding: gzip"));
    let error = get().await.expect("a response").text().await.expect_err("a coding");
    assert_eq!(error.to_string(), "the content has the content coding \"gzip\"");
    assert_eq!(get().await.expect("a response").bytes().await.expect("bytes"), "[1,2]");
}

#[tokio::test(start_paused = true)]
async fn content_is_read_up_to_a_limit() {
    let server = Server::new("a", Fault::Works);
    let client = in_one_cluster(&[&server]);
    let get = || client.get("label", Cluster("c1"), "/").send();
    assert_eq!(get().await.expect("a response").limit(5).text().await.expect("text"), "[1,2]");
    let error = get().await.expect("a response").limit(4).text().await.expect_err("too long");
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Protocol, "the content has more than 4 bytes")
    );
}

#[tokio::test(start_paused = true)]
async fn interim_responses_are_skipped_and_switching_protocols_is_refused() {
    let server = Server::new("a", Fault::Head("103 Early Hints\r\n\r\nHTTP/1.1 200 OK"));
    let client = in_one_cluster(&[&server]);
    let response = client.get("label", Cluster("c1"), "/").await.expect("a response");
    assert_eq!(response.status(), StatusCode::OK);
    server.set(Fault::Head("101 Switching Protocols\r\nupgrade: x"));
    let error = client.post("label", Cluster("c1"), "/").await.expect_err("no response");
    assert_eq!(error.kind(), ErrorKind::Protocol);
}
