//! What a hostile client, a hostile check and odd metrics can do to `/_internal`.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    task::{Context, Waker},
    thread,
    time::Duration,
};

use futures_util::{StreamExt, stream};
use serde_json::Value;
use wsgiservice::{
    Application,
    bytes::Bytes,
    content::Body,
    health::Health,
    mount, resource,
    statistics::{Counter, Gauge, Histogram, Label},
    testing::Client,
};

use super::{
    statistics::{assert_promtool_accepts, found, statistics, statuses},
    text,
};

#[mount("/things/{id}")]
struct Thing;

#[resource]
impl Thing {
    fn get(&self, id: u32) -> u32 {
        id
    }

    fn put(&self, id: u32, content: Bytes) -> usize {
        content.len() + id as usize
    }
}

fn application() -> Application {
    Application::new("things").mount(Thing)
}

const TARGETS: [&str; 7] = ["", "/stats", "/metrics", "/health", "/live", "/ready", "/help"];

#[tokio::test]
async fn no_request_breaks_them() {
    let client = Client::new(application());
    let many = vec!["text/html;q=0.1"; 2_000].join(",");
    let fields = [
        ("accept", "text/html, application/xml;q=0.9, */*;q=0.8"),
        ("accept", "application/openmetrics-text;version=0.0.1"),
        ("accept", "text/plain; version=\"0.0.4\"; charset=latin1"),
        ("accept", ",,;q=,*/*;q=2,text/*;q=-1"),
        ("accept", "\"\\"),
        ("accept", &many),
        ("accept-encoding", "gzip, br;q=1.0, zstd, *;q=0"),
        ("if-none-match", "*"),
        ("if-match", "\"a\""),
        ("if-modified-since", "Sun, 06 Nov 2094 08:49:37 GMT"),
        ("range", "bytes=0-1"),
        ("x-forwarded-for", "127.0.0.1"),
        ("expect", "nothing"),
    ];
    for target in TARGETS {
        for extension in
            ["", ".json", ".xml", ".txt", ".html", ".prom", ".om", ".health", ".", ".exe"]
        {
            let target = format!("/_internal{target}{extension}?{}", "a=1&".repeat(50));
            let target = target.trim_end_matches(&*"a=1&".repeat(50)).trim_end_matches('?');
            for method in ["GET", "HEAD", "OPTIONS", "POST", "DELETE", "PROPFIND", "BREW"] {
                let status = client.request(method, target).send().await.status().as_u16();
                let is_read = ["GET", "HEAD"].contains(&method);
                assert!(
                    matches!((is_read, status), (true, 200 | 404) | (false, 204 | 404 | 405 | 501)),
                    "{method} {target}: {status}"
                );
            }
            for (name, value) in fields {
                let status = client.get(target).header(name, value).send().await.status().as_u16();
                assert!(
                    [200, 206, 304, 400, 404, 406, 412, 417].contains(&status),
                    "{target} {name}: {value}: {status}"
                );
            }
        }
    }
}

