//! Limits of connections and of the server, over a socket, with short times.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use futures_util::{StreamExt, stream};
use http::HeaderValue;
use tokio::sync::{Notify, oneshot};
use wsgiservice::{
    Application, answer::Binary, bytes::Bytes, content::Body, mount, resource, server::Limits,
};

use super::log::Log;

/// Responds at once, or when it is told to, and tells when it begins and when it is dropped.
#[mount("/{kind}")]
struct Thing {
    events: mpsc::SyncSender<&'static str>,
    may_end: Arc<Notify>,
}

struct Dropped(mpsc::SyncSender<&'static str>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.try_send("dropped");
    }
}

impl Thing {
    async fn wait(&self) {
        let _dropped = Dropped(self.events.clone());
        let _ = self.events.try_send("begun");
        self.may_end.notified().await;
    }
}

#[resource]
impl Thing {
    async fn get(&self, kind: String) -> Binary {
        let dropped = Dropped(self.events.clone());
        let text = HeaderValue::from_static("text/plain");
        match kind.as_str() {
            "wait" => self.wait().await,
            // Without end; it holds something.
            "stream" => {
                let pieces = stream::repeat(Bytes::from_static(&[b'x'; 1 << 10]));
                let pieces = pieces.map(move |piece| {
                    let _ = &dropped;
                    Ok::<_, std::io::Error>(piece)
                });
                return Binary::stream(Body::of_stream(pieces), text);
            }
            "large" => return Binary::new(vec![b'x'; 16 << 20], text),
            _ => {}
        }
        Binary::new("ok", text)
    }

    async fn put(&self, kind: String, content: Bytes) -> usize {
        if kind == "wait" {
            self.wait().await;
        }
        content.len()
    }
}

/// A server on a thread of its own, and what it logs.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    events: mpsc::Receiver<&'static str>,
    pub(super) may_end: Arc<Notify>,
    pub(super) log: Log,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<wsgiservice::Result<()>>>,
}

impl Server {
    /// A server with these limits.
    pub(super) fn start(set: impl FnOnce(&mut Limits)) -> Self {
        Self::start_with(set, |application| application)
    }

    /// What it logs beside the line for each request.
    pub(super) fn warnings(&self) -> Vec<String> {
        let log = self.log.text();
        let warnings = log.lines().filter(|line| !line.contains("INFO wsgiservice::access"));
        warnings.map(str::to_owned).collect()
    }

    /// A server with these limits, and with other resources, too.
    pub(super) fn start_with(
        set: impl FnOnce(&mut Limits),
        mount: impl FnOnce(Application) -> Application,
    ) -> Self {
        let mut limits = Limits::default();
        set(&mut limits);
        let (sender, events) = mpsc::sync_channel(100);
        let may_end = Arc::new(Notify::new());
        let thing = Thing { events: sender, may_end: Arc::clone(&may_end) };
        let application = mount(Application::new("limits").mount(thing)).limits(limits);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        listener.set_nonblocking(true).expect("non-blocking");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let serve = async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            application.serve_until(listener, async { drop(stopped.await) }).await
        };
        let runtime = runtime.expect("a runtime");
        let log = Log::default();
        let subscriber =
            tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
        let thread = Some(thread::spawn(move || {
            let _guard = tracing::subscriber::set_default(subscriber);
            runtime.block_on(serve)
        }));
        Self { address, events, may_end, log, stop: Some(stop), thread }
    }

    pub(super) fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        Connection(stream)
    }

    fn stop(mut self) -> wsgiservice::Result<()> {
        drop(self.stop.take());
        self.thread.take().expect("a thread").join().expect("no panic")
    }

    pub(super) fn expect(&self, event: &str) {
        assert_eq!(self.events.recv_timeout(Duration::from_secs(20)), Ok(event));
    }
}

pub(super) struct Connection(pub(super) TcpStream);

impl Connection {
    pub(super) fn send(&mut self, text: &str) -> &mut Self {
        self.0.write_all(text.as_bytes()).expect("sent");
        self
    }

