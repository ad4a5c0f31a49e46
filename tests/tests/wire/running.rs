//! Execution of a method: disconnecting clients and panics.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use serde_json::Value;
use tokio::sync::Notify;
use tower_layer::layer_fn;
use tower_service::Service as _;
use tracing::Level;
use wsgiservice::{Application, Request, content::Body, mount, resource};

use super::{log::Log, strict};

#[derive(Clone, Default)]
struct Steps {
    begun: Arc<Notify>,
    may_end: Arc<Notify>,
    ended: Arc<Notify>,
    client_is_gone: Arc<AtomicBool>,
}

#[mount("/job")]
struct Job {
    steps: Steps,
}

impl Job {
    async fn work(&self, request: &Request) {
        let dropped = Dropped(Arc::clone(&self.steps.ended));
        assert!(!request.client_is_gone());
        self.steps.begun.notify_one();
        self.steps.may_end.notified().await;
        self.steps.client_is_gone.store(request.client_is_gone(), Relaxed);
        drop(dropped);
    }
}

/// Notifies when it is dropped, whether the work was finished or cancelled.
struct Dropped(Arc<Notify>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[resource]
impl Job {
    async fn get(&self, request: &Request) {
        self.work(request).await;
    }

    async fn post(&self, request: &Request) {
        self.work(request).await;
    }
}

#[mount("/panic")]
struct Panic;

#[resource]
impl Panic {
    fn get(&self) -> u32 {
        panic!("the secret is {}", 42)
    }
}

fn jobs(steps: &Steps) -> Application {
    Application::new("jobs").mount(Job { steps: steps.clone() })
}

/// Sends a request, and disconnects as soon as the method has started.
async fn go_away(application: Application, method: &str, steps: &Steps) {
    let mut service = application.build().expect("a service");
    let request = http::Request::builder().method(method).uri("/job").body(Body::empty());
    let response = service.call(request.expect("a request"));
    tokio::select! {
        _ = response => panic!("the method ended early"),
        () = steps.begun.notified() => {}
    }
}

#[tokio::test]
async fn an_unsafe_method_completes_even_if_the_client_disconnects() {
    for has_layer in [false, true] {
        let steps = Steps::default();
        let application = match has_layer {
            true => jobs(&steps).layer(layer_fn(|inner| inner)),
            false => jobs(&steps),
        };
        go_away(application, "POST", &steps).await;
        steps.may_end.notify_one();
        steps.ended.notified().await;
        assert!(steps.client_is_gone.load(Relaxed), "{has_layer}");
    }
}

#[tokio::test]
async fn a_get_is_cancelled_if_the_client_disconnects() {
    let steps = Steps::default();
    go_away(jobs(&steps), "GET", &steps).await;
    steps.ended.notified().await; // `may_end` was never notified
}

#[tokio::test]
async fn a_method_that_nobody_knows_is_not_an_error_in_the_log() {
    let (log, _guard) = Log::at(Level::WARN);
    let client = strict(Application::new("panic").mount(Panic));

    assert_eq!(client.request("BREW", "/panic").send().await.status(), 501);
    assert_eq!(log.text(), "");
}

#[tokio::test]
async fn a_panic_is_a_500_for_one_request_and_is_logged_with_message_and_location() {
    let (log, _guard) = Log::at(Level::WARN);
    let client = strict(Application::new("panic").mount(Panic));

    let response = client.get("/panic").send().await;
    assert_eq!(response.status(), 500);
    assert!(!response.text().contains("secret"));
    assert_eq!(client.get("/panic").send().await.status(), 500);

    let logged = log.text();
    assert!(logged.contains("the secret is 42"), "{logged}");
    assert!(logged.contains("running.rs:"), "{logged}");
    let document = response.json::<Value>();
    let id =
        document["instance"].as_str().and_then(|urn| urn.strip_prefix("urn:uuid:")).expect("an ID");
    assert!(logged.contains(id), "{logged}");
}
