//! Limits that other modules test in the process, over a socket: what a client sees of them on its connection.

use std::{
    io::{ErrorKind, Read, Write},
    thread,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use wsgiservice::{
    Application, Created, Problem, bytes::Bytes, content::Body, mount, resource, server::Limits,
};

use super::limits::{Connection, SHORT, Server};

/// Text from the query, in places where it could do harm.
#[mount("/text/{place}")]
struct Text;

#[resource]
impl Text {
    fn get(&self, place: String, text: String) -> Result<http::Response<Body>, Problem> {
        assert_ne!(place, "panic", "{text}");
        let response = http::Response::builder().header("x-text", text).body(Body::empty());
        response.map_err(Problem::internal)
    }

    fn post(&self, place: String, text: String) -> Created<String> {
        assert_ne!(place, "panic", "{text}");
        Created::at(text, place)
    }
}

/// What costs more than its size.
#[mount("/cost")]
struct Cost;

#[resource]
impl Cost {
    fn put(&self, item: Vec<u32>) -> usize {
        item.len()
    }

    fn post(&self, content: Bytes) -> usize {
        content.len()
    }
}

fn server(set: impl FnOnce(&mut Limits)) -> Server {
    Server::start_with(set, |application: Application| application.mount(Text).mount(Cost))
}

/// A request with these fields and this content.
fn request(line: &str, fields: &[&str], content: &[u8]) -> Vec<u8> {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    let length = content.len();
    let head =
        format!("{line} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n{fields}\r\n");
    [head.as_bytes(), content].concat()
}

/// Sends a request, and returns the head of the response.
fn ask(connection: &mut Connection, line: &str, fields: &[&str], content: &[u8]) -> String {
    connection.0.write_all(&request(line, fields, content)).expect("sent");
    connection.response()
}

#[track_caller]
fn assert_status(head: &str, status: u16) {
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
}

/// Asserts that the connection goes on after a response.
#[track_caller]
fn assert_goes_on(connection: &mut Connection) {
    assert_status(&connection.get("/a").response(), 200);
}

/// Sends this again and again, a little later each time, until the server closes the connection; returns what it sent.
fn trickle(connection: &mut Connection, piece: &str) -> String {
    connection.0.set_read_timeout(Some(SHORT / 5)).expect("a timeout");
    let mut received = Vec::new();
    loop {
        // The server may have closed it.
        let _ = connection.0.write_all(piece.as_bytes());
        match connection.0.read_to_end(&mut received) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            _ => return String::from_utf8(received).expect("text"),
        }
    }
}

#[test]
fn a_head_that_trickles_is_cut_off() {
    let server = server(|limits| limits.head_time = 8 * SHORT);
    let mut connection = server.connect();
    connection.send("GET /a HTTP/1.1\r\nhost: local");
    assert_eq!(trickle(&mut connection, "h"), "");
}

#[test]
fn content_that_trickles_gets_a_408_and_the_connection_is_closed() {
    let server = server(|limits| limits.content_time = 4 * SHORT);
    let mut connection = server.connect();
    connection.send("PUT /a HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000\r\n\r\n");
    let response = trickle(&mut connection, "x");
    assert_status(&response, 408);
    assert!(response.contains("\r\nconnection: close\r\n"), "{response}");
}

#[test]
fn content_that_is_too_long_gets_a_413_and_no_100() {
    let server = server(|limits| limits.content = 10);
    let mut connection = server.connect();
    let fields = "host: localhost\r\nexpect: 100-continue\r\ncontent-length: 11";
    let response = connection.send(&format!("PUT /a HTTP/1.1\r\n{fields}\r\n\r\n")).rest();
    assert_status(&response, 413);
    assert!(response.contains("\r\nconnection: close\r\n"), "{response}");
    assert!(!response.contains("100 Continue"), "{response}");
}

#[test]
fn each_form_of_a_target_has_its_response() {
    let server = server(|_| {});
    for (line, status) in [
        ("CONNECT localhost:80", 405),
        ("OPTIONS *", 204),
        ("GET http://localhost/a", 200),
        ("GET https://localhost/a", 421),
    ] {
        let mut connection = server.connect();
        let head = connection.send(&format!("{line} HTTP/1.1\r\nhost: localhost\r\n\r\n"));
        let head = head.response();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {head}");
    }
}

#[test]
fn a_panic_in_a_method_is_a_500_and_the_connection_goes_on() {
    let server = server(|_| {});
    let mut connection = server.connect();
    for method in ["GET", "POST"] {
        let head = ask(&mut connection, &format!("{method} /text/panic?text=why"), &[], b"");
        assert_status(&head, 500);
        assert_goes_on(&mut connection);
    }
    let log = server.log.text();
    let failed = log.lines().filter(|it| it.contains("cause=") && it.contains("why"));
    assert_eq!(failed.count(), 2, "{log}");
}

#[test]
fn a_get_that_never_ends_gets_a_504_and_is_dropped() {
    let server = server(|limits| limits.time = SHORT);
    let mut connection = server.connect();
    assert_status(&connection.get("/wait").response(), 504);
    server.expect("begun");
    server.expect("dropped");
    assert_goes_on(&mut connection);
}

