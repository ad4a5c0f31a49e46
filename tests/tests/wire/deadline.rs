//! What a client that no longer waits is told (`X-Request-Timeout-Ms`), and which cluster a response is from.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt, stream};
use tokio::time::{Instant, sleep};
use wsgiservice::{
    Application, Problem, Request,
    answer::WithFields,
    content::Body,
    mount, resource,
    testing::{Client, TestResponse},
};

/// Counts what begins and what ends.
#[derive(Clone, Default)]
struct Work {
    begun: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
}

impl Work {
    async fn run(&self, seconds: u64) -> u64 {
        self.begun.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_secs(seconds)).await;
        self.ended.fetch_add(1, Ordering::Relaxed);
        seconds
    }

    fn counts(&self) -> (usize, usize) {
        (self.begun.load(Ordering::Relaxed), self.ended.load(Ordering::Relaxed))
    }
}

#[mount("/work/{seconds}")]
struct Slow {
    work: Work,
}

#[resource]
impl Slow {
    async fn get(&self, seconds: u64) -> u64 {
        self.work.run(seconds).await
    }

    async fn put(&self, seconds: u64) -> u64 {
        self.work.run(seconds).await
    }

    async fn post(&self, seconds: u64, content: bytes::Bytes) -> u64 {
        self.work.run(seconds).await + content.len() as u64
    }
}

/// A hook that takes its time before each method.
#[mount("/guarded/{seconds}")]
struct Guarded {
    work: Work,
}

#[resource]
impl Guarded {
    async fn authorize(&self, seconds: u64) -> Result<(), Problem> {
        sleep(Duration::from_secs(seconds)).await;
        Ok(())
    }

    async fn delete(&self) -> u64 {
        self.work.run(0).await
    }
}

#[mount("/left")]
struct Left;

#[resource]
impl Left {
    fn get(&self, request: &Request) -> Option<u128> {
        Some(request.time_left()?.as_millis())
    }
}

fn client(work: &Work) -> Client {
    let (slow, guarded) = (Slow { work: work.clone() }, Guarded { work: work.clone() });
    // That a client no longer waits is documented for no method, as it is not the method that decides.
    Client::new(Application::new("work").mount(slow).mount(guarded).mount(Left))
}

async fn send(work: &Work, method: &str, target: &str, timeout: &str) -> TestResponse {
    let request = client(work).request(method, target);
    request.header("x-request-timeout-ms", timeout).send().await
}

#[tokio::test(start_paused = true)]
async fn nothing_begins_for_a_client_that_does_not_wait() {
    let work = Work::default();
    for method in ["GET", "HEAD", "PUT", "POST"] {
        let response = send(&work, method, "/work/1", "0").await;
        assert_eq!(response.status(), 504, "{method}");
    }
    assert_eq!(work.counts(), (0, 0));
    let problem: serde_json::Value = send(&work, "GET", "/work/1", "0").await.json();
    assert_eq!(problem["instance"], "/work/1", "it is not logged as a fault of the service");
}

#[tokio::test(start_paused = true)]
async fn what_only_retrieves_ends_when_nobody_waits_any_more() {
    let work = Work::default();
    let started = Instant::now();
    assert_eq!(send(&work, "GET", "/work/60", "1500").await.status(), 504);
    assert_eq!(started.elapsed(), Duration::from_millis(1500));
    assert_eq!(work.counts(), (1, 0));
    assert_eq!(send(&work, "GET", "/work/1", "1500").await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_has_begun_ends() {
    let work = Work::default();
    assert_eq!(send(&work, "PUT", "/work/5", "1500").await.status(), 200);
    assert_eq!(work.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_change_does_not_begin_when_its_content_has_come_too_late() {
    let work = Work::default();
    for (timeout, status) in [("1500", 504), ("2500", 200)] {
        let pieces = stream::iter(0..2).then(|_| async {
            sleep(Duration::from_secs(1)).await;
            Ok::<_, std::io::Error>("x")
        });
        let request = client(&work).post("/work/0").body(Body::of_stream(pieces));
        let response = request.header("x-request-timeout-ms", timeout).send().await;
        assert_eq!(response.status(), status, "{timeout}");
    }
    assert_eq!(work.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_change_does_not_begin_after_a_hook_that_took_too_long() {
    let work = Work::default();
    assert_eq!(send(&work, "DELETE", "/guarded/2", "1500").await.status(), 504);
    assert_eq!(send(&work, "DELETE", "/guarded/1", "1500").await.status(), 200);
    assert_eq!(work.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_number_says_nothing() {
    for timeout in ["", "-1", "soon", "1.5"] {
        assert_eq!(
            send(&Work::default(), "GET", "/work/1", timeout).await.status(),
            200,
            "{timeout}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_method_can_ask_how_long_its_client_waits() {
    assert_eq!(send(&Work::default(), "GET", "/left", "1500").await.text(), "1500");
    assert_eq!(client(&Work::default()).get("/left").send().await.status(), 404);
}

#[mount("/user")]
struct Misdirected;

#[resource]
impl Misdirected {
    fn get(&self) -> Result<(), Problem> {
        let problem = Problem::new(wsgiservice::http::StatusCode::MISDIRECTED_REQUEST);
        Err(problem.field(CLUSTER, wsgiservice::http::HeaderValue::from_static("c2")))
    }

    fn post(&self) -> WithFields<u32> {
        WithFields::new(1).field(CLUSTER, wsgiservice::http::HeaderValue::from_static("c3"))
    }
}

const CLUSTER: wsgiservice::http::HeaderName =
    wsgiservice::http::HeaderName::from_static("x-cluster");

#[tokio::test]
async fn each_response_names_the_cluster_unless_a_method_names_another() {
    let application = Application::new("user").mount(Misdirected).mount(Left).cluster("c1");
    let client = Client::new(application);
    for (method, target, status, cluster) in [
        ("GET", "/left", 404, "c1"),
        ("OPTIONS", "/left", 204, "c1"),
        ("PUT", "/left", 405, "c1"),
        ("GET", "/nowhere", 404, "c1"),
        ("GET", "/user", 421, "c2"),
        ("POST", "/user", 200, "c3"),
    ] {
        let response = client.request(method, target).send().await;
        assert_eq!(response.status(), status, "{method} {target}");
        assert_eq!(response.field("x-cluster"), Some(cluster), "{method} {target}");
    }
}

#[test]
fn a_cluster_is_a_name_that_a_field_can_have() {
    for name in ["", "a\nb"] {
        let error = Application::new("user").cluster(name).build().expect_err("no name");
        let expected = format!("cluster {name:?}: expected a name that a header field can have");
        assert!(error.to_string().contains(&expected), "{error}");
    }
}
