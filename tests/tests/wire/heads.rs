//! Heads of requests that a strict server refuses, over a socket.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use wsgiservice_test_support::Server;

fn server() -> Server {
    Server::start(env!("CARGO_BIN_EXE_wire-service"), &[])
}

/// Sends bytes, and reads until the server closes the connection.
fn exchange(server: &Server, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    stream.write_all(request).expect("sent");
    let mut responses = String::new();
    stream.read_to_string(&mut responses).expect("a response");
    responses
}

/// Asserts that the last response is a problem document with this status, after which the connection was closed.
fn assert_refused(response: &str, status: u16, request: &str) {
    let request = request.get(..300).unwrap_or(request);
    let last = response.rfind("HTTP/1.1 ").and_then(|start| response.get(start..));
    let last = last.unwrap_or_else(|| panic!("no response to {request}"));
    let (head, content) = last.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {last}");
    assert!(head.contains("\r\nconnection: close"), "{request}: {last}");
    let problem: serde_json::Value = serde_json::from_str(content).expect("a problem document");
    assert_eq!(problem["status"], status, "{request}: {last}");
    for member in ["type", "title", "detail", "instance", "error"] {
        assert!(problem[member].is_string(), "{request}: {member} in {last}");
    }
}

/// Asserts the status of a request with this request line and these header lines, and that nothing behind it is read.
fn refused(server: &Server, line: &str, fields: &str, status: u16) {
    let smuggled = "GET /word/smuggled/1 HTTP/1.1\r\nhost: a\r\n\r\n";
    let request = format!("{line}\r\n{fields}\r\n{smuggled}");
    let response = exchange(server, request.as_bytes());
    assert!(!response.contains("\"smuggled\""), "{request}: {response}");
    assert_refused(&response, status, &request);
}

const GET: &str = "GET /word/a/1 HTTP/1.1";
const PUT: &str = "PUT /file HTTP/1.1";
const HOST: &str = "host: a\r\n";

#[test]
fn a_request_has_one_valid_host() {
    let server = server();
    for fields in [
        "",
        "host: a\r\nhost: a\r\n",
        "host: a\r\nhost: b\r\n",
        "host:\r\n",
        "host: a b\r\n",
        "host: a/<>\r\n",
        "host: u@a\r\n",
        "host: a:port\r\n",
        "host: a, b\r\n",
    ] {
        refused(&server, GET, fields, 400);
    }
    for request in ["GET /word/a/1 HTTP/1.0\r\n\r\n", "GET /word/a/1 HTTP/1.0\r\nhost: a\r\n\r\n"] {
        let response = exchange(&server, request.as_bytes());
        assert!(response.contains(" 200 "), "{request}: {response}");
    }
}

#[test]
fn the_length_of_content_is_stated_once() {
    let server = server();
    for (fields, status) in [
        ("content-length: 1\r\ncontent-length: 1\r\n", 400),
        ("content-length: 1\r\ncontent-length: 2\r\n", 400),
        ("content-length: 1\r\ntransfer-encoding: chunked\r\n", 400),
        ("transfer-encoding: chunked\r\ncontent-length: 1\r\n", 400),
        ("content-length: 1, 1\r\n", 400),
        ("content-length: +1\r\n", 400),
        ("content-length: -1\r\n", 400),
        ("content-length: a\r\n", 400),
        ("content-length:\r\n", 400),
    ] {
        refused(&server, PUT, &format!("{HOST}{fields}"), status);
    }
}

#[test]
fn content_that_is_too_long_gets_a_413_before_it_is_sent() {
    let server = server();
    for length in [
        "10000000000",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551614",
        "18446744073709551615",
        "18446744073709551616",
    ] {
        refused(&server, PUT, &format!("{HOST}content-length: {length}\r\n"), 413);
    }
}

#[test]
fn chunked_is_the_only_transfer_coding() {
    let server = server();
    for (coding, status) in [
        ("gzip, chunked", 501),
        ("bogus, chunked", 501),
        ("chunked, chunked", 400),
        ("gzip", 400),
        ("chunked, gzip", 400),
        ("identity", 400),
    ] {
        refused(&server, PUT, &format!("{HOST}transfer-encoding: {coding}\r\n"), status);
    }
    let twice = "transfer-encoding: chunked\r\n".repeat(2);
    refused(&server, PUT, &format!("{HOST}{twice}"), 400);
    refused(&server, "PUT /file HTTP/1.0", "transfer-encoding: chunked\r\n", 400);
}