    pub(super) fn get(&mut self, target: &str) -> &mut Self {
        self.send(&format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n\r\n"))
    }

    /// Reads a response with a length; returns its head.
    pub(super) fn response(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte).expect("a head");
            head.extend(byte);
        }
        let head = String::from_utf8(head).expect("text");
        let length = head.split("content-length: ").nth(1).and_then(|it| it.lines().next());
        let length = length.map_or(0, |length| length.parse().expect("a length"));
        self.0.read_exact(&mut vec![0; length]).expect("content");
        head
    }

    /// Reads until the server closes the connection.
    pub(super) fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).expect("an end");
        rest
    }
}

pub(super) const SHORT: Duration = Duration::from_millis(50);

#[test]
fn a_connection_without_a_whole_head_is_closed() {
    // Long enough for a whole head, on a busy machine.
    let server = Server::start(|limits| limits.head_time = 8 * SHORT);
    for start in ["", "PRI * HT", "GET /a HTTP/1.1\r\nhost"] {
        assert_eq!(server.connect().send(start).rest(), "");
    }
    let mut second = server.connect();
    second.get("/a").response();
    assert_eq!(second.send("GET /a").rest(), "");
}

#[test]
fn an_idle_connection_is_closed() {
    let server = Server::start(|limits| limits.idle_time = SHORT);
    let mut connection = server.connect();
    assert!(connection.get("/a").response().starts_with("HTTP/1.1 200 "));
    assert_eq!(connection.rest(), "");
}

