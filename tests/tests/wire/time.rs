//! The time that content and methods may take. The clock is paused, and advances when all wait.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::sync::Semaphore;
use tracing::Level;
use wsgiservice::{
    Application, Content, Problem,
    content::{Body, ContentStream, FormStream},
    mount, resource,
    server::Limits,
    testing::TestResponse,
};

use super::{log::Log, strict};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const PARTS: &str = "multipart/form-data; boundary=x";

#[mount("/value")]
struct Value;

#[resource]
impl Value {
    fn post(&self, content: Content<String>) -> usize {
        content.into_inner().len()
    }

    fn put(&self, name: String) -> usize {
        name.len()
    }
}

#[mount("/bytes")]
struct Raw;

#[resource]
impl Raw {
    fn post(&self, content: Bytes) -> usize {
        content.len()
    }

    async fn put(&self, content: ContentStream) -> Result<usize, Problem> {
        read(content).await
    }

    #[limit(time = 600)]
    async fn patch(&self, content: ContentStream) -> Result<usize, Problem> {
        read(content).await
    }
}

async fn read(mut content: ContentStream) -> Result<usize, Problem> {
    let mut length = 0;
    while let Some(piece) = content.next().await? {
        length += piece.len();
        // A method that takes its time is not the client's fault.
        tokio::time::sleep(Duration::from_secs(15)).await;
    }
    Ok(length)
}

#[mount("/form")]
struct Form;

#[resource]
impl Form {
    async fn post(&self, mut form: FormStream) -> Result<usize, Problem> {
        let mut count = 0;
        while form.next().await?.is_some() {
            count += 1;
        }
        Ok(count)
    }
}

/// Pieces of content, with this many seconds before each, and before the end.
fn content(pieces: usize, piece: &'static [u8], seconds: u64) -> Body {
    let pause = move || tokio::time::sleep(Duration::from_secs(seconds));
    let pieces = stream::iter(0..pieces).then(move |_| async move {
        pause().await;
        Ok::<_, std::io::Error>(piece)
    });
    let end = stream::once(pause()).filter_map(async |()| None);
    Body::of_stream(pieces.chain(end))
}

/// Content that begins with this and never ends.
fn stalled(start: &'static [u8]) -> Body {
    let start = stream::once(async move { Ok::<_, std::io::Error>(start) });
    Body::of_stream(start.chain(stream::pending()))
}

async fn send(method: &str, target: &str, fields: &[(&str, &str)], body: Body) -> TestResponse {
    let application = Application::new("content").mount(Value).mount(Raw).mount(Form);
    let client = strict(application);
    let mut request = client.request(method, target);
    for (name, value) in fields {
        request = request.header(name, value);
    }
    request.body(body).send().await
}

/// The ways of reading content: the request, and how its content begins.
const WAYS: [(&str, &str, &str, &[u8]); 7] = [
    ("POST", "/value", JSON, b"\"a"),
    ("PUT", "/value", JSON, b"{\"name\": \"a"),
    ("PUT", "/value", FORM, b"name=a"),
    ("PUT", "/value", PARTS, b"--x\r\ncontent-disposition: form-data; name=name\r\n\r\na"),
    ("POST", "/bytes", JSON, b"a"),
    ("PUT", "/bytes", JSON, b"a"),
    ("POST", "/form", PARTS, b"--x\r\ncontent-disposition: form-data; name=name\r\n\r\na"),
];

#[tokio::test(start_paused = true)]
async fn content_that_stalls_gets_a_408() {
    for (method, target, media_type, start) in WAYS {
        for fields in [&[][..], &[("expect", "100-continue")]] {
            let fields = [&[("content-type", media_type)], fields].concat();
            for start in [start, b""] {
                let response = send(method, target, &fields, stalled(start)).await;
                assert_eq!(response.status(), 408, "{method} {target} {media_type}");
                assert_eq!(
                    response.json::<serde_json::Value>()["detail"],
                    "The content did not arrive in time."
                );
            }
        }
        let fields = [("content-type", media_type), ("content-encoding", "gzip")];
        let response = send(method, target, &fields, stalled(&[0x1f, 0x8b, 8, 0])).await;
        assert_eq!(response.status(), 408, "{method} {target} {media_type}");
    }
}

#[tokio::test(start_paused = true)]
async fn content_that_trickles_gets_a_408() {
    let fields = [("content-type", JSON)];
    assert_eq!(send("POST", "/bytes", &fields, content(4, b"a", 9)).await.text(), "4");
    assert_eq!(send("POST", "/bytes", &fields, content(2, b"a", 11)).await.status(), 408);
    assert_eq!(send("POST", "/bytes", &fields, content(10, b"a", 9)).await.status(), 408);
}

#[tokio::test(start_paused = true)]
async fn only_the_time_that_the_server_waits_counts() {
    assert_eq!(send("PUT", "/bytes", &[], content(10, b"a", 1)).await.text(), "10");
}

#[tokio::test(start_paused = true)]
async fn a_method_with_more_time_waits_for_longer() {
    assert_eq!(send("PUT", "/bytes", &[], content(10, b"a", 9)).await.status(), 408);
    assert_eq!(send("PATCH", "/bytes", &[], content(10, b"a", 9)).await.text(), "10");
    assert_eq!(send("PATCH", "/bytes", &[], content(10, b"a", 11)).await.status(), 408);
}

