//! The line in the log for each request.

use std::{
    future::pending,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use futures_util::{FutureExt, stream};
use http::HeaderValue;
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::net::TcpListener;
use tower_layer::layer_fn;
use tower_service::Service as _;
use tracing::Level;
use wsgiservice::{
    ApiKey, Application, NoContent, Problem, Secret, answer::Binary, content::Body, mount,
    resource, testing::Client,
};

use super::{log::Log, statistics::Teapot};

#[mount("/notes/{id}")]
struct Note;

#[resource]
impl Note {
    fn get(&self, id: u32) -> Result<u32, Problem> {
        match id {
            0 => Err(Problem::internal(std::io::Error::other("no disk"))),
            long @ 1_000.. => {
                let cause = "ä".repeat(long as usize);
                Err(Problem::internal(std::io::Error::other(cause)))
            }
            id => Ok(id),
        }
    }

    fn put(&self, id: u32) -> NoContent {
        let _ = id;
        NoContent
    }

    fn post(&self, id: u32, word: Secret<String>) -> usize {
        let _ = id;
        word.expose().len()
    }
}

/// Content of three pieces.
#[mount("/stream")]
struct Stream;

#[resource]
impl Stream {
    fn get(&self) -> Binary {
        let pieces = stream::iter(["one", "two", "three"].map(Ok::<_, std::io::Error>));
        Binary::stream(Body::of_stream(pieces), HeaderValue::from_static("text/plain"))
    }
}

/// Content that ends early.
#[mount("/cut")]
struct Cut;

#[resource]
impl Cut {
    fn get(&self) -> Binary {
        let pieces = [Ok("one"), Err(std::io::Error::other("no\nmore"))];
        Binary::stream(
            Body::of_stream(stream::iter(pieces)),
            HeaderValue::from_static("text/plain"),
        )
    }
}

/// A resource whose key has another name.
#[mount("/locked")]
struct Locked;

#[resource]
impl Locked {
    fn authorize(&self, #[from(query = "the-key")] key: ApiKey) -> Result<(), Problem> {
        if key.secret().matches("hunter2") { Ok(()) } else { Err(key.refused()) }
    }

    fn get(&self) -> u8 {
        7
    }
}

/// A method that takes longer than it may.
#[mount("/slow/{word}")]
struct Slow;

#[resource]
impl Slow {
    #[limit(time = 1)]
    async fn put(&self, word: String) {
        let _ = word;
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

/// A layer that fails.
#[derive(Clone)]
pub(super) struct Failing;

impl<R> tower_service::Service<R> for Failing {
    type Response = http::Response<Body>;
    type Error = std::io::Error;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: R) -> Self::Future {
        std::future::ready(Err(std::io::Error::other("the layer fails")))
    }
}

/// A method that never ends.
#[mount("/never")]
struct Never;

#[resource]
impl Never {
    async fn get(&self) -> u8 {
        pending().await
    }
}

fn application() -> Application {
    Application::new("notes")
        .mount(Note)
        .mount(Stream)
        .mount(Cut)
        .mount(Locked)
        .mount(Slow)
        .mount(Never)
}

/// The line that a `GET` leaves in the log.
async fn line(target: &str, fields: &[(&str, &str)]) -> String {
    let (log, _guard) = Log::at(Level::INFO);
    let client = Client::new(application());
    let request = client.get(target);
    fields.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await;
    log.text()
}

/// The value of this name in a line.
fn value<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(&format!(" {name}="))?;
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').map(|(value, _)| value),
        None => rest.split([' ', '\n']).next(),
    }
}

#[tokio::test]
async fn each_request_is_logged_with_what_it_asked_for_and_what_it_got() {
    let fields = [
        ("referer", "https://example.org/list"),
        ("from", "anna@example.org"),
        ("user-agent", "curl/8.5.0"),
    ];
    let line = line("/notes/7?a=b", &fields).await;
    assert!(line.contains(" INFO wsgiservice::access: "), "{line}");
    for (name, expected) in [
        ("method", "GET"),
        ("template", "/notes/{id}"),
        ("status", "200"),
        ("bytes", "1"),
        ("request_target", "/notes/7?a=b"),
        ("referer", "https://example.org/list"),
        ("from", "anna@example.org"),
        ("user_agent", "curl/8.5.0"),
    ] {
        assert_eq!(value(&line, name), Some(expected), "{name} in {line}");
    }
    assert!(value(&line, "peer").is_some_and(|peer| peer.starts_with("127.0.0.1:")), "{line}");
    assert!(value(&line, "ms").is_some_and(|ms| ms.parse::<f64>().is_ok()), "{line}");
    let id = value(&line, "request_id").expect("an ID");
    assert_eq!(value(&line, "trace_id"), Some(&*id.replace('-', "")), "{line}");
    assert_eq!(line.lines().count(), 1);
}