#[tokio::test]
async fn strangers_are_told_statuses_alone() {
    let failing = || application().check("database", async || Err::<(), _>("the secret"));
    let proxied = [
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-for", "127.0.0.1, ::1"),
        ("x-forwarded-for", ""),
        ("x-real-ip", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1"),
        ("forwarded", "for=\"[::1]\""),
        ("via", "1.1 proxy"),
    ];
    // Behind a proxy on this host, every client is a stranger, unless the networks say otherwise.
    let behind = Client::new(failing());
    let strangers = Client::new(failing().trusted([]));
    for (name, value) in proxied {
        for client in [&behind, &strangers] {
            let is_behind = std::ptr::eq(client, &behind);
            // Whoever sends these two is not known to be a proxy.
            if is_behind && ["x-real-ip", "via"].contains(&name) {
                continue;
            }
            for target in ["", "/stats", "/metrics", "/stats.txt", "/stats/style.css"] {
                let target = format!("/_internal{target}");
                let response = client.get(&target).header(name, value).send().await;
                assert_eq!(response.status(), 404, "{target} {name}: {value}");
            }
            for target in ["/health", "/ready", "/health.json", "/health.xml", "/health.health"] {
                let target = format!("/_internal{target}");
                let response = client.get(&target).header(name, value).send().await;
                assert_eq!(response.status(), 503, "{target} {name}: {value}");
                let text = response.text();
                assert!(!text.contains("secret") && !text.contains("database"), "{text}");
            }
        }
    }
}

/// Each label takes memory in each thread, and makes a time series in Prometheus.
#[tokio::test]
async fn clients_cannot_make_the_statistics_grow() {
    let client = Client::new(application());
    for method in wsgiservice_grammar::method::REGISTERED.iter().chain(&["BREW", "STIR", "get"]) {
        for target in ["/things/1", "/things/2", "/_internal/stats", "/none", "/none/at/all"] {
            client.request(method, target).send().await;
        }
    }
    let statistics = statistics(&client).await;
    let methods = statistics["methods"].as_array().expect("methods");
    let of = |route: &str| -> Vec<_> {
        let methods = methods.iter().filter(|it| it["route"] == route);
        methods.map(|it| it["method"].as_str().expect("a method")).collect()
    };
    assert_eq!(of("/things/{id}"), ["GET", "HEAD", "OPTIONS", "PUT", "_OTHER"]);
    assert_eq!(of("/_internal/stats"), ["GET", "HEAD", "OPTIONS", "_OTHER"]);
    assert_eq!(of("unmatched").len(), wsgiservice_grammar::method::REGISTERED.len() + 1);
}

#[tokio::test(start_paused = true)]
async fn clients_that_go_away_do_not_run_the_checks_again() {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let client = Client::new(application().trusted([]).check("slow", move || {
        counted.fetch_add(1, Relaxed);
        tokio::time::sleep(Duration::from_millis(500))
    }));
    for _ in 0..50 {
        {
            let mut waiting = pin!(client.get("/_internal/health").send());
            let mut context = Context::from_waker(Waker::noop());
            assert!(waiting.as_mut().poll(&mut context).is_pending());
            tokio::task::yield_now().await;
            assert!(waiting.as_mut().poll(&mut context).is_pending());
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(client.get("/_internal/health").send().await.status(), 200);
    assert_eq!(runs.load(Relaxed), 1);
}

#[tokio::test]
async fn what_a_check_finds_is_short_and_plain() {
    let odd: String =
        ('\0'..='\u{a0}').chain(['\u{2028}', '\u{202e}', '\u{fffe}', '\u{ffff}', 'ä']).collect();
    let text = format!("{odd}]]><script>{}", "x".repeat(8 << 20));
    let name = odd.clone();
    let check = move || {
        let text = text.clone();
        async move { Health::Fail(text) }
    };
    let client = Client::new(application().check(name, check));
    for target in [
        "/stats",
        "/stats.xml",
        "/stats.txt",
        "/stats.html",
        "/health",
        "/health.json",
        "/health.xml",
        "/ready",
    ] {
        let response = client.get(&format!("/_internal{target}")).send().await;
        let content = response.text();
        assert!(content.len() < 64 << 10, "{target}: {}", content.len());
        let odd = content.chars().find(|it| {
            it.is_control() && *it != '\n'
                || matches!(it, '\u{2028}' | '\u{202e}' | '\u{fffe}' | '\u{ffff}')
        });
        assert_eq!(odd, None, "{target}");
        assert!(!content.contains("]]><script>") || !target.ends_with("ml"), "{target}");
        match target {
            "/stats.xml" | "/health.xml" => {
                roxmltree::Document::parse(content).expect(target);
            }
            "/stats.txt" | "/stats.html" => {}
            _ => drop(serde_json::from_str::<Value>(content).expect(target)),
        }
    }
}

#[tokio::test]
async fn counters_that_wrap_do_not_panic() {
    let counter = Counter::<()>::new("wraps", "Wraps.");
    let gauge = Gauge::<()>::new("odd", "Odd.");
    let histogram = Histogram::<()>::new("long_seconds", "Long.");
    for _ in 0..2 {
        // Each thread has a part of its own.
        let (counter, histogram) = (counter.clone(), histogram.clone());
        let other = thread::spawn(move || {
            counter.add((), u64::MAX);
            histogram.record((), Duration::MAX);
        });
        other.join().expect("no panic");
    }
    let client = Client::new(application().metric(&counter).metric(&gauge).metric(&histogram));
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, -0.0] {
        gauge.set((), value);
        for target in ["/stats", "/stats.xml", "/stats.txt", "/stats.html", "/metrics"] {
            assert_eq!(client.get(&format!("/_internal{target}")).send().await.status(), 200);
        }
        assert_promtool_accepts(&text(&client, "/_internal/metrics").await);
        assert_consistent(&text(&client, "/_internal/metrics").await);
        roxmltree::Document::parse(&text(&client, "/_internal/stats.xml").await).expect("XML");
    }
    assert_eq!(counter.get(()), u64::MAX - 1);
}

#[derive(Clone, Copy, Label)]
enum Outcome {
    Good,
    Bad,
}

/// A label whose names and values no derive would make.
macro_rules! odd_label {
    ($name:ident $label:literal $values:expr) => {
        #[derive(Clone, Copy)]
        struct $name;

        impl Label for $name {
            const NAME: &'static str = $label;
            const VALUES: &'static [&'static str] = &$values;

            fn position(self) -> usize {
                0
            }
        }
    };
}

odd_label! { Bound "le" ["1"] }
odd_label! { Empty "" ["1"] }
odd_label! { Reserved "__name__" ["1"] }
odd_label! { Quoted "a\"b" ["1"] }
odd_label! { Twice "twice" ["1", "1"] }
odd_label! { Hostile "hostile" ["a\"b\\c\nd} 1\n# EOF\n", "ü<&>'"] }

#[test]
fn metrics_that_no_scraper_would_accept_are_errors() {
    let application = application()
        .metric(&Counter::<(Outcome, Outcome)>::new("pairs", "Pairs."))
        .metric(&Histogram::<Bound>::new("bounded_seconds", "Bounded."))
        .metric(&Counter::<Empty>::new("empty", "Empty."))
        .metric(&Counter::<Reserved>::new("reserved", "Reserved."))
        .metric(&Counter::<Quoted>::new("quoted", "Quoted."))
        .metric(&Counter::<Twice>::new("doubled", "Doubled."))
        .metric(&Counter::<()>::new("orders", "Orders."))
        .metric(&Gauge::<()>::new("orders_total", "All orders."))
        .metric(&Histogram::<()>::new("print_seconds", "Printing."))
        .metric(&Gauge::<()>::new("print_seconds_count", "Prints."));
    let error = application.build().expect_err("errors").to_string();
    for expected in [
        "metric `pairs` has the label `outcome` twice",
        "metric `bounded_seconds` has the label `le`, which Prometheus reserves",
        "metric `empty` has the label ``: expected ASCII letters, digits and underscores, not beginning with a digit",
        "metric `reserved` has the label `__name__`, which Prometheus reserves",
        "metric `quoted` has the label `a\"b`: expected ASCII letters",
        "metric `doubled` has a combination of labels twice",
        "metric `orders_total`: `orders` has values of this name",
        "metric `print_seconds_count`: `print_seconds` has values of this name",
    ] {
        assert!(error.contains(expected), "{expected}\n{error}");
    }
}

#[tokio::test]
async fn odd_texts_are_escaped() {
    #[mount("/a&b'ü/{id}")]
    struct Odd;

    #[resource]
    impl Odd {
        fn get(&self, id: u32) -> u32 {
            id
        }
    }

    let hostile =
        Counter::<Hostile>::new("hostile", "Hostile \"quotes\",\nlines, \\ and \u{1b}[2J.");
    let outcomes = Counter::new("outcomes", "Outcomes.");
    outcomes.add(Outcome::Bad, 1);
    outcomes.add(Outcome::Good, 1);
    let client = Client::new(application().mount(Odd).metric(&hostile).metric(&outcomes));
    assert_eq!(client.get("/a&b'%C3%BC/1").send().await.status(), 200);
    let metrics = text(&client, "/_internal/metrics").await;
    assert_promtool_accepts(&metrics);
    assert!(metrics.contains(r#"hostile_total{hostile="a\"b\\c\nd} 1\n# EOF\n"} 0"#), "{metrics}");
    let open = text(&client, "/_internal/metrics.om").await;
    assert_eq!(open.matches("\n# EOF\n").count(), 1, "{open}");
    roxmltree::Document::parse(&text(&client, "/_internal/stats.xml").await).expect("XML");
    let page = text(&client, "/_internal/stats.html").await;
    assert!(!page.contains("a&b"), "{page}");
}

#[tokio::test]
async fn a_response_that_breaks_off_is_not_in_flight() {
    #[mount("/broken/{how}")]
    struct Broken;

    #[resource]
    impl Broken {
        fn get(&self, how: String) -> http::Response<Body> {
            let pieces = stream::iter(0..3).map(move |piece| match (piece, how.as_str()) {
                (2, "panics") => panic!("in the middle"),
                (2, "fails") => Err(std::io::Error::other("in the middle")),
                _ => Ok("12345"),
            });
            http::Response::new(Body::of_stream(pieces))
        }
    }

    let client = Client::new(application().mount(Broken));
    for how in ["panics", "fails", "ends"] {
        let client = client.clone();
        let sent = async move { drop(client.get(&format!("/broken/{how}")).send().await) };
        // The client of a test panics with what it cannot read.
        assert_eq!(tokio::spawn(sent).await.is_ok(), how == "ends", "{how}");
    }
    let statistics = statistics(&client).await;
    let found = found(&statistics, "/broken/{how}", "GET").expect("a method");
    assert_eq!(
        ["in_flight", "cut_off", "requests", "sent_bytes"].map(|it| found[it].as_u64()),
        [0, 2, 3, 35].map(Some)
    );
}

#[tokio::test]
async fn a_status_of_no_class_is_counted() {
    #[mount("/status/{status}")]
    struct Status;

    #[resource]
    impl Status {
        fn get(&self, status: u16) -> http::Response<Body> {
            let status = http::StatusCode::from_u16(status).expect("a status");
            http::Response::builder().status(status).body(Body::default()).expect("a response")
        }
    }

    let client = Client::new(application().mount(Status));
    for status in [226, 399, 499, 599, 600, 999] {
        client.get(&format!("/status/{status}")).send().await;
    }
    let expected = "226: 1, 399: 1, 499: 1, 599: 1, 600: 1, 999: 1";
    assert_eq!(statuses(&statistics(&client).await, "/status/{status}", "GET"), expected);
    for target in ["/stats.html", "/stats.txt", "/stats.xml", "/metrics"] {
        assert_eq!(client.get(&format!("/_internal{target}")).send().await.status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_read_under_load_is_consistent() {
    let client = Client::new(application());
    let is_over = Arc::new(AtomicBool::new(false));
    let mut load = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let (client, is_over) = (client.clone(), Arc::clone(&is_over));
        load.spawn(async move {
            let mut sent = 0;
            while !is_over.load(Relaxed) {
                client.put("/things/1").body("x").send().await;
                sent += 1;
            }
            sent
        });
    }
    let mut before = BTreeMap::new();
    for _ in 0..300 {
        let now = assert_consistent(&text(&client, "/_internal/metrics").await);
        for (name, value) in &before {
            assert!(now.get(name) >= Some(value), "{name}: {value} {:?}", now.get(name));
        }
        before = now;
    }
    is_over.store(true, Relaxed);
    let sent: u64 = load.join_all().await.into_iter().sum();
    let metrics = text(&client, "/_internal/metrics").await;
    for metric in
        ["request_duration_seconds", "request_body_size_bytes", "response_body_size_bytes"]
    {
        let line = format!(
            r#"http_server_{metric}_count{{http_route="/things/{{id}}",http_request_method="PUT",http_response_status_code="200"}} {sent}"#
        );
        assert!(metrics.lines().any(|it| it == line), "{line}\n{metrics}");
    }
}

/// Asserts that each histogram grows from bucket to bucket, up to its count; returns its buckets and counts.
fn assert_consistent(metrics: &str) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    let mut last = (String::new(), 0);
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').expect("a value");
        let Some((name, labels)) = series.split_once("_bucket{") else {
            if let Some((name, labels)) = series.split_once("_count") {
                let labels = labels.trim_matches(['{', '}']);
                assert_eq!(
                    last,
                    (format!("{name} {labels}"), value.parse().expect("a number")),
                    "{metrics}"
                );
            }
            continue;
        };
        let (labels, _) = labels.rsplit_once("le=").expect("a bound");
        let series_name = format!("{name} {}", labels.trim_end_matches(','));
        let value: u64 = value.parse().expect("a number");
        assert!(
            last.0 != series_name || last.1 <= value,
            "{series}: {} {value}\n{metrics}",
            last.1
        );
        last = (series_name, value);
        all.insert(series.to_owned(), value);
    }
    all
}