#[test]
fn malformed_chunks_get_a_400() {
    let server = server();
    for chunks in ["g\r\n", "1\r\nab\r\n", "ffffffffffffffff1\r\n"] {
        let request = format!("{PUT}\r\n{HOST}transfer-encoding: chunked\r\n\r\n{chunks}");
        assert_refused(&exchange(&server, request.as_bytes()), 400, &request);
    }
}

#[test]
fn the_syntax_of_fields_is_strict() {
    let server = server();
    for fields in ["a: b\r\n c\r\n", "a : b\r\n", "a: \0\r\n", "a: b\rc\r\n", ": b\r\n", "a\r\n"] {
        refused(&server, GET, &format!("{HOST}{fields}"), 400);
    }
}

#[test]
fn a_head_is_bounded() {
    let server = server();
    let many = "a: b\r\n".repeat(100);
    refused(&server, GET, &format!("{HOST}{many}"), 431);
    let large = format!("a: {}\r\n", "b".repeat(33 << 10));
    refused(&server, GET, &format!("{HOST}{large}"), 431);
    let long = format!("GET /word/{}/1 HTTP/1.1", "a".repeat(9 << 10));
    refused(&server, &long, HOST, 414);
    let longest =
        format!("GET /word/{}/1 HTTP/1.1\r\n{HOST}connection: close\r\n\r\n", "a".repeat(8_000));
    assert!(exchange(&server, longest.as_bytes()).starts_with("HTTP/1.1 200 "));
}