#[tokio::test]
async fn a_request_without_a_resource_has_no_template_and_is_cut() {
    let line =
        line(&format!("/{}", "a".repeat(5_000)), &[("user-agent", &"b".repeat(5_000))]).await;
    assert!(line.contains(" status=404 ") && !line.contains("template"), "{line}");
    assert!(line.len() < 1_000, "{line}");
}

#[tokio::test]
async fn secrets_are_not_logged() {
    let (log, _guard) = Log::at(Level::INFO);
    let client = Client::new(application());
    for target in
        ["/notes/7?word=hunter2&b=c", "/notes/7?w%6Frd=hunter2", "/elsewhere?access_token=hunter2"]
    {
        client.post(target).send().await;
    }
    for target in
        ["/locked?the-key=hunter2", "/locked?the%2Dkey=hunter2", "/locked?%74he-key=hunter2&a"]
    {
        assert_eq!(client.get(target).send().await.status(), 200);
    }
    let referer = "https://anna:hunter2@example.org/a?token=hunter2#hunter2";
    client.get("/notes/7").header("referer", referer).send().await;
    assert!(!log.text().contains("hunter2"), "{}", log.text());
    assert!(log.text().contains("/notes/7?word=[hidden]&b=c"), "{}", log.text());
    assert!(log.text().contains("https://example.org/a"), "{}", log.text());
}

#[tokio::test]
async fn what_controls_a_terminal_is_escaped() {
    let fields = [("user-agent", "a\u{202e}b\tc"), ("from", "\u{9b}2J"), ("referer", "/\u{2028}")];
    let line = line("/notes/7", &fields).await;
    for harmful in ['\u{202e}', '\u{9b}', '\u{2028}', '\t', '\u{1b}'] {
        assert!(!line.contains(harmful), "{line:?}");
    }
}

#[tokio::test]
async fn a_streamed_response_is_logged_when_its_last_byte_was_sent() {
    let (log, _guard) = Log::at(Level::INFO);
    let mut service = application().build().expect("a service");
    let request = http::Request::get("/stream").body(String::new()).expect("a request");
    let response = service.call(request).await.expect("a response");
    assert_eq!(log.text(), "");
    response.into_body().collect().await.expect("content");
    assert_eq!(value(&log.text(), "bytes"), Some("11"), "{}", log.text());
    assert_eq!(log.text().lines().count(), 1);
}

#[tokio::test]
async fn the_log_has_the_whole_cause_of_an_error_up_to_2000_characters() {
    for (length, logged) in [(2_000, "ä".repeat(2_000)), (2_001, "ä".repeat(2_000) + "…")] {
        let line = line(&format!("/notes/{length}"), &[]).await;
        assert!(line.contains(&format!("cause={logged}\n")), "{line}");
    }
}

/// What is logged of this request for the statistics by a service that trusts these networks, without the line of the request.
async fn log_of_hidden(trusted: &[&str], request: http::request::Builder) -> String {
    let (log, _guard) = Log::at(Level::INFO);
    let mut application = application();
    if !trusted.is_empty() {
        application = application.trusted(trusted.iter().map(|it| it.parse().expect("a network")));
    }
    let mut service = application.build().expect("a service");
    let request = request.uri("/_internal/stats").body(Body::empty()).expect("a request");
    let response = service.call(request).await.expect("a response");
    assert_eq!(response.status(), 404);
    let lines = log.text();
    lines.lines().filter(|line| !line.contains("wsgiservice::access")).collect()
}

fn from_peer(peer: &str) -> http::request::Builder {
    http::Request::builder().extension(peer.parse::<SocketAddr>().expect("an address"))
}

#[tokio::test]
async fn why_a_client_may_not_read_the_statistics_is_logged() {
    let proxied = || from_peer("127.0.0.1:5000").header("x-forwarded-for", "203.0.113.7");
    for (trusted, request, peer, reason) in [
        (&[][..], from_peer("192.0.2.1:5000"), "192.0.2.1:5000", "it is not in the networks"),
        (
            &["10.0.0.0/8"],
            from_peer("127.0.0.1:5000"),
            "127.0.0.1:5000",
            "it is not in the networks",
        ),
        (&[], proxied(), "127.0.0.1:5000", "its request was forwarded"),
        (&["127.0.0.1"], proxied(), "127.0.0.1:5000", "its request was forwarded"),
    ] {
        let line = log_of_hidden(trusted, request).await;
        assert_eq!(value(&line, "peer"), Some(peer), "{line}");
        assert!(line.contains(reason) && line.contains("the setting `trusted`"), "{line}");
    }
    let line = log_of_hidden(&[], http::Request::builder()).await;
    assert!(line.contains("no address of a peer"), "{line}");
}

