//! What is counted, and how it is told.

use std::{
    future::Future,
    io::Write,
    pin::Pin,
    process::{Command, Stdio},
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures_util::stream;
use serde_json::Value;
use wsgiservice::{
    Application, Problem,
    bytes::Bytes,
    content::Body,
    mount, resource,
    server::Limits,
    statistics::{Counter, Gauge, Histogram, Label},
    testing::Client,
};

#[mount("/things/{id}")]
struct Thing;

#[resource]
impl Thing {
    fn get(&self, id: u32) -> Result<u32, Problem> {
        match id {
            0 => Ok(0),
            1 => Err(Problem::not_found()),
            2 => Err(Problem::internal(std::io::Error::other("no disk"))),
            _ => panic!("an unexpected id"),
        }
    }

    fn put(&self, id: u32, content: Bytes) -> usize {
        content.len() + id as usize
    }

    #[limit(time = 1)]
    async fn search(&self, id: u32) -> u32 {
        tokio::time::sleep(Duration::from_secs(2 * u64::from(id))).await;
        id
    }
}

#[mount("/pieces/{number}")]
struct Pieces;

#[resource]
impl Pieces {
    fn get(&self, number: u32) -> http::Response<Body> {
        let pieces = (0..number).map(|_| Ok::<_, std::io::Error>("12345"));
        http::Response::new(Body::of_stream(stream::iter(pieces)))
    }
}

fn application() -> Application {
    Application::new("things").mount(Thing).mount(Pieces)
}

/// The statistics that a service tells.
pub(super) async fn statistics(client: &Client) -> Value {
    client.get("/_internal/stats").send().await.json()
}

/// The requests by status of a method, as `200: 3, 404: 1`.
pub(super) fn statuses(statistics: &Value, route: &str, method: &str) -> String {
    let Some(found) = found(statistics, route, method) else { return String::new() };
    let statuses = found["statuses"].as_array().expect("statuses").iter();
    let statuses = statuses.map(|it| format!("{}: {}", it["status"], it["requests"]));
    statuses.collect::<Vec<_>>().join(", ")
}

pub(super) fn found<'a>(statistics: &'a Value, route: &str, method: &str) -> Option<&'a Value> {
    let all = statistics["methods"].as_array().expect("methods");
    all.iter().find(|it| it["route"] == route && it["method"] == method)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_of_several_threads_are_counted_exactly() {
    let client = Client::new(application());
    let requests = [
        ("GET", "/things/0", 40),
        ("GET", "/things/1", 30),
        ("GET", "/things/2", 20),
        ("GET", "/things/x", 10),
        ("HEAD", "/things/0", 7),
        ("PUT", "/things/3", 9),
        ("PATCH", "/things/0", 4),
        ("OPTIONS", "/things/0", 3),
        ("BREW", "/things/0", 2),
        ("GET", "/nothing", 5),
        ("GET", "/nothing/else", 6),
        ("GET", "/pieces/2", 8),
    ];
    let mut tasks = tokio::task::JoinSet::new();
    for (method, target, number) in requests {
        for _ in 0..number {
            let client = client.clone();
            tasks.spawn(async move { drop(client.request(method, target).send().await) });
        }
    }
    tasks.join_all().await;
    let statistics = statistics(&client).await;
    for (route, method, expected) in [
        ("/things/{id}", "GET", "200: 40, 400: 10, 404: 30, 500: 20"),
        ("/things/{id}", "HEAD", "200: 7"),
        ("/things/{id}", "PUT", "200: 9"),
        ("/things/{id}", "OPTIONS", "204: 3"),
        // Those that it does not have share a label.
        ("/things/{id}", "_OTHER", "405: 4, 501: 2"),
        ("unmatched", "GET", "404: 11"),
        ("/pieces/{number}", "GET", "200: 8"),
    ] {
        assert_eq!(statuses(&statistics, route, method), expected, "{method} {route}");
    }
    assert_eq!(statistics["requests"], 144);
    // That for the statistics itself.
    assert_eq!(statistics["in_flight"], 1);
}