#[test]
fn a_change_that_takes_too_long_is_logged_and_goes_on() {
    let server = server(|limits| limits.time = SHORT);
    let mut connection = server.connect();
    connection.0.write_all(&request("PUT /wait", &[], b"abc")).expect("sent");
    server.expect("begun");
    while !server.log.text().contains("takes longer than its limit") {
        thread::yield_now();
    }
    server.may_end.notify_waiters();
    assert_status(&connection.response(), 200);
    assert_eq!(server.warnings().len(), 1, "{}", server.log.text());
}

/// A line break and a field, encoded for a query.
const SPLIT: &str = "a%0D%0Aset-cookie:%20b=c%0D%0A%0D%0AHTTP/1.1%20200%20OK";

#[test]
fn a_line_break_in_a_field_that_a_method_sets_never_splits_the_response() {
    let server = server(|_| {});
    let mut connection = server.connect();
    for (line, status) in [("GET /text/field", 500), ("POST /text/location", 201)] {
        let head = ask(&mut connection, &format!("{line}?text={SPLIT}"), &[], b"");
        assert_status(&head, status);
        assert!(!head.contains("\r\nset-cookie"), "{head}");
        assert_goes_on(&mut connection);
    }
}

#[test]
fn what_controls_a_terminal_or_a_line_is_escaped_in_the_log() {
    let server = server(|_| {});
    let mut connection = server.connect();
    let marks = "%1B%5B2J%0AERROR%20forged%0D%E2%80%AE%E2%80%A8";
    let long = "x".repeat(5_000);
    for text in [marks, &long] {
        assert_status(
            &ask(&mut connection, &format!("GET /text/panic?text={text}"), &[], b""),
            500,
        );
    }
    let (log, lines) = (server.log.text(), server.warnings());
    let mut lines = lines.iter();
    assert!(lines.next().is_some_and(|line| line.contains("\\u{1b}[2J\\nERROR forged")), "{log}");
    assert!(lines.next().is_some_and(|line| line.len() < 3_000), "{log}");
    assert_eq!(lines.next(), None);
    let is_harmful =
        |it: char| it != '\n' && (it.is_control() || matches!(it, '\u{2028}' | '\u{202e}'));
    assert!(!log.contains(is_harmful), "{log:?}");
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).expect("written");
    encoder.finish().expect("finished")
}

#[test]
fn layers_and_members_of_content_codings_are_bounded() {
    let server = server(|limits| {
        limits.coding_members = 2;
        limits.content = 1_000;
    });
    let once = gzip(b"abc");
    for (codings, content, status) in [
        ("gzip", once.repeat(2), 200),
        ("gzip", once.repeat(3), 413),
        ("gzip", gzip(&[0; 1_001]), 413),
        ("gzip, gzip", gzip(&once), 415),
    ] {
        let mut connection = server.connect();
        let field = format!("content-encoding: {codings}");
        let head = ask(&mut connection, "POST /cost", &[&field], &content);
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{codings}: {head}");
    }
}

#[test]
fn work_without_bytes_is_bounded_by_the_time_of_the_processor() {
    let server = server(|limits| limits.coding_time = Duration::ZERO);
    let mut connection = server.connect();
    let head =
        ask(&mut connection, "POST /cost", &["content-encoding: gzip"], &gzip(&[0; 100_000]));
    assert_status(&head, 413);
}

#[test]
fn a_change_from_another_site_gets_a_403() {
    let server = server(|_| {});
    let mut connection = server.connect();
    for field in ["sec-fetch-site: cross-site", "origin: http://evil.example", "origin: null"] {
        assert_status(&ask(&mut connection, "PUT /a", &[field], b"abc"), 403);
        assert_status(&ask(&mut connection, "GET /a", &[field], b""), 200);
    }
    let own = ["sec-fetch-site: same-origin", "origin: http://localhost"];
    assert_status(&ask(&mut connection, "PUT /a", &own, b"abc"), 200);
}

#[test]
fn internal_pages_are_hidden_from_clients_of_a_proxy() {
    let server = server(|_| {});
    let mut connection = server.connect();
    assert_status(&connection.get("/_internal/help.json").response(), 200);
    for field in [
        "forwarded: for=203.0.113.7",
        "forwarded: for=127.0.0.1",
        "x-forwarded-for: 203.0.113.7",
        "x-forwarded-for: 127.0.0.1",
        "via: 1.1 proxy",
    ] {
        let head = ask(&mut connection, "GET /_internal/help.json", &[field], b"");
        assert!(head.starts_with("HTTP/1.1 404 "), "{field}: {head}");
    }
}

#[test]
fn elements_by_the_thousand_get_a_400() {
    let server = server(|_| {});
    let mut connection = server.connect();
    for (count, status) in [(10_000, 200), (10_001, 400)] {
        let json = format!("{{\"item\": [{}]}}", vec!["0"; count].join(","));
        let fields = ["content-type: application/json"];
        assert_status(&ask(&mut connection, "PUT /cost", &fields, json.as_bytes()), status);
        let form = vec!["item=0"; count].join("&");
        let fields = ["content-type: application/x-www-form-urlencoded"];
        assert_status(&ask(&mut connection, "PUT /cost", &fields, form.as_bytes()), status);
    }
}