#[tokio::test]
async fn clients_cannot_fill_the_log_by_asking_for_what_they_may_not_read() {
    let (log, _guard) = Log::at(Level::INFO);
    let client = Client::new(application().trusted([]));
    for target in ["/_internal", "/_internal/stats", "/_internal/none"].repeat(3) {
        assert_eq!(client.get(target).send().await.status(), 404);
    }
    let lines = log.text();
    assert_eq!(lines.lines().filter(|it| !it.contains("wsgiservice::access")).count(), 1);
}

#[tokio::test]
async fn a_client_that_goes_away_before_it_has_a_response_is_logged_as_a_499() {
    let (log, _guard) = Log::at(Level::INFO);
    let mut service = application().build().expect("a service");
    let request = http::Request::get("/never").body(String::new()).expect("a request");
    assert!(service.call(request).now_or_never().is_none());
    let line = log.text();
    assert!(line.contains("template=/never status=499"), "{line}");
    assert_eq!(line.lines().count(), 1);
}

#[tokio::test]
async fn what_a_layer_sends_is_logged_once() {
    let (log, _guard) = Log::at(Level::INFO);
    let client = Client::new(application().layer(layer_fn(|inner| inner)));
    client.get("/notes/7").send().await;
    let refusing = Client::new(application().layer(layer_fn(Teapot)));
    refusing.get("/notes/7").send().await;
    let text = log.text();
    let statuses: Vec<_> = text.lines().filter_map(|line| value(line, "status")).collect();
    assert_eq!(statuses, ["200", "418"]);
}

#[tokio::test]
async fn the_lines_of_a_failed_request_have_the_id_and_the_trace_of_its_problem() {
    let (log, _guard) = Log::at(Level::INFO);
    for client in
        [Client::new(application()), Client::new(application().layer(layer_fn(|inner| inner)))]
    {
        let problem = client.get("/notes/0").send().await.json::<Value>();
        let [id, trace] = ["request_id", "trace_id"].map(|it| problem[it].as_str().expect("text"));
        assert_eq!(problem["instance"], format!("urn:uuid:{id}"));
        let text = log.text();
        let lines = text.lines().filter(|line| {
            value(line, "request_id") == Some(id) && value(line, "trace_id") == Some(trace)
        });
        assert_eq!(lines.count(), 2, "{text}");
    }
}

#[tokio::test]
async fn the_lines_of_a_request_whose_layer_fails_are_of_that_request() {
    let (log, _guard) = Log::at(Level::INFO);
    let client = Client::new(application().layer(layer_fn(|_| Failing)));
    let response = client.request("PUT", "/notes/7").header("x-request-id", "proxy-7").send().await;
    assert_eq!(response.json::<Value>()["request_id"], "proxy-7");
    let text = log.text();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.lines().all(|line| value(line, "request_id") == Some("proxy-7")), "{text}");
    assert!(text.lines().all(|line| value(line, "method") == Some("PUT")), "{text}");
    assert!(text.contains(" path=/notes/7 "), "{text}");
}