#[test]
fn content_that_stalls_gets_a_408_and_the_connection_is_closed() {
    let server = Server::start(|limits| limits.content_pause = SHORT);
    for rest in [
        "content-length: 2\r\n\r\n",
        "content-length: 2\r\n\r\na",
        "transfer-encoding: chunked\r\n\r\n1\r\na\r\n",
        "content-length: 2\r\nexpect: 100-continue\r\n\r\n",
    ] {
        let mut connection = server.connect();
        let response =
            connection.send(&format!("PUT /a HTTP/1.1\r\nhost: localhost\r\n{rest}")).rest();
        let response = response.trim_start_matches("HTTP/1.1 100 Continue\r\n\r\n");
        assert!(response.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{rest}: {response}");
        assert!(response.contains("\r\nconnection: close\r\n"), "{rest}: {response}");
        assert!(response.contains("application/problem+json"), "{rest}: {response}");
    }
}

#[test]
fn content_that_is_cut_off_reaches_no_method() {
    let server = Server::start(|_| {});
    for rest in ["content-length: 2\r\n\r\na", "transfer-encoding: chunked\r\n\r\n1\r\na\r\n"] {
        let mut connection = server.connect();
        connection.send(&format!("PUT /wait HTTP/1.1\r\nhost: localhost\r\n{rest}"));
        connection.0.shutdown(std::net::Shutdown::Write).expect("half closed");
        let response = connection.rest();
        assert!(response.starts_with("HTTP/1.1 400 "), "{rest}: {response}");
        assert!(response.contains("\r\nconnection: close\r\n"), "{rest}: {response}");
    }
    assert!(server.events.try_recv().is_err());
}

#[test]
fn a_response_that_nobody_reads_is_ended() {
    let server = Server::start(|limits| limits.response_pause = SHORT);
    for version in ["1.0", "1.1"] {
        let mut connection = server.connect();
        connection.send(&format!("GET /stream HTTP/{version}\r\nhost: localhost\r\n\r\n"));
        server.expect("dropped");
    }
    let mut connection = server.connect();
    connection.get("/large");
    server.expect("dropped"); // by the method itself
    let mut pipelined = server.connect();
    pipelined.send(&"GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(100));
    server.stop().expect("all connections are closed");
}

#[test]
fn an_old_connection_is_closed_after_a_request() {
    let server = Server::start(|limits| limits.connection_time = Duration::ZERO);
    let mut connection = server.connect();
    while !connection.get("/a").response().contains("\r\nconnection: close\r\n") {}
    assert_eq!(connection.rest(), "");
}

#[test]
fn further_connections_wait() {
    let server = Server::start(|limits| limits.connections = 2);
    let mut first = [server.connect(), server.connect()];
    first.iter_mut().for_each(|it| _ = it.get("/a").response());
    let mut waiting = server.connect();
    waiting.get("/a");
    first.iter_mut().for_each(|it| _ = it.get("/a").response());
    waiting.0.set_nonblocking(true).expect("non-blocking");
    assert!(waiting.0.read(&mut [0]).is_err());
    waiting.0.set_nonblocking(false).expect("blocking");
    drop(first);
    assert!(waiting.response().starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_server_without_file_descriptors_serves_again_when_it_has_some() {
    const FILES: u32 = 40;
    let program = env!("CARGO_BIN_EXE_wire-service");
    let server = wsgiservice_test_support::Server::start_with_files(FILES, program, &[]);
    let connect = || {
        let stream = TcpStream::connect(server.address()).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        Connection(stream)
    };
    let mut first = connect();
    first.get("/word/a/1").response();
    let others: Vec<_> = (0..FILES).map(|_| connect()).collect();
    assert!(first.get("/word/a/1").response().starts_with("HTTP/1.1 200 "));
    let mut last = connect();
    last.get("/word/a/1");
    drop(others);
    assert!(last.response().starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_further_request_is_logged_with_the_template_of_its_resource() {
    let server = Server::start(|limits| limits.requests = 1);
    let mut waiting = server.connect();
    waiting.get("/wait");
    server.expect("begun");
    assert!(server.connect().get("/a").response().starts_with("HTTP/1.1 503 "));
    let log = server.log.text();
    assert!(log.contains(" method=GET template=/{kind} status=503 "), "{log}");
    server.may_end.notify_waiters();
}

#[test]
fn further_requests_get_a_503() {
    let server = Server::start(|limits| limits.requests = 2);
    let mut waiting = [server.connect(), server.connect()];
    waiting[0].get("/wait");
    waiting[1].send("PUT /wait HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n\r\na");
    server.expect("begun");
    server.expect("begun");
    let mut other = server.connect();
    for _ in 0..2 {
        let refused = other.get("/a").response();
        assert!(refused.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{refused}");
        assert!(refused.contains("\r\nretry-after: 1\r\n"), "{refused}");
        assert!(!refused.contains("connection: close"), "{refused}");
        let internal = other.get("/_internal/help.json").response();
        assert!(internal.starts_with("HTTP/1.1 200 "), "{internal}");
    }
    server.may_end.notify_waiters();
    for connection in &mut waiting {
        assert!(connection.response().starts_with("HTTP/1.1 200 "));
        // Its own request does not count.
        assert!(connection.get("/a").response().starts_with("HTTP/1.1 200 "));
    }
    assert!(other.get("/a").response().starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_stream_counts_until_its_end() {
    let server = Server::start(|limits| limits.requests = 1);
    let mut streaming = server.connect();
    streaming.get("/stream");
    streaming.0.read_exact(&mut [0; 1 << 12]).expect("a stream");
    let mut other = server.connect();
    assert!(other.get("/a").response().starts_with("HTTP/1.1 503 "));
    drop(streaming);
    server.expect("dropped");
    while other.get("/a").response().starts_with("HTTP/1.1 503 ") {}
}

#[test]
fn a_get_is_dropped_when_its_client_resets_the_connection() {
    let server = Server::start(|_| {});
    let mut connection = server.connect();
    connection.get("/a").get("/wait");
    server.expect("dropped"); // of `/a`
    server.expect("begun");
    while connection.0.peek(&mut [0]).expect("a response") == 0 {}
    // What was not read makes it a reset.
    drop(connection);
    server.expect("dropped");
}

#[test]
fn a_get_is_dropped_when_its_client_closes_the_connection() {
    let server = Server::start(|_| {});
    let mut connection = server.connect();
    connection.get("/wait");
    server.expect("begun");
    drop(connection);
    server.expect("dropped");
}

#[test]
fn requests_that_are_cut_off_are_an_error() {
    for method in ["GET", "PUT"] {
        let server = Server::start(|limits| limits.stop_time = SHORT);
        let mut connection = server.connect();
        connection.send(&format!("{method} /wait HTTP/1.1\r\nhost: localhost\r\n\r\n"));
        server.expect("begun");
        let error = server.stop().expect_err("requests were cut off").to_string();
        assert_eq!(error, "requests were cut off: they did not end within 50ms");
    }
}
