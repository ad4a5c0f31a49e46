//! How a process stops, with each runtime.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    time::Duration,
};

use wsgiservice_test_support::Server;

use super::log::LogFile;

const SERVICE: &str = env!("CARGO_BIN_EXE_wire-service");

/// Starts the test service with each runtime in turn, and with this many seconds to stop.
fn servers(stop_time: &str) -> impl Iterator<Item = Server> {
    servers_with(["--limits-stop-time", stop_time])
}

/// Starts the test service with each runtime in turn, and with this option.
pub(super) fn servers_with([name, value]: [&str; 2]) -> impl Iterator<Item = Server> {
    ["per-core", "shared"]
        .into_iter()
        .map(move |runtime| Server::start(SERVICE, &["--runtime", runtime, name, value]))
}

/// A server whose log is in a file.
struct Logged {
    process: Server,
    log: LogFile,
}

/// As [`servers`], each with its log.
fn logged_servers(stop_time: &str) -> impl Iterator<Item = Logged> {
    ["per-core", "shared"].into_iter().map(move |runtime| {
        let log = LogFile::new();
        let arguments = ["--runtime", runtime, "--limits-stop-time", stop_time];
        let process = Server::start_command(log.of(SERVICE), &arguments);
        Logged { process, log }
    })
}

/// More seconds than a test may take.
pub(super) const LONG: &str = "3600";

pub(super) fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    stream
}

/// A connection whose request has its response.
fn idle(server: &Server) -> TcpStream {
    let mut stream = connect(server);
    stream.write_all(b"GET /word/a/1 HTTP/1.1\r\nhost: a\r\n\r\n").expect("sent");
    let mut response = Vec::new();
    while !response.ends_with(b"\"a\"") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a response");
        response.extend(byte);
    }
    stream
}

/// Begins work of this kind: the connection of the client, and that of the work.
fn begin(server: &Server, method: &str, kind: &str) -> (TcpStream, TcpStream) {
    begin_with(server, |port| format!("{method} /work/{kind}/{port} HTTP/1.1\r\nhost: a\r\n\r\n"))
}

/// Begins work with this request, which has the port that the work connects to.
pub(super) fn begin_with(
    server: &Server,
    request: impl FnOnce(u16) -> String,
) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    let mut client = connect(server);
    client.write_all(request(port).as_bytes()).expect("sent");
    (client, listener.accept().expect("work").0)
}

pub(super) fn is_closed(stream: &mut TcpStream) -> bool {
    matches!(stream.read(&mut [0]), Ok(0))
}

#[test]
fn connections_without_a_request_are_closed() {
    for server in servers(LONG) {
        let mut silent = connect(&server);
        let mut idle = idle(&server);
        assert!(server.stop("-TERM").success());
        assert!(is_closed(&mut silent) && is_closed(&mut idle));
    }
}

#[test]
fn requests_that_do_not_end_are_cut_off_and_reported() {
    for kind in ["async", "thread", "blocking"] {
        for method in ["GET", "PUT"] {
            for server in servers("0.05") {
                let _work = begin(&server, method, kind);
                assert_eq!(server.stop("-TERM").code(), Some(1), "{method} {kind}");
            }
        }
    }
}

#[test]
fn a_second_signal_stops_the_server_at_once() {
    for (first, second) in [("-TERM", "-TERM"), ("-INT", "-TERM"), ("-TERM", "-INT")] {
        for kind in ["async", "thread", "blocking"] {
            for server in servers(LONG) {
                // One of them may be on the core of the work.
                let mut silent = [connect(&server), connect(&server)];
                let _work = begin(&server, "GET", kind);
                server.signal(first);
                silent.iter_mut().for_each(|it| it.set_nonblocking(true).expect("non-blocking"));
                while !silent.iter_mut().any(is_closed) {}
                assert_eq!(server.stop(second).code(), Some(1), "{kind}");
            }
        }
    }
}

/// The status that is logged of a request whose server ends like this before the request does.
fn logged_status(server: Logged, method: &str, kind: &str, stop: impl FnOnce(Server)) -> String {
    let _work = begin(&server.process, method, kind);
    stop(server.process);
    let log = server.log.text();
    let line = log.lines().find(|line| line.contains("wsgiservice::access"));
    let status = line.and_then(|line| line.split(" status=").nth(1)).expect(&log);
    status.split(' ').next().unwrap_or_default().to_owned()
}

/// Each method with each kind of work that does not end, unless it blocks the thread that would log it.
fn endless() -> impl Iterator<Item = (&'static str, &'static str)> {
    ["GET", "PUT"].into_iter().flat_map(|it| ["async", "blocking"].map(|kind| (it, kind)))
}

#[test]
fn a_request_that_a_server_cuts_off_after_its_time_is_logged_as_a_503() {
    for (method, kind) in endless() {
        for server in logged_servers("0.05") {
            let status = logged_status(server, method, kind, |it| {
                assert_eq!(it.stop("-TERM").code(), Some(1));
            });
            assert_eq!(status, "503", "{method} {kind}");
        }
    }
}

#[test]
fn a_request_that_a_second_signal_cuts_off_is_logged_as_a_503() {
    for (method, kind) in endless() {
        for server in logged_servers(LONG) {
            let status = logged_status(server, method, kind, |it| {
                // One of them may be on the core of the work.
                let mut silent = [connect(&it), connect(&it)];
                it.signal("-TERM");
                silent.iter_mut().for_each(|it| it.set_nonblocking(true).expect("non-blocking"));
                while !silent.iter_mut().any(is_closed) {}
                assert_eq!(it.stop("-TERM").code(), Some(1));
            });
            assert_eq!(status, "503", "{method} {kind}");
        }
    }
}

#[test]
fn a_request_whose_client_goes_away_while_the_server_stops_is_logged_as_a_499() {
    for server in logged_servers(LONG) {
        let mut silent = connect(&server.process);
        let (client, _work) = begin(&server.process, "GET", "async");
        server.process.signal("-TERM");
        assert!(is_closed(&mut silent));
        drop(client);
        assert!(server.process.wait().success());
        assert!(server.log.text().contains(" status=499 "), "{}", server.log.text());
    }
}

#[test]
fn a_change_ends_although_its_client_is_gone() {
    for server in servers(LONG) {
        let (client, mut work) = begin(&server, "PUT", "told");
        let mut idle = idle(&server);
        drop(client);
        server.signal("-TERM");
        assert!(is_closed(&mut idle));
        work.write_all(b"!").expect("told");
        assert!(server.wait().success());
        assert!(matches!(work.read(&mut [0]), Ok(1)));
    }
}
