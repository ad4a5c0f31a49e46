//! Server-sent events.

use std::{convert::Infallible, io, sync::Mutex, time::Duration};

use futures_util::{Stream, StreamExt, stream};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};
use wsgiservice::{
    Application, Problem,
    answer::{Event, Events},
    mount, resource,
    testing::Client,
};

use super::strict;

#[mount("/finite/{what}")]
struct Finite;

#[resource]
impl Finite {
    #[expires(days = 1)]
    fn get(
        &self,
        what: String,
        #[from(header = "Last-Event-ID")] last: Option<String>,
    ) -> Result<Option<Events>, Problem> {
        let event = match what.as_str() {
            "lines" => Event::new("a\nb\r\nc\rd\n"),
            "spaces" => Event::new(" a: b"),
            "empty" => Event::new(""),
            "json" => Event::json(&serde_json::json!({"a": "b\n"}))?,
            "all" => Event::new("a").name("n\nx: y").id("i\r\0").retry(Duration::from_secs(2)),
            "last" => Event::new(last.unwrap_or_default()),
            "missing" => return Ok(None),
            _ => return Err(Problem::conflict("no")),
        };
        Ok(Some(Events::new(stream::iter([event, Event::new("end")]))))
    }

    fn post(&self) -> Events {
        let error = io::Error::other("/dev/sda1 is gone");
        Events::fallible(stream::iter([Ok(Event::new("a")), Err(error)]))
    }

    fn put(&self) -> u32 {
        7
    }
}

/// Events that never end; tells when they are dropped.
#[mount("/endless")]
struct Endless {
    dropped: Mutex<Option<oneshot::Sender<Infallible>>>,
    keep_alive: Duration,
}

#[resource]
impl Endless {
    fn get(&self) -> Events {
        let guard = self.dropped.lock().expect("the guard").take();
        Events::new(endless(guard)).keep_alive(self.keep_alive)
    }
}

fn endless<G: Send + 'static>(guard: G) -> impl Stream<Item = Event> + Send {
    stream::iter([Event::new("first")]).chain(stream::pending()).inspect(move |_| _ = &guard)
}

fn client() -> Client {
    strict(Application::new("events").mount(Finite))
}

async fn text(what: &str) -> String {
    let response = client().get(&format!("/finite/{what}")).send().await;
    response.text().strip_suffix("data: end\n\n").expect("the last event").to_owned()
}

