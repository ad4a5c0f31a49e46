//! The calls of `RestClient`s, which an application tells with its own statistics.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use http::{Request, Response};
use wsgiservice::{Application, mount, resource, testing::Client};
use wsgiservice_client::{Body, ClosestCluster, RestClient, service_fn};

#[mount("/ping")]
struct Ping;

#[resource]
impl Ping {
    fn get(&self) -> &'static str {
        "pong"
    }
}

/// A client of the service `things`, which responds with these statuses, then always with the last one; a 200 can be stored.
fn client(statuses: &[u16]) -> RestClient {
    let statuses = Arc::new(Mutex::new(statuses.to_vec()));
    let things = service_fn(move |_: Request<Body>| {
        let mut statuses = statuses.lock().expect("statuses");
        let status = if statuses.len() > 1 { statuses.remove(0) } else { statuses[0] };
        let response = Response::builder().status(status).header("cache-control", "max-age=60");
        let response = response.body(Body::from("thing")).expect("a response");
        std::future::ready(Ok::<_, Infallible>(response))
    });
    RestClient::builder().service("things", things).cache(1 << 20).build().expect("a client")
}

async fn get(client: &RestClient, target: &'static str) {
    let response = client.get("things", ClosestCluster, target).await.expect("a response");
    response.text().await.expect("content");
}

/// The metrics of these clients, without what their names and labels begin with.
async fn told(clients: &[&RestClient]) -> Vec<String> {
    let application = Application::new("caller").mount(Ping);
    let application = clients.iter().fold(application, |it, client| it.calls_of(client));
    let text = Client::new(application).get("/_internal/metrics").send().await.text().to_owned();
    let lines = text.lines().filter_map(|line| line.strip_prefix("rest_client_"));
    let lines = lines.map(|line| line.replace(r#"service="things","#, ""));
    lines.map(|line| line.replace(r#"cluster="global","#, "")).collect()
}

#[tokio::test]
async fn a_retry_an_ejection_and_a_cache_hit_are_counted() {
    let client = client(&[503, 200, 404, 503, 503, 503, 503, 503]);
    get(&client, "/1").await;
    for _ in 0..3 {
        get(&client, "/1").await;
    }
    get(&client, "/2").await;
    for _ in 0..5 {
        // It is not sent again, since it may have been executed.
        client.post("things", ClosestCluster, "/3").await.expect("a response");
    }
    assert_eq!(
        told(&[&client]).await,
        [
            r#"calls_total{outcome="success"} 1"#,
            r#"calls_total{outcome="client_error"} 1"#,
            r#"calls_total{outcome="server_error"} 5"#,
            r#"attempts_total{outcome="success"} 1"#,
            r#"attempts_total{outcome="client_error"} 1"#,
            r#"attempts_total{outcome="server_error"} 6"#,
            r#"ejections_total{reason="failing"} 1"#,
            r#"ejected_endpoints{reason="failing"} 1"#,
            r#"cache_lookups_total{outcome="hit"} 3"#,
            r#"cache_lookups_total{outcome="miss"} 2"#,
        ]
    );
}

#[tokio::test]
async fn an_endpoint_that_is_ejected_now_is_shown_on_the_page_and_in_the_text() {
    let called = client(&[503; 5]);
    let caller = || Client::new(Application::new("caller").mount(Ping).calls_of(&called));
    for number in 0..5 {
        let (page, text) = shown(&caller()).await;
        assert!(!page.contains("out of service") && !text.contains("out of service"), "{number}");
        called.post("things", ClosestCluster, "/1").await.expect("a response");
    }
    let (page, text) = shown(&caller()).await;
    assert!(page.contains("failing: 1; out of service now: failing: 1"), "{page}");
    let line = text.lines().find(|line| line.contains("out of service"));
    assert!(line.is_some_and(|line| line.ends_with("  failing: 1")), "{text}");
}

/// The statistics as a page and as text.
async fn shown(client: &Client) -> (String, String) {
    let get = |media_type| client.get("/_internal/stats").header("accept", media_type).send();
    (get("text/html").await.text().to_owned(), get("text/plain").await.text().to_owned())
}

#[tokio::test]
async fn the_calls_of_all_clients_are_told_together() {
    let [first, second] = [client(&[200]), client(&[200, 404])];
    get(&first, "/1").await;
    get(&second, "/1").await;
    get(&second, "/2").await;
    let told = told(&[&first, &second]).await;
    assert_eq!(
        told[..2],
        [r#"calls_total{outcome="success"} 2"#, r#"calls_total{outcome="client_error"} 1"#]
    );
}

#[tokio::test]
async fn the_other_representations_have_the_same_numbers() {
    let called = client(&[503, 200]);
    get(&called, "/1").await;
    get(&called, "/1").await;
    let client = Client::new(Application::new("caller").mount(Ping).calls_of(&called));
    let json = client.get("/_internal/stats.json").send().await.json::<serde_json::Value>();
    let metrics = json["metrics"].as_array().expect("metrics");
    let numbers: Vec<_> = metrics
        .iter()
        .map(|it| (it["name"].as_str().expect("a name"), it["value"].as_f64().expect("a value")))
        .collect();
    assert_eq!(
        numbers,
        [
            ("rest_client_calls", 1.0),
            ("rest_client_attempts", 1.0),
            ("rest_client_attempts", 1.0),
            ("rest_client_cache_lookups", 1.0),
            ("rest_client_cache_lookups", 1.0),
        ]
    );
}

#[tokio::test]
async fn people_are_told_the_calls_by_service() {
    let called = client(&[503, 200]);
    get(&called, "/1").await;
    get(&called, "/1").await;
    let client = Client::new(Application::new("caller").mount(Ping).calls_of(&called));
    let text = client.get("/_internal/stats.txt").send().await.text().to_owned();
    let expected = "CALLS TO OTHER SERVICES
things  calls     success: 1
        attempts  success: 1, server error: 1
        cache     hit: 1, miss: 1
";
    assert!(text.contains(expected), "{text}");
    let page = client.get("/_internal/stats.html").send().await.text().to_owned();
    for expected in ["2 (success: 1, server error: 1)", "50 % (hit: 1, miss: 1)"] {
        assert!(page.contains(expected), "{expected}\n{page}");
    }
    // They are not among the metrics of the service, of which there are none.
    assert!(!page.contains("Metrics of the service") && !text.contains("METRICS"), "{page}");
}