/// Work that takes this many seconds, and records whether it was dropped before.
#[mount("/work/{seconds}")]
struct Work {
    was_dropped: Arc<AtomicBool>,
}

struct Recorded(Arc<AtomicBool>);

impl Drop for Recorded {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Work {
    async fn work(&self, seconds: u64) -> u64 {
        let recorded = Recorded(Arc::clone(&self.was_dropped));
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        std::mem::forget(recorded);
        seconds
    }
}

#[resource]
impl Work {
    async fn get(&self, seconds: u64) -> u64 {
        self.work(seconds).await
    }

    async fn put(&self, seconds: u64) -> u64 {
        self.work(seconds).await
    }
}

/// Work with limits of its own.
#[mount("/own/{seconds}")]
#[limit(time = 2)]
struct Own;

#[resource]
impl Own {
    async fn get(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    #[limit(time = 60 * 60, content = 10)]
    async fn query(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
}

/// A hook that takes its time.
#[mount("/hook/{seconds}")]
struct Hook;

#[resource]
impl Hook {
    async fn authorize(&self, seconds: u64) -> Result<(), Problem> {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        Ok(())
    }

    fn get(&self) -> u8 {
        1
    }
}

fn work() -> (Application, Arc<AtomicBool>) {
    let was_dropped = Arc::default();
    let work = Work { was_dropped: Arc::clone(&was_dropped) };
    (Application::new("work").mount(work).mount(Own).mount(Hook), was_dropped)
}

#[tokio::test(start_paused = true)]
async fn a_get_that_takes_too_long_is_dropped_and_gets_a_504() {
    for method in ["GET", "HEAD"] {
        let (application, was_dropped) = work();
        let client = strict(application);
        assert_eq!(client.request(method, "/work/29").send().await.status(), 200);
        assert!(!was_dropped.load(Ordering::Relaxed));
        assert_eq!(client.request(method, "/work/31").send().await.status(), 504);
        assert!(was_dropped.load(Ordering::Relaxed));
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_takes_too_long_ends_and_is_logged_once() {
    let (log, _guard) = Log::at(Level::WARN);
    let client = strict(work().0);
    assert_eq!(client.put("/work/29").send().await.text(), "29");
    assert_eq!(log.text(), "");
    assert_eq!(client.put("/work/100").send().await.text(), "100");
    assert_eq!(log.text().lines().count(), 1, "{}", log.text());
    assert!(log.text().contains("takes longer than its limit"), "{}", log.text());
}

#[tokio::test(start_paused = true)]
async fn the_nearest_time_applies() {
    let client = strict(work().0);
    assert_eq!(client.get("/own/1").send().await.status(), 204);
    assert_eq!(client.get("/own/3").send().await.status(), 504);
    assert_eq!(client.request("QUERY", "/own/3000").send().await.status(), 204);
    let mut limits = Limits::default();
    limits.time = Duration::from_secs(5);
    let client = strict(work().0.limits(limits));
    assert_eq!(client.get("/work/4").send().await.status(), 200);
    assert_eq!(client.get("/work/6").send().await.status(), 504);
}

#[tokio::test(start_paused = true)]
async fn a_hook_has_the_time_of_the_method() {
    let client = strict(work().0);
    assert_eq!(client.get("/hook/1").send().await.status(), 200);
    assert_eq!(client.get("/hook/31").send().await.status(), 504);
}

/// At most one `GET`, and at most two other requests together.
#[mount("/few")]
#[limit(concurrency = 2)]
struct Few {
    begun: Arc<Semaphore>,
    may_end: Arc<Semaphore>,
}

impl Few {
    async fn work(&self) {
        self.begun.add_permits(1);
        self.may_end.acquire().await.expect("open").forget();
    }
}

#[resource]
impl Few {
    #[limit(concurrency = 1)]
    async fn get(&self) {
        self.work().await;
    }

    async fn put(&self) {
        self.work().await;
    }

    async fn post(&self) {
        self.work().await;
    }
}

#[tokio::test]
async fn a_resource_can_limit_its_requests() {
    let [begun, may_end] = [(); 2].map(|()| Arc::new(Semaphore::new(0)));
    let few = Few { begun: Arc::clone(&begun), may_end: Arc::clone(&may_end) };
    let client = Arc::new(strict(Application::new("few").mount(few)));
    for methods in [&["GET"][..], &["PUT", "POST"], &["PUT", "PUT"]] {
        let count = u32::try_from(methods.len()).expect("few");
        let send = |method: &'static str| {
            let client = Arc::clone(&client);
            tokio::spawn(async move { client.request(method, "/few").send().await })
        };
        let running: Vec<_> = methods.iter().map(|method| send(method)).collect();
        begun.acquire_many(count).await.expect("open").forget();
        let refused = client.request(methods[0], "/few").send().await;
        assert_eq!((refused.status().as_u16(), refused.field("retry-after")), (503, Some("1")));
        may_end.add_permits(methods.len());
        for ended in running {
            assert_eq!(ended.await.expect("no panic").status(), 204);
        }
    }
}