#[tokio::test]
async fn the_content_of_requests_and_responses_is_counted() {
    let client = Client::new(application());
    for length in [5, 20_000] {
        client.put("/things/0").body(vec![b'x'; length]).send().await;
    }
    client.get("/pieces/3").send().await;
    client.request("HEAD", "/things/0").send().await;
    let statistics = statistics(&client).await;
    let bytes = |route, method| {
        let found = found(&statistics, route, method).expect("a method");
        [found["received_bytes"].as_u64(), found["sent_bytes"].as_u64()].map(Option::unwrap)
    };
    assert_eq!(bytes("/things/{id}", "PUT"), [20_005, "5".len() as u64 + "20000".len() as u64]);
    assert_eq!(bytes("/pieces/{number}", "GET"), [0, 15]);
    assert_eq!(bytes("/things/{id}", "HEAD"), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn violations_panics_and_timeouts_are_counted() {
    let client = Client::new(application());
    client.request("PUT", "/things/x?unknown=1").send().await;
    client.get("/things/9").send().await;
    client.request("SEARCH", "/things/1").send().await;
    client.request("SEARCH", "/things/0").send().await;
    let statistics = statistics(&client).await;
    let number = |method, what| {
        let found = found(&statistics, "/things/{id}", method).expect("a method");
        (statuses(&statistics, "/things/{id}", method), found[what].as_u64().expect("a number"))
    };
    assert_eq!(number("PUT", "violations"), ("400: 1".to_owned(), 1));
    assert_eq!(number("GET", "panics"), ("500: 1".to_owned(), 1));
    // A method that may change something goes on.
    assert_eq!(number("SEARCH", "timeouts"), ("200: 2".to_owned(), 1));
}

#[tokio::test]
async fn a_request_whose_client_goes_away_is_counted() {
    #[mount("/wait")]
    struct Wait;

    #[resource]
    impl Wait {
        async fn get(&self) -> u8 {
            std::future::pending().await
        }
    }

    let client = Client::new(application().mount(Wait));
    let waiting = client.get("/wait").send();
    {
        let mut waiting = std::pin::pin!(waiting);
        let mut context = Context::from_waker(Waker::noop());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        let during = statistics(&client).await;
        assert_eq!(found(&during, "/wait", "GET").expect("a method")["in_flight"], 1);
        assert_eq!(statuses(&during, "/wait", "GET"), "");
    }
    let after = statistics(&client).await;
    assert_eq!(found(&after, "/wait", "GET").expect("a method")["in_flight"], 0);
    assert_eq!(statuses(&after, "/wait", "GET"), "499: 1");
}

#[tokio::test]
async fn what_a_layer_does_is_counted_once() {
    let teapot = || tower_layer::layer_fn(Teapot);
    let nested = Application::new("nested").mount(Thing).layer(teapot());
    for application in [application().layer(teapot()), Application::new("all").nest("/a", nested)] {
        let client = Client::new(application);
        let target = ["/things/0", "/a/things/0"];
        for target in target {
            client.put(target).body("123").send().await;
        }
        let statistics = statistics_of_any(&client).await;
        let route = match found(&statistics, "/things/{id}", "PUT") {
            Some(_) => "/things/{id}",
            None => "/a/things/{id}",
        };
        assert_eq!(statuses(&statistics, route, "PUT"), "418: 1");
        let found = found(&statistics, route, "PUT").expect("a method");
        assert_eq!(
            (found["received_bytes"].as_u64(), found["sent_bytes"].as_u64()),
            (Some(3), Some(1))
        );
        assert_eq!(statistics["requests"], 2);
    }
}

/// Changes the status of each response.
#[derive(Clone)]
pub(super) struct Teapot<S>(pub(super) S);

impl<S> tower_service::Service<http::Request<Body>> for Teapot<S>
where
    S: tower_service::Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let response = self.0.call(request);
        Box::pin(async {
            let mut response = response.await?;
            *response.status_mut() = http::StatusCode::IM_A_TEAPOT;
            Ok(response)
        })
    }
}

/// The statistics, whatever the status is that a layer gives them.
async fn statistics_of_any(client: &Client) -> Value {
    serde_json::from_str(client.get("/_internal/stats").send().await.text()).expect("JSON")
}

#[derive(Clone, Copy, Label)]
enum Outcome {
    Paid,
    NotPaid,
}

#[derive(Clone, Copy, Label)]
enum Channel {
    Web,
    Shop,
}