#[test]
fn what_is_not_http_1_is_refused() {
    let server = server();
    for (bytes, status) in [
        ("\u{16}\u{3}\u{1}\u{2}hello\r\n\r\n", 400),
        ("GET /word/a/1\r\n\r\n", 400),
        ("GET /word/a/1 HTTP/2.0\r\nhost: a\r\n\r\n", 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ] {
        assert_refused(&exchange(&server, bytes.as_bytes()), status, bytes);
    }
}

#[test]
fn a_target_has_no_fragment_and_no_userinfo() {
    let server = server();
    for target in ["/word/a/1#b", "/word/a/1?a#b", "http://a/word/a/1#b"] {
        refused(&server, &format!("GET {target} HTTP/1.1"), HOST, 400);
    }
}

#[test]
fn an_unknown_expectation_gets_a_417() {
    let server = server();
    for expectation in ["foo", "100-continue, foo"] {
        let fields = format!("{HOST}expect: {expectation}\r\ncontent-length: 1\r\n");
        refused(&server, PUT, &fields, 417);
    }
    let known = format!(
        "{PUT}\r\n{HOST}expect: 100-Continue\r\nconnection: close\r\ncontent-length: 1\r\n\r\na"
    );
    let response = exchange(&server, known.as_bytes());
    assert!(response.contains("HTTP/1.1 200 "), "{response}");
}

#[test]
fn requests_before_a_refused_one_are_answered() {
    let server = server();
    let good = format!("GET /word/good/1 HTTP/1.1\r\n{HOST}\r\n");
    for bad in [
        "GET /word/a/1 HTTP/1.1\r\n\r\n",
        "GET /word/a/1#b HTTP/1.1\r\nhost: a\r\n\r\n",
        "PUT /file HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na",
        "GET /word/a/1 HTTP/1.1\r\nhost : a\r\n\r\n",
    ] {
        let request = format!("{good}{good}{bad}{good}");
        let response = exchange(&server, request.as_bytes());
        assert_eq!(response.matches("\"good\"").count(), 2, "{request}: {response}");
        assert_refused(&response, 400, &request);
    }
}

#[test]
fn a_service_on_a_loopback_address_has_no_names_but_its_own() {
    let server = server();
    for host in ["a", "a:80", "localhost:8001", "127.0.0.1:8001", "[::1]", "Wire-Service"] {
        let request = format!("{GET}\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        let response = exchange(&server, request.as_bytes());
        assert!(response.starts_with("HTTP/1.1 200 "), "{host}: {response}");
    }
    for host in
        ["evil.example", "evil.example:8001", "localhost.evil.example", "127.0.0.1.evil.example"]
    {
        for _ in 0..2 {
            refused(&server, GET, &format!("host: {host}\r\n"), 421);
        }
    }
}

#[test]
fn what_a_request_hides_does_not_hide_the_next_one() {
    let server = server();
    let twice = "PUT /file HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na";
    let both = "PUT /file HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    for first in [
        "A# /word/a/1 HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET /word/a/1 HTTP/1.1\r\nhost: a\r\n\r\n",
        "PUT /file HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\na: b\r\n\r\n",
    ] {
        for second in [twice, both] {
            let request = format!("{first}{second}{GET}\r\n{HOST}\r\n");
            let response = exchange(&server, request.as_bytes());
            assert_eq!(response.matches("HTTP/1.1 ").count(), 2, "{request}: {response}");
            assert_refused(&response, 400, &request);
        }
    }
}

#[test]
fn a_fragment_after_empty_lines_is_found() {
    let request = format!("{}GET /a#b HTTP/1.1\r\n{HOST}\r\n", "\r\n".repeat(8));
    assert_refused(&exchange(&server(), request.as_bytes()), 400, &request);
}

#[test]
fn a_bare_line_feed_in_trailers_ends_the_connection() {
    let head = format!("{PUT}\r\n{HOST}transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n");
    for trailers in ["\n", "a: b\n\r\n"] {
        let request = format!("{head}{trailers}{GET}\r\n{HOST}\r\n");
        let response = exchange(&server(), request.as_bytes());
        assert_eq!(response.matches("HTTP/1.1 ").count(), 1, "{request}: {response}");
        assert_refused(&response, 400, &request);
    }
}

/// A `PUT` with this content in chunks, whose head also has these fields.
fn chunked(fields: &str, content: &str) -> [String; 2] {
    let head = format!("{PUT}\r\n{HOST}transfer-encoding: chunked\r\n{fields}\r\n");
    [head, content.to_owned()]
}

#[test]
fn long_trailers_get_a_400_and_the_connection_is_closed() {
    let server = server();
    let smuggled = "GET /word/smuggled/1 HTTP/1.1\r\nhost: a\r\n\r\n";
    for trailers in [
        format!("a: {}\r\n", "b".repeat(17_000)),
        format!("a:{}b\r\n", " ".repeat(17_000)),
        format!("a: {}\r\n", "b".repeat(300)).repeat(60),
        format!("a: {}\r\n", "b".repeat(100_000)),
    ] {
        let [head, content] = chunked("", &format!("1\r\nx\r\n0\r\n{trailers}\r\n{smuggled}"));
        let response = exchange(&server, format!("{head}{content}").as_bytes());
        assert_refused(&response, 400, &trailers);
        assert!(!response.contains("\"smuggled\""), "{response}");

        let before = "GET /word/before/1 HTTP/1.1\r\nhost: a\r\n\r\n";
        let response = exchange(&server, format!("{before}{head}{content}").as_bytes());
        assert!(response.contains("\"before\""), "{response}");
        assert_refused(&response, 400, &trailers);
    }
    let trailers = format!("a: {}\r\n", "b".repeat(16_000));
    let [head, content] =
        chunked("connection: close\r\n", &format!("1\r\nx\r\n0\r\n{trailers}\r\n"));
    let response = exchange(&server, format!("{head}{content}").as_bytes());
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
}

#[test]
fn long_trailers_that_arrive_after_the_head_get_a_400() {
    let server = server();
    let trailers = format!("a: {}\r\n", "b".repeat(17_000));
    let [head, content] =
        chunked("expect: 100-continue\r\n", &format!("1\r\nx\r\n0\r\n{trailers}\r\n"));
    let mut stream = TcpStream::connect(server.address()).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    stream.write_all(head.as_bytes()).expect("sent");
    let mut interim = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut interim).expect("an interim response");
    stream.write_all(content.as_bytes()).expect("sent");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("a response");
    assert_refused(&response, 400, &head);
}

#[test]
fn long_chunk_extensions_get_a_400_and_the_connection_is_closed() {
    let server = server();
    for chunks in [
        format!("1;{}\r\nx\r\n", "a".repeat(17_000)),
        format!("1;{}\r\nx\r\n", "a".repeat(100)).repeat(300),
    ] {
        let [head, content] = chunked("", &format!("{chunks}0\r\n\r\n"));
        let response = exchange(&server, format!("{head}{content}").as_bytes());
        assert_refused(&response, 400, &chunks);
    }
    let [head, content] =
        chunked("connection: close\r\n", &format!("1;{}\r\nx\r\n0\r\n\r\n", "a".repeat(16_000)));
    let response = exchange(&server, format!("{head}{content}").as_bytes());
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
}