#[tokio::test]
async fn each_line_of_the_data_is_a_field() {
    assert_eq!(text("lines").await, "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
    assert_eq!(text("spaces").await, "data:  a: b\n\n");
    assert_eq!(text("empty").await, "data: \n\n");
    assert_eq!(text("json").await, "data: {\"a\":\"b\\n\"}\n\n");
}

#[tokio::test]
async fn neither_a_name_nor_an_id_can_add_fields() {
    assert_eq!(text("all").await, "event: nx: y\nid: i\nretry: 2000\ndata: a\n\n");
}

#[tokio::test]
async fn the_test_client_reads_events() {
    for (what, data) in [("lines", "a\nb\nc\nd\n"), ("spaces", " a: b"), ("empty", "")] {
        let response = client().get(&format!("/finite/{what}")).send().await;
        assert_eq!(response.events(), [Event::new(data), Event::new("end")], "{what}");
    }
}

#[tokio::test]
async fn the_test_client_reads_events_as_they_come() {
    let (sender, dropped) = oneshot::channel();
    let resource = Endless { dropped: Mutex::new(Some(sender)), keep_alive: Duration::MAX };
    let client = strict(Application::new("endless").mount(resource).mount(Finite));
    let mut events = client.get("/endless").listen().await;
    assert_eq!(events.field("cache-control"), Some("no-store"));
    assert_eq!(events.next().await, Some(Event::new("first")));
    drop(events);
    assert!(dropped.await.is_err());
    let mut events = client.get("/finite/lines").listen().await;
    assert_eq!(events.next().await, Some(Event::new("a\nb\nc\nd\n")));
    assert_eq!(events.next().await, Some(Event::new("end")));
    assert_eq!(events.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn the_test_client_skips_comments() {
    let resource = Endless { dropped: Mutex::default(), keep_alive: Duration::ZERO };
    let client = strict(Application::new("endless").mount(resource));
    let mut events = client.get("/endless").listen().await;
    assert_eq!(events.next().await, Some(Event::new("first")));
    let next = tokio::time::timeout(Duration::from_millis(300), events.next());
    assert!(next.await.is_err(), "there is no other event");
}

#[tokio::test]
#[should_panic(expected = "expected events, got 404 Not Found")]
async fn the_test_client_listens_only_to_events() {
    client().get("/finite/missing").listen().await;
}

#[tokio::test]
async fn the_last_id_of_a_client_is_an_argument() {
    let response = client().get("/finite/last").header("last-event-id", "7").send().await;
    assert_eq!(response.events().first().map(Event::data), Some("7"));
}

#[tokio::test]
async fn the_response_is_neither_stored_nor_coded() {
    let request = client().get("/finite/lines").header("accept-encoding", "gzip");
    let response = request.header("accept", "text/event-stream").send().await;
    assert_eq!(response.field("content-type"), Some("text/event-stream"));
    assert_eq!(response.field("cache-control"), Some("no-store"));
    assert_eq!(response.field("expires"), None);
    assert_eq!(response.field("content-encoding"), None);
    assert_eq!(response.field("content-length"), None);
}

#[tokio::test]
async fn what_comes_before_the_events_is_as_elsewhere() {
    for (what, accept, status) in
        [("missing", "*/*", 404), ("other", "*/*", 409), ("lines", "application/json", 406)]
    {
        let request = client().get(&format!("/finite/{what}")).header("accept", accept);
        assert_eq!(request.send().await.status(), status, "{what}");
    }
}

#[tokio::test]
async fn the_documentation_has_the_media_type_and_the_last_id() {
    let document = client().get("/_internal/openapi.json").send().await.json::<Value>();
    let get = &document["paths"]["/finite/{what}"]["get"];
    let content = get["responses"]["200"]["content"].as_object().expect("content");
    assert_eq!(content.keys().collect::<Vec<_>>(), ["text/event-stream"]);
    let parameters = get["parameters"].as_array().expect("parameters");
    assert!(parameters.iter().any(|it| it["name"] == "Last-Event-ID" && it["in"] == "header"));
}

/// A client of a server of endless events.
struct Listening {
    client: TcpStream,
    stop: oneshot::Sender<()>,
    server: JoinHandle<wsgiservice::Result<()>>,
    /// Fails when the events are dropped.
    dropped: oneshot::Receiver<Infallible>,
}

async fn listen(keep_alive: Duration) -> Listening {
    let (sender, dropped) = oneshot::channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    let resource = Endless { dropped: Mutex::new(Some(sender)), keep_alive };
    let (stop, stopped) = oneshot::channel::<()>();
    let application = Application::new("endless").mount(resource);
    let server = tokio::spawn(application.serve_until(listener, async {
        let _ = stopped.await;
    }));
    let mut client = TcpStream::connect(address).await.expect("a connection");
    client.write_all(b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("sent");
    read_until(&mut client, "data: first\n\n").await;
    Listening { client, stop, server, dropped }
}

/// Reads until this text comes.
async fn read_until(client: &mut TcpStream, text: &str) {
    let mut read = Vec::new();
    while !read.windows(text.len()).any(|window| window == text.as_bytes()) {
        read.push(client.read_u8().await.expect("more"));
    }
}

#[tokio::test]
async fn events_end_when_the_server_stops() {
    let Listening { mut client, stop, server, dropped } = listen(Duration::from_secs(3600)).await;
    drop(stop);
    let mut rest = String::new();
    client.read_to_string(&mut rest).await.expect("the end");
    assert!(rest.ends_with("0\r\n\r\n"), "a complete response: {rest:?}");
    assert!(dropped.await.is_err());
    server.await.expect("the server").expect("nothing was cut off");
}

#[tokio::test]
async fn events_are_dropped_when_the_client_is_gone() {
    let Listening { client, stop: _stop, dropped, .. } = listen(Duration::from_millis(100)).await;
    drop(client);
    assert!(dropped.await.is_err());
}

#[tokio::test]
async fn comments_are_sent_while_nothing_comes() {
    let Listening { mut client, stop: _stop, .. } = listen(Duration::from_millis(100)).await;
    read_until(&mut client, ":\n\n").await;
    read_until(&mut client, ":\n\n").await;
}
