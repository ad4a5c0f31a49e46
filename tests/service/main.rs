//! A service for the tests that need a socket and a runtime.

mod attacked;

use std::{future::poll_fn, io::Write, net::TcpStream, sync::Arc, task::Poll};

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http::HeaderValue;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    signal::unix::{SignalKind, signal},
    sync::Barrier,
};
use tower_layer::layer_fn;
use tower_service::Service as _;
use wsgiservice::{
    Application, Created, Request, answer::Binary, client::OnBehalfOf, content::Body, mount,
    resource,
};
use wsgiservice_client::{ClosestCluster, RestClient, Topology, path};

/// Accepts at most 64 KiB.
#[mount("/file")]
struct File;

#[resource]
impl File {
    #[limit(content = 1 << 16)]
    fn put(&self, content: Bytes) -> usize {
        content.len()
    }
}

/// Endless text.
#[mount("/stream")]
struct Stream;

#[resource]
impl Stream {
    fn get(&self) -> Binary {
        let text = stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 1 << 10]));
        Binary::stream(Body::of_stream(text), HeaderValue::from_static("text/plain"))
    }
}

/// A word, repeated.
#[mount("/word/{word}/{times}")]
struct Word;

#[resource]
impl Word {
    fn get(&self, word: String, times: usize) -> String {
        word.repeat(times)
    }
}

/// Two requests that wait for each other.
#[mount("/both/{word}", etag = auto)]
struct Both {
    barrier: Arc<Barrier>,
}

#[resource]
impl Both {
    async fn get(&self, word: String) -> String {
        self.barrier.wait().await;
        word
    }
}

/// Content in one large chunk.
#[mount("/large")]
struct Large;

#[resource]
impl Large {
    fn get(&self) -> http::Response<Body> {
        let letters: Vec<u8> = (b'a'..=b'z').cycle().take(1 << 20).collect();
        http::Response::new(Body::of_stream(stream::iter([Ok::<_, std::io::Error>(letters)])))
    }

    fn post(&self) -> Created<u8> {
        Created::at("1", 7)
    }
}

/// Content that panics while it is sent.
#[mount("/broken")]
struct Broken;

#[resource]
impl Broken {
    fn get(&self) -> Binary {
        let text = stream::poll_fn(|_| panic!("in the content"));
        let text = text.map(|piece: Vec<u8>| Ok::<_, std::io::Error>(piece));
        Binary::stream(Body::of_stream(text), HeaderValue::from_static("text/plain"))
    }
}

/// Content that ends when the process receives `SIGTERM`.
#[mount("/farewell")]
struct Farewell;

#[resource]
impl Farewell {
    fn get(&self) -> Binary {
        let mut told = signal(SignalKind::terminate()).expect("signals");
        let begun = stream::once(async { Ok::<_, std::io::Error>("begun") });
        let ended = stream::once(async move {
            told.recv().await;
            Ok("ended")
        });
        let text = Body::of_stream(begun.chain(ended));
        Binary::stream(text, HeaderValue::from_static("text/plain"))
    }
}

/// Spawns a task that wakes itself forever.
#[mount("/restless")]
struct Restless;

#[resource]
impl Restless {
    fn post(&self) {
        tokio::spawn(poll_fn(|context| {
            context.waker().wake_by_ref();
            Poll::<()>::Pending
        }));
    }
}

/// Work that connects to this port when it begins.
#[mount("/work/{kind}/{port}")]
struct Work;