#[tokio::test]
async fn a_service_has_metrics_of_its_own() {
    let orders = Counter::new("orders", "Orders.");
    let waiting = Gauge::new("waiting_jobs", "Jobs.");
    let prints = Histogram::new("print_duration_seconds", "Printing.");
    let application = application().metric(&orders).metric(&waiting).metric(&prints);
    orders.clone().add((Outcome::NotPaid, Channel::Shop), 2);
    orders.add((Outcome::Paid, Channel::Web), 1);
    waiting.set((), 2.5);
    waiting.add((), -1.0);
    prints.record(Outcome::Paid, Duration::from_millis(300));
    let client = Client::new(application);
    let text = client.get("/_internal/metrics").send().await.text().to_owned();
    for line in [
        "# TYPE orders_total counter",
        r#"orders_total{outcome="not_paid",channel="shop"} 2"#,
        r#"orders_total{outcome="paid",channel="web"} 1"#,
        r#"orders_total{outcome="paid",channel="shop"} 0"#,
        "# HELP waiting_jobs Jobs.",
        "waiting_jobs 1.5",
        r#"print_duration_seconds_bucket{outcome="paid",le="0.25"} 0"#,
        r#"print_duration_seconds_bucket{outcome="paid",le="0.5"} 1"#,
        r#"print_duration_seconds_sum{outcome="paid"} 0.3"#,
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
    let statistics = statistics(&client).await;
    assert_eq!(statistics["metrics"][0]["name"], "orders");
    assert_eq!(statistics["metrics"][3]["labels"][1]["value"], "shop");
}

#[test]
fn metrics_with_impossible_names_are_errors() {
    let metric = |name: &str| Counter::<()>::new(name, "Something.");
    let names = ["a b", "", "7a", "_a", "größe", "a:b"];
    let all = [&names[..], &["http_server_x", "process_x", "target", "good", "good"]].concat();
    let application = all.iter().fold(application(), |it, name| it.metric(&metric(name)));
    let error = application.build().expect_err("errors").to_string();
    for name in names {
        let expected = "expected ASCII letters, digits and underscores, beginning with a letter";
        assert!(error.contains(&format!("metric `{name}`: {expected}\n")), "{error}");
    }
    for expected in [
        "metric `http_server_x`: the framework has metrics with the prefix `http_server_`",
        "metric `process_x`: the framework has metrics with the prefix `process_`",
        "metric `target`: the framework has a metric of this name",
        "metric `good` is added twice",
    ] {
        assert!(error.contains(expected), "{error}");
    }
    assert!(application_with_targets().build().is_ok());
}

/// Only what begins with the whole prefix is taken.
fn application_with_targets() -> Application {
    let [targets, processes] =
        ["targets_hit", "processes"].map(|name| Counter::<()>::new(name, "Something."));
    application().metric(&targets).metric(&processes)
}

#[test]
fn metrics_whose_names_end_with_what_they_do_not_count_are_errors() {
    let histogram = |name: &str| Histogram::<()>::new(name, "Something.");
    let application = application()
        .metric(&Counter::<()>::new("jobs_total", "Jobs."))
        .metric(&histogram("print_ms"))
        .metric(&histogram("scan_duration_milliseconds"))
        .metric(&histogram("poll_minutes"))
        // A gauge has any unit, and a histogram is not bound to tell its own.
        .metric(&Gauge::<()>::new("clock_offset_ms", "Offset."))
        .metric(&histogram("forms"));
    let error = application.build().expect_err("errors").to_string();
    assert_eq!(
        error,
        "metric `jobs_total`: `_total` is added to the name of a counter\nhelp: `jobs`\n\
         metric `print_ms`: the unit of a histogram is seconds\nhelp: `print_seconds`\n\
         metric `scan_duration_milliseconds`: the unit of a histogram is seconds\nhelp: `scan_duration_seconds`\n\
         metric `poll_minutes`: the unit of a histogram is seconds\nhelp: `poll_seconds`"
    );
}

#[tokio::test]
async fn metrics_have_the_format_that_a_client_accepts() {
    let client = Client::new(application());
    client.get("/things/0").send().await;
    let prometheus = "application/openmetrics-text;version=1.0.0,\
                      application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let newer = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                 text/plain;version=0.0.4;q=0.4,*/*;q=0.3";
    for (accept, content_type) in [
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain", "text/plain; version=0.0.4; charset=utf-8"),
        (prometheus, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        (newer, "text/plain; version=0.0.4; charset=utf-8"),
    ] {
        let response = client.get("/_internal/metrics").header("accept", accept).send().await;
        assert_eq!(response.field("content-type"), Some(content_type), "{accept}");
        let is_open = content_type.starts_with("application/openmetrics");
        assert_eq!(response.text().ends_with("# EOF\n"), is_open);
        assert_eq!(response.text().contains("# TYPE target info\ntarget_info{"), is_open);
    }
    let text = client.get("/_internal/metrics").send().await.text().to_owned();
    let count = r#"http_server_request_duration_seconds_count{http_route="/things/{id}",http_request_method="GET",http_response_status_code="200"} 1"#;
    assert!(text.lines().any(|line| line == count), "{text}");
}

/// Asserts that Prometheus' own tool accepts metrics, if it is installed.
pub(super) fn assert_promtool_accepts(metrics: &str) {
    let Some(promtool) = engines::program("promtool") else { return };
    let mut command = Command::new(promtool);
    command.args(["check", "metrics"]).stdin(Stdio::piped());
    let tool = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut tool = tool.expect("promtool");
    let mut input = tool.stdin.take().expect("an input");
    input.write_all(metrics.as_bytes()).expect("written");
    drop(input);
    let output = tool.wait_with_output().expect("an output");
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && text.is_empty(), "{}", String::from_utf8_lossy(&text));
}

#[tokio::test]
async fn promtool_accepts_the_metrics() {
    let orders = Counter::<Outcome>::new("orders", "Orders, with a \"quote\" and a \\.");
    let prints = Histogram::<()>::new("print_duration_seconds", "Printing.");
    let application = application().metric(&orders).metric(&prints);
    let client = Client::new(application.check("a \"quote\"", async || {}));
    for target in ["/things/0", "/things/7", "/nothing"] {
        client.get(target).send().await;
    }
    assert_promtool_accepts(client.get("/_internal/metrics").send().await.text());
}

#[tokio::test]
async fn the_statistics_are_told_as_json_xml_and_text() {
    let client = Client::new(application());
    client.get("/things/0").send().await;
    let json = statistics(&client).await;
    assert_eq!((&json["service"], &json["connections"]["open"]), (&"things".into(), &0.into()));
    assert!(json["methods"][0]["seconds"]["p99"].as_f64() > Some(0.0), "{json}");
    let xml = client.get("/_internal/stats.xml").send().await.text().to_owned();
    assert!(xml.contains("<route>/things/{id}</route>"), "{xml}");
    let text = client
        .get("/_internal/stats")
        .header("accept", "text/plain")
        .send()
        .await
        .text()
        .to_owned();
    assert!(text.starts_with("things "), "{text}");
    assert!(text.contains("\nGET /things/{id} "), "{text}");
}

#[tokio::test]
async fn the_index_lists_what_there_is() {
    let client = Client::new(application().base("/api"));
    let index = client.get("/_internal").send().await.json::<Value>();
    let paths = index.as_array().expect("a list").iter().map(|it| it["path"].as_str().unwrap());
    for path in paths.collect::<Vec<_>>() {
        let target = path.strip_prefix("/api").expect("the base");
        assert_eq!(client.get(target).send().await.status(), 200, "{path}");
    }
    let page =
        client.get("/_internal").header("accept", "text/html").send().await.text().to_owned();
    assert!(page.contains(r#"<a href="/api/_internal/stats">"#), "{page}");
}

#[tokio::test]
async fn the_index_has_the_style_of_the_other_pages_which_is_light_or_dark() {
    let client = Client::new(application().base("/api"));
    let page = client.get("/_internal.html").send().await.text().to_owned();
    let (_, rest) = page.split_once(r#"<link rel="stylesheet" href="/api"#).expect("a style");
    let (style, _) = rest.split_once('"').expect("a target");
    let style = client.get(style).send().await.text().to_owned();
    assert!(style.contains("color-scheme: light dark"), "{style}");
}

#[tokio::test]
async fn only_trusted_clients_read_them_and_they_are_not_documented() {
    let strangers = Client::new(application().trusted([]));
    for target in [
        "/_internal",
        "/_internal.json",
        "/_internal/stats",
        "/_internal/metrics",
        "/_internal/stats.txt",
    ] {
        assert_eq!(strangers.get(target).send().await.status(), 404, "{target}");
    }
    let client = Client::new(application());
    for target in ["/_internal/openapi", "/_internal/help.json"] {
        let document = client.get(target).send().await.text().to_owned();
        assert!(!document.contains("/_internal/stats"), "{target}");
    }
}

#[tokio::test]
async fn limits_of_a_stream_do_not_count_it_before_its_end() {
    let mut limits = Limits::default();
    limits.content = 1 << 20;
    let client = Client::new(application().limits(limits));
    let response = client.get("/pieces/1").send().await;
    assert_eq!(response.text(), "12345");
    assert_eq!(statuses(&statistics(&client).await, "/pieces/{number}", "GET"), "200: 1");
}
