//! What an application does before, beside and after the server.

use std::{
    future::{self, Future},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    time::Instant,
};
use tracing::Level;
use wsgiservice::{
    Application, mount, resource,
    server::{Limits, Stopping},
    testing::Client,
};

use super::log::Log;

#[mount("/ping")]
struct Ping;

#[resource]
impl Ping {
    fn get(&self) -> u8 {
        0
    }
}

/// What happened, in order.
#[derive(Clone)]
struct Events(mpsc::UnboundedSender<&'static str>);

impl Events {
    fn new() -> (Self, mpsc::UnboundedReceiver<&'static str>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    fn add(&self, event: &'static str) {
        let _ = self.0.send(event);
    }
}

fn all(events: &mut mpsc::UnboundedReceiver<&'static str>) -> Vec<&'static str> {
    std::iter::from_fn(|| events.try_recv().ok()).collect()
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a port")
}

fn application() -> Application {
    Application::new("ping").mount(Ping)
}

/// An application whose life adds events with these names.
fn living(events: &Events, [start, begin, end, stop]: [&'static str; 4]) -> Application {
    let (started, task, stopped) = (events.clone(), events.clone(), events.clone());
    application()
        .on_start(async move {
            started.add(start);
            Ok::<_, std::io::Error>(())
        })
        .background(begin, async move |stopping: Stopping| {
            task.add(begin);
            stopping.requested().await;
            task.add(end);
        })
        .on_stop(async move { stopped.add(stop) })
}

#[tokio::test]
async fn the_set_up_comes_first_and_the_end_last() {
    let (events, mut happened) = Events::new();
    let server = living(&events, ["start", "begin", "end", "stop"]);
    let told = events.clone();
    let server = server.serve_until(listener().await, async move { told.add("told") });
    server.await.expect("an end");
    assert_eq!(all(&mut happened), ["start", "told", "begin", "end", "stop"]);
}

#[tokio::test]
async fn a_nested_application_lives_too() {
    let (events, mut happened) = Events::new();
    let inner = living(&events, ["start 2", "begin 2", "end 2", "stop 2"]);
    let outer = living(&events, ["start 1", "begin 1", "end 1", "stop 1"]).nest("/inner", inner);
    outer.serve_until(listener().await, async {}).await.expect("an end");
    let mut happened = all(&mut happened);
    // The tasks are not in any order.
    happened[2..6].sort_unstable();
    assert_eq!(
        happened,
        ["start 1", "start 2", "begin 1", "begin 2", "end 1", "end 2", "stop 2", "stop 1"]
    );
}

#[tokio::test]
async fn an_error_of_the_set_up_ends_the_start() {
    let (events, mut happened) = Events::new();
    let failing = application().on_start(future::ready(Err("no database")));
    let server = failing.nest("/b", living(&events, ["start", "begin", "end", "stop"]));
    let listener = listener().await;
    let address = listener.local_addr().expect("an address");
    let error = server.serve_until(listener, future::pending()).await.expect_err("an error");
    assert_eq!(error.to_string(), "no database");
    assert_eq!(all(&mut happened), [""; 0]);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_test_client_can_run_the_set_up() {
    let (events, mut happened) = Events::new();
    let names = ["start", "begin", "end", "stop"];
    let client = Client::after_set_up(living(&events, names)).await.expect("a set-up");
    assert_eq!(all(&mut happened), ["start"]);
    assert_eq!(client.get("/ping").send().await.status(), 200);
    let failing = living(&events, names).on_start(future::ready(Err("no database")));
    let error = Client::after_set_up(failing).await.expect_err("an error");
    assert_eq!(error.to_string(), "no database");
}

#[tokio::test]
async fn an_error_of_a_resource_comes_before_the_set_up() {
    let (events, mut happened) = Events::new();
    let server = living(&events, ["start", "begin", "end", "stop"]).mount(Ping);
    let error = server.serve_until(listener().await, future::pending()).await;
    assert!(error.expect_err("an error").to_string().contains("mounted twice"));
    assert_eq!(all(&mut happened), [""; 0]);
}

#[tokio::test]
async fn a_stop_ends_a_set_up_that_waits() {
    let (events, mut happened) = Events::new();
    let waiting = application().on_start(future::pending::<Result<(), std::io::Error>>());
    let server = waiting.nest("/b", living(&events, ["start", "begin", "end", "stop"]));
    server.serve_until(listener().await, async {}).await.expect("an end");
    assert_eq!(all(&mut happened), [""; 0]);
}

#[tokio::test]
async fn a_request_in_progress_ends_before_the_end() {
    #[mount("/slow")]
    struct Slow {
        events: Events,
        begun: Arc<tokio::sync::Notify>,
        may_end: Arc<tokio::sync::Notify>,
    }

    #[resource]
    impl Slow {
        async fn post(&self) {
            self.begun.notify_one();
            self.may_end.notified().await;
            self.events.add("response");
        }
    }

    let (events, mut happened) = Events::new();
    let [begun, may_end] = [(); 2].map(|()| Arc::new(tokio::sync::Notify::new()));
    let slow =
        Slow { events: events.clone(), begun: Arc::clone(&begun), may_end: Arc::clone(&may_end) };
    let server = living(&events, ["start", "begin", "end", "stop"]).mount(slow);
    let listener = listener().await;
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(server.serve_until(listener, async {
        let _ = stopped.await;
    }));
    let client = tokio::spawn(async move {
        let request = "POST /slow HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n";
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut response = String::new();
        stream.read_to_string(&mut response).await.expect("a response");
        response
    });
    begun.notified().await;
    assert_eq!([happened.recv().await, happened.recv().await], [Some("start"), Some("begin")]);
    drop(stop);
    // The task is told at once, not after the last request.
    assert_eq!(happened.recv().await, Some("end"));
    may_end.notify_one();
    server.await.expect("a task").expect("an end");
    assert_eq!(all(&mut happened), ["response", "stop"]);
    assert!(client.await.expect("a response").starts_with("HTTP/1.1 204"));
}

/// Serves until the future completes, and returns how long that took on a clock that does not wait.
async fn serve(server: Application, stop: impl Future<Output = ()>) -> (String, Duration) {
    let begun = Instant::now();
    let ended = server.serve_until(listener().await, stop).await;
    (ended.map_or_else(|error| error.to_string(), |()| String::new()), begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_task_that_fails_begins_again_later_and_later() {
    let (log, _guard) = Log::at(Level::INFO);
    let begun = Instant::now();
    let (sender, mut times) = mpsc::unbounded_channel();
    let count = Arc::new(AtomicUsize::new(0));
    let failing = application().background("sweeper", async move |_| {
        let _ = sender.send(begun.elapsed().as_secs());
        match count.fetch_add(1, Ordering::Relaxed) % 2 {
            0 => Err("no room"),
            _ => panic!("no hope"),
        }
    });
    let (ended, _) = serve(failing, tokio::time::sleep(Duration::from_secs(200))).await;
    assert_eq!(ended, "");
    let times: Vec<_> = std::iter::from_fn(|| times.try_recv().ok()).collect();
    assert_eq!(times, [0, 1, 3, 7, 15, 31, 63, 123, 183]);
    let logged = log.text();
    for expected in
        ["sweeper", "error=no room", "no hope", "life.rs:", "again in 1s", "again in 60s"]
    {
        assert!(logged.contains(expected), "{logged}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_ran_for_long_begins_again_soon() {
    let (sender, mut times) = mpsc::unbounded_channel();
    let begun = Instant::now();
    let failing = application().background("sweeper", async move |_| {
        let _ = sender.send(begun.elapsed().as_secs());
        tokio::time::sleep(Duration::from_secs(100)).await;
        Err::<(), _>("no room")
    });
    serve(failing, tokio::time::sleep(Duration::from_secs(250))).await;
    let times: Vec<_> = std::iter::from_fn(|| times.try_recv().ok()).collect();
    assert_eq!(times, [0, 101, 202]);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_has_ended_does_not_begin_again() {
    let (events, mut happened) = Events::new();
    let once = application().background("once", async move |_| events.add("begin"));
    serve(once, tokio::time::sleep(Duration::from_secs(1000))).await;
    assert_eq!(all(&mut happened), ["begin"]);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_is_cut_off_and_named() {
    let mut limits = Limits::default();
    limits.stop_time = Duration::from_secs(7);
    let pending = || async |_| future::pending::<()>().await;
    let server = application().limits(limits.clone());
    let server = server.background("sweeper", pending()).background("mailer", pending());
    let server = server.background("done", async |_| {});
    let (ended, time) = serve(server, async {}).await;
    assert_eq!(ended, "background tasks did not end within 7s: `sweeper`, `mailer`");
    assert_eq!(time, Duration::from_secs(7));

    let server = application().limits(limits).on_stop(future::pending());
    let (ended, time) = serve(server, async {}).await;
    assert_eq!(ended, "`on_stop` did not end within 7s");
    assert_eq!(time, Duration::from_secs(7));
}

#[tokio::test]
async fn a_dropped_server_drops_its_tasks() {
    let (sender, dropped) = oneshot::channel::<()>();
    let sender = Arc::new(sender);
    let server = application().background("task", async move |_| {
        let _sender = &sender;
        future::pending::<()>().await;
    });
    let server = tokio::spawn(server.serve_until(listener().await, future::pending()));
    tokio::task::yield_now().await;
    server.abort();
    assert!(dropped.await.is_err());
}

/// What the health of a server says of a check, and the status of the response.
async fn health(address: SocketAddr, check: &str) -> (u16, String, String) {
    let request = "GET /_internal/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut response = String::new();
    stream.read_to_string(&mut response).await.expect("a response");
    let status = response[9..12].parse().expect("a status");
    let (_, content) = response.split_once("\r\n\r\n").expect("a head");
    let health: serde_json::Value = serde_json::from_str(content).expect("JSON");
    let found = health["checks"][check].get(0).expect("a check");
    let text = |member: &str| found[member].as_str().unwrap_or_default().to_owned();
    (status, text("status"), text("output"))
}

/// A task that fails at first, and then runs until the server stops.
fn failing_once(name: &str) -> Application {
    let has_failed = Arc::new(AtomicBool::new(false));
    application().background(name, async move |stopping: Stopping| {
        if !has_failed.swap(true, Ordering::Relaxed) {
            return Err("no room");
        }
        stopping.requested().await;
        Ok(())
    })
}

#[tokio::test(start_paused = true)]
async fn a_task_that_failed_warns_until_it_has_run_for_a_minute() {
    let application = application().nest("/inner", failing_once("mailer"));
    let listener = listener().await;
    let address = listener.local_addr().expect("an address");
    let test = async {
        let (waits, began, good) = (
            "failed, and begins again after 1s: no room",
            "began again less than a minute ago, having failed: no room",
            "",
        );
        for (pause, status, message) in
            [(0.5, "warn", waits), (1.0, "warn", began), (58.0, "warn", began), (2.0, "pass", good)]
        {
            tokio::time::sleep(Duration::from_secs_f64(pause)).await;
            // Requests are served all the time.
            let expected = (200, status.to_owned(), message.to_owned());
            assert_eq!(health(address, "background:mailer").await, expected);
        }
    };
    application.serve_until(listener, test).await.expect("an end");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_fails_again_and_again_always_warns() {
    let failing = application().background("sweeper", async move |_| -> Result<(), &str> {
        tokio::time::sleep(Duration::from_secs(50)).await;
        panic!("no hope")
    });
    let listener = listener().await;
    let address = listener.local_addr().expect("an address");
    let test = async {
        let first = health(address, "background:sweeper").await;
        assert_eq!(first, (200, "pass".to_owned(), String::new()));
        tokio::time::sleep(Duration::from_secs(51)).await;
        for _ in 0..100 {
            let (_, status, message) = health(address, "background:sweeper").await;
            assert_eq!(status, "warn");
            assert!(message.contains("no hope"), "{message}");
            tokio::time::sleep(Duration::from_secs(7)).await;
        }
    };
    failing.serve_until(listener, test).await.expect("an end");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_has_ended_passes() {
    let has_failed = Arc::new(AtomicBool::new(false));
    let once = application().background("once", async move |_| {
        if has_failed.swap(true, Ordering::Relaxed) { Ok(()) } else { Err("no room") }
    });
    let listener = listener().await;
    let address = listener.local_addr().expect("an address");
    let test = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(health(address, "background:once").await.1, "pass");
    };
    once.serve_until(listener, test).await.expect("an end");
}

#[tokio::test]
async fn a_task_that_does_not_run_has_no_check() {
    let client = Client::new(failing_once("sweeper"));
    let health = client.get("/_internal/health").send().await;
    assert!(!health.text().contains("background"), "{}", health.text());
}