impl Work {
    async fn work(kind: &str, port: u16, request: &Request) {
        let begun = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
        match kind {
            "thread" => park(),
            "blocking" => tokio::task::spawn_blocking(park).await.expect("no end"),
            // It repeats what it is told, up to an exclamation mark.
            "told" => {
                begun.set_nonblocking(true).expect("non-blocking");
                let mut begun = tokio::net::TcpStream::from_std(begun).expect("a socket");
                let mut told = 0;
                while told != b'!' {
                    told = begun.read_u8().await.expect("a byte");
                    begun.write_u8(told).await.expect("the client");
                }
            }
            // It ends when its client is gone.
            "abandoned" => {
                let say = |word: &[u8]| (&begun).write_all(word).expect("the test");
                say(if request.client_is_gone() { b"gone" } else { b"here" });
                while !request.client_is_gone() {
                    tokio::task::yield_now().await;
                }
                say(b"gone");
            }
            _ => std::future::pending().await,
        }
    }
}

fn park() {
    loop {
        std::thread::park();
    }
}

#[resource]
impl Work {
    async fn get(&self, kind: String, port: u16, request: &Request) {
        Self::work(&kind, port, request).await;
    }

    async fn put(&self, kind: String, port: u16, request: &Request) {
        Self::work(&kind, port, request).await;
    }
}

/// Logs a word, and what it gets from a task of its own.
#[mount("/logged/{word}")]
struct Logged;

#[resource]
impl Logged {
    async fn get(&self, word: String) {
        tracing::warn!(word, "within the method");
        tokio::task::yield_now().await;
        tracing::warn!(word, "later in the method");
    }
}

/// Logs a word in all ways.
#[mount("/hostile/{word}")]
struct Hostile;

#[resource]
impl Hostile {
    fn get(&self, word: String) {
        let error = std::io::Error::other(word.clone());
        tracing::warn!(level = "high", timestamp = 7, target = 1, request_id = "its own", "{word}");
        tracing::warn!(%word, message = word, error = &error as &dyn std::error::Error);
        tracing::warn!(?word, r#type = %word, "{}", word);
    }
}

/// Calls another application in this process.
#[mount("/nested/{word}")]
struct Nested;

#[resource]
impl Nested {
    async fn get(&self, word: String) -> u16 {
        tracing::info!("before the call");
        let mut inner = Application::new("inner").mount(Hidden).build().expect("an application");
        let request = http::Request::get(format!("/hidden/{word}")).body(String::new());
        let called = inner.call(request.expect("a request")).await;
        tracing::info!("after the call");
        called.map_or(0, |response| response.status().as_u16())
    }
}

/// Logs something.
#[mount("/hidden/{word}")]
struct Hidden;

#[resource]
impl Hidden {
    async fn get(&self, word: String) {
        tokio::task::yield_now().await;
        tracing::info!(word, "within the other application");
    }
}

/// Calls the service that listens on this port.
#[mount("/call/{port}/{word}")]
struct Call;

#[resource]
impl Call {
    async fn get(&self, request: &Request, port: u16, word: String) -> String {
        self.post(request, port, word).await
    }

    async fn post(&self, request: &Request, port: u16, word: String) -> String {
        let topology = format!(
            "version = 1\nlocal_cluster = 'here'\n[clusters.here]\n[services.other]\nglobal = ['http://127.0.0.1:{port}']\n"
        );
        let topology = Topology::parse("here", &topology).expect("a topology");
        let client = RestClient::builder().topology(topology).build().expect("a client");
        let client = client.on_behalf_of(request);
        let called = client.get("other", ClosestCluster, path!("/logged/{word}")).await;
        called.expect("a response").status().to_string()
    }
}

fn main() -> wsgiservice::Result<()> {
    let both = Both { barrier: Arc::new(Barrier::new(2)) };
    let application =
        Application::new("wire-service").hosts(["a"]).mount(File).mount(Stream).mount(Word);
    let application = application
        .mount(Large)
        .mount(both)
        .mount(Broken)
        .mount(Farewell)
        .mount(Restless)
        .mount(Logged)
        .mount(Hostile)
        .mount(Nested)
        .nest("/layered", Application::new("layered").layer(layer_fn(|inner| inner)).mount(Call))
        .mount(Call);
    attacked::mount_all(application.mount(Work)).run()
}