#[tokio::test]
async fn what_ends_early_is_logged_with_the_id_of_its_request() {
    let (log, _guard) = Log::at(Level::INFO);
    let mut service = application().build().expect("a service");
    let request = http::Request::get("/cut").body(String::new()).expect("a request");
    let response = service.call(request).await.expect("a response");
    assert!(response.into_body().collect().await.is_err());
    let text = log.text();
    let ids: Vec<_> = text.lines().map(|line| value(line, "request_id")).collect();
    assert_eq!(ids.len(), 2, "{text}");
    assert!(ids[0].is_some() && ids[0] == ids[1], "{text}");
    assert!(text.contains(" bytes=3 "), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_method_that_takes_too_long_is_logged_with_the_id_of_its_request() {
    let (log, _guard) = Log::at(Level::INFO);
    Client::new(application()).put("/slow/a").send().await;
    let text = log.text();
    let ids: Vec<_> = text.lines().map(|line| value(line, "request_id")).collect();
    assert_eq!(ids.len(), 2, "{text}");
    assert!(ids[0].is_some() && ids[0] == ids[1], "{text}");
}

#[tokio::test]
async fn the_target_of_connect_is_logged_without_user_information() {
    let (log, _guard) = Log::at(Level::INFO);
    let mut service = application().build().expect("a service");
    let request = http::Request::connect("anna:hunter2@a.example:443").body(String::new());
    service.call(request.expect("a request")).await.expect("a response");
    let line = log.text();
    assert_eq!(value(&line, "request_target"), Some("a.example:443"), "{line}");
}

#[tokio::test]
async fn each_way_out_is_one_line_with_what_was_sent() {
    let (log, _guard) = Log::at(Level::INFO);
    let client = Client::new(application());
    let mut expected = Vec::new();
    for (method, target) in [
        ("GET", "/notes/7"),
        ("HEAD", "/notes/7"),
        ("OPTIONS", "/notes/7"),
        ("OPTIONS", "*"),
        ("BREW", "/notes/7"),
        ("DELETE", "/notes/7"),
        ("GET", "/notes/a"),
        ("GET", "/notes/0"),
        ("PUT", "/notes/7"),
        ("GET", "/stream"),
        ("GET", "/_internal/health"),
        ("GET", "/none"),
    ] {
        let response = client.request(method, target).send().await;
        expected.push((response.status().as_u16().to_string(), response.text().len().to_string()));
    }
    let text = log.text();
    let lines = text.lines().filter(|line| line.contains("wsgiservice::access"));
    let logged: Vec<_> = lines
        .map(|line| {
            ["status", "bytes"].map(|name| value(line, name).expect(name).to_owned()).into()
        })
        .collect::<Vec<(String, String)>>();
    assert_eq!(logged, expected, "{text}");
}

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test]
async fn the_id_and_the_trace_are_taken_from_the_request() {
    let fields = [("x-request-id", "proxy-7"), ("traceparent", PARENT)];
    let line = line("/notes/7", &fields).await;
    assert_eq!(value(&line, "request_id"), Some("proxy-7"), "{line}");
    assert_eq!(value(&line, "trace_id"), Some(&PARENT[3..35]), "{line}");
}

#[tokio::test]
async fn an_id_that_is_taken_is_logged_as_the_proxy_wrote_it() {
    for id in [
        "9016c7eae3524d47ad249043630e887d", // nginx
        "9016C7EA-E352-4D47-AD24-9043630E887D",
        "{9016c7ea-e352-4d47-ad24-9043630e887d}",
        "9016c7ea-e352-4d47-ad24-9043630e887d",
    ] {
        let line = line("/notes/7", &[("x-request-id", id)]).await;
        assert_eq!(value(&line, "request_id"), Some(id), "{line}");
    }
}

#[tokio::test]
async fn the_id_is_not_taken_from_a_peer_that_is_not_trusted() {
    let (log, _guard) = Log::at(Level::INFO);
    let client = Client::new(application().trusted([]));
    client.get("/notes/7").header("x-request-id", "forged").send().await;
    assert!(!log.text().contains("forged"), "{}", log.text());
}

#[tokio::test]
async fn a_problem_whose_request_has_another_id_has_the_target_as_its_instance() {
    let client = Client::new(application());
    let response = client.get("/notes/0").header("x-request-id", "proxy-7").send().await;
    let problem = response.json::<Value>();
    assert_eq!(problem["request_id"], "proxy-7");
    assert_eq!(problem["instance"], "/notes/0");
}

#[tokio::test]
async fn a_malformed_head_is_logged() {
    let (log, _guard) = Log::at(Level::INFO);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let client = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        stream.write_all(b"GET / HTTP/1.1\r\nno field\r\n\r\n").expect("sent");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("a response");
        drop(stop);
        response
    });
    let stop = async { _ = stopped.await };
    application().serve_until(listener, stop).await.expect("an end");
    let response = client.await.expect("a response");
    let (_, content) = response.split_once("\r\n\r\n").expect("content");
    let problem: Value = serde_json::from_str(content).expect("JSON");
    let text = log.text();
    let line = text.lines().find(|line| line.contains("wsgiservice::access")).expect("a line");
    assert_eq!(value(line, "method"), Some("_OTHER"), "{line}");
    assert_eq!(value(line, "status"), Some("400"), "{line}");
    assert_eq!(value(line, "request_id"), problem["request_id"].as_str(), "{line}");
}

#[tokio::test]
async fn warnings_alone_are_logged_if_that_is_the_level() {
    let (log, _guard) = Log::at(Level::WARN);
    let client = Client::new(application());
    client.get("/notes/7").send().await;
    client.get("/none").send().await;
    assert_eq!(log.text(), "");
}
