//! The spans of requests and calls that a process sends to a collector.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    thread::JoinHandle,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::any_value::Value,
    trace::v1::{Span, span::SpanKind, status::StatusCode},
};
use prost::Message;
use wsgiservice_test_support::Server;

const SERVICE: &str = env!("CARGO_BIN_EXE_wire-service");
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// Accepts spans, until as many processes have sent their last.
struct Collector {
    address: String,
    received: JoinHandle<Vec<(String, Span)>>,
}

impl Collector {
    /// A collector for this number of requests with spans.
    fn start(requests: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let received = std::thread::spawn(move || {
            (0..requests).flat_map(|_| spans(&receive(&listener))).collect()
        });
        Self { address, received }
    }

    fn spans(self) -> Vec<(String, Span)> {
        self.received.join().expect("spans")
    }
}

/// Accepts a request, and returns its content.
fn receive(listener: &TcpListener) -> Vec<u8> {
    respond(listener, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

/// Accepts a request, responds so, and returns its content.
fn respond(listener: &TcpListener, response: &[u8]) -> Vec<u8> {
    let (stream, _) = listener.accept().expect("a connection");
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_lowercase()),
        }
    }
    assert!(head[0].starts_with("post /v1/traces http/1.1"), "{head:?}");
    assert!(head.iter().any(|line| line == "content-type: application/x-protobuf"), "{head:?}");
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: "));
    let mut content = vec![0; length.expect("a length").parse().expect("a number")];
    reader.read_exact(&mut content).expect("content");
    reader.get_mut().write_all(response).expect("sent");
    content
}

/// The spans in the content of a request, each with the name of its service.
fn spans(content: &[u8]) -> Vec<(String, Span)> {
    let request = ExportTraceServiceRequest::decode(content).expect("spans");
    let mut spans = Vec::new();
    for resource in request.resource_spans {
        let attributes = &resource.resource.as_ref().expect("a resource").attributes;
        let name = attributes.iter().find(|it| it.key == "service.name").expect("a name");
        let Some(Value::StringValue(name)) = name.value.clone().and_then(|it| it.value) else {
            panic!("a name");
        };
        let all = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
        spans.extend(all.map(|span| (name.clone(), span)));
    }
    spans
}

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attribute(span: &Span, key: &str) -> Option<String> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_and_the_call_that_it_leads_to_are_one_trace() {
    for (method, prefix) in [("GET", ""), ("POST", ""), ("GET", "/layered"), ("POST", "/layered")] {
        one_trace(method, prefix);
    }
}

fn one_trace(method: &str, prefix: &str) {
    let collector = Collector::start(2);
    let arguments = ["--otlp", &collector.address, "--log", "off", "--hosts", "other"];
    let [front, back] = [(); 2].map(|()| Server::start(SERVICE, &arguments));
    let (_, port) = back.address().rsplit_once(':').expect("a port");
    let parent = format!("traceparent: 00-{TRACE}-{PARENT}-01\r\n");
    let response = front.ask(method, &format!("{prefix}/call/{port}/a"), &parent, "");
    assert_eq!(response.content, "\"204 No Content\"");
    // They send their last spans when they stop.
    back.stop("-TERM");
    front.stop("-TERM");
    let spans: Vec<_> = collector.spans().into_iter().map(|(_, span)| span).collect();
    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE), "{spans:?}");
    let child_of = |parent: &str| {
        spans.iter().find(|span| hex(&span.parent_span_id) == parent).expect("a child")
    };
    let mut parent = PARENT.to_owned();
    let mut chain = Vec::new();
    for _ in 0..spans.len().min(4) {
        let span = child_of(&parent);
        parent = hex(&span.span_id);
        chain.push((span.name.as_str(), span.kind()));
    }
    let name = format!("{method} {prefix}/call/{{port}}/{{word}}");
    let expected = [
        (name.as_str(), SpanKind::Server),
        ("call", SpanKind::Internal),
        ("attempt", SpanKind::Client),
        ("GET /logged/{word}", SpanKind::Server),
    ];
    assert_eq!(chain, expected);
}

#[test]
fn an_attempt_that_fails_is_an_error_in_its_span() {
    let collector = Collector::start(1);
    let back = Server::start(SERVICE, &["--log", "off"]);
    let front = Server::start(SERVICE, &["--otlp", &collector.address, "--log", "off"]);
    let (_, port) = back.address().rsplit_once(':').expect("a port");
    // It does not know the name by which it is called.
    let called = front.get(&format!("/call/{port}/a"));
    assert_eq!(called.content, "\"421 Misdirected Request\"");
    front.stop("-TERM");
    let spans = collector.spans();
    let (_, attempt) = spans.iter().find(|(_, span)| span.name == "attempt").expect("an attempt");
    assert_eq!(attribute(attempt, "http.response.status_code").as_deref(), Some("421"));
    assert_eq!(attribute(attempt, "error.type").as_deref(), Some("421"));
    assert_eq!(attempt.status.as_ref().map(|it| it.code()), Some(StatusCode::Error));
    let (_, request) = spans.iter().find(|(_, span)| span.kind() == SpanKind::Server).expect("one");
    assert_eq!(
        request.status.as_ref().map_or(StatusCode::Unset, |it| it.code()),
        StatusCode::Unset
    );
}

#[test]
fn the_span_of_a_request_has_the_names_of_opentelemetry() {
    let collector = Collector::start(1);
    let server = Server::start(SERVICE, &["--otlp", &collector.address, "--log", "off"]);
    let id = "x-request-id: proxy-7\r\n";
    assert_eq!(server.ask("GET", "/logged/a?b=c", id, "").status(), "204");
    assert_eq!(server.get("/broken/nowhere").status(), "404");
    server.stop("-TERM");
    let spans = collector.spans();
    assert_eq!(spans.len(), 2);
    let (service, span) = &spans[0];
    assert_eq!((service.as_str(), span.name.as_str()), ("wire-service", "GET /logged/{word}"));
    for (key, expected) in [
        ("http.request.method", "GET"),
        ("http.route", "/logged/{word}"),
        ("http.response.status_code", "204"),
        ("http.response.body.size", "0"),
        ("url.path", "/logged/a"),
        ("url.scheme", "http"),
        ("request_id", "proxy-7"),
        ("client.address", "127.0.0.1"),
    ] {
        assert_eq!(attribute(span, key).as_deref(), Some(expected), "{key}");
    }
    let events: Vec<_> = span.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(events, ["within the method", "later in the method"]);
    let (_, unmatched) = &spans[1];
    assert_eq!(unmatched.name, "GET");
    assert_eq!(attribute(unmatched, "http.route"), None);
    assert!(unmatched.status.as_ref().is_none_or(|status| status.code() == StatusCode::Unset));
}

#[test]
fn the_lines_of_a_request_have_the_trace_of_its_span() {
    let collector = Collector::start(1);
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let mut command = std::process::Command::new(SERVICE);
    command.stderr(std::fs::File::create(&log).expect("a file"));
    let server = Server::start_command(command, &["--otlp", &collector.address]);
    assert_eq!(server.get("/logged/a").status(), "204");
    server.stop("-TERM");
    let (_, span) = &collector.spans()[0];
    let log = std::fs::read_to_string(log).expect("the log");
    let trace = format!(" trace_id={}", hex(&span.trace_id));
    assert_eq!(log.lines().filter(|line| line.ends_with(&trace)).count(), 3, "{log}");
    assert!(!log.contains("request{"), "the line of the request says it: {log}");
}

#[test]
fn a_trace_that_is_not_valid_is_not_taken_up() {
    let collector = Collector::start(1);
    let server = Server::start(SERVICE, &["--otlp", &collector.address, "--log", "off"]);
    let valid = format!("traceparent: 00-{TRACE}-{PARENT}-01\r\n");
    let fields = [
        format!("traceparent: 00-{TRACE}-{PARENT}-01-\r\n"),
        format!("traceparent: 00-{TRACE}-1-01\r\n"),
        format!("traceparent: ff-{TRACE}-{PARENT}-01\r\n"),
        valid.clone() + &valid,
    ];
    for fields in &fields {
        assert_eq!(server.ask("GET", "/logged/a", fields, "").status(), "204");
    }
    // The client does not want this one to be recorded.
    let unsampled = valid.replace("-01\r", "-00\r");
    assert_eq!(server.ask("GET", "/logged/a", &unsampled, "").status(), "204");
    server.stop("-TERM");
    let spans = collector.spans();
    assert_eq!(spans.len(), fields.len(), "{spans:?}");
    assert!(spans.iter().all(|(_, span)| hex(&span.trace_id) != TRACE), "{spans:?}");
}

#[test]
fn each_way_out_ends_one_span() {
    let collector = Collector::start(1);
    let server = Server::start(SERVICE, &["--otlp", &collector.address, "--log", "off"]);
    for (method, target, status) in [
        ("OPTIONS", "*", "204"),
        ("HEAD", "/large", "200"),
        ("DELETE", "/large", "405"),
        ("PUT", "/file", "200"),
    ] {
        assert_eq!(server.ask(method, target, "", "").status(), status, "{method} {target}");
    }
    assert_eq!(server.ask("GET", "/large", "host: other.example\r\n", "").status(), "400");
    // Its content panics.
    let mut broken = TcpStream::connect(server.address()).expect("a connection");
    broken.write_all(b"GET /broken HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("sent");
    let _ = broken.read_to_end(&mut Vec::new());
    for malformed in ["GET / HTTP/1.1\r\nno field\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut stream = TcpStream::connect(server.address()).expect("a connection");
        stream.write_all(malformed.as_bytes()).expect("sent");
        stream.read_to_end(&mut Vec::new()).expect("a response");
    }
    server.stop("-TERM");
    let spans = collector.spans();
    let mut ended: Vec<_> = spans
        .iter()
        .map(|(_, span)| attribute(span, "http.response.status_code").expect("a status"))
        .collect();
    ended.sort();
    assert_eq!(ended, ["200", "200", "200", "204", "400", "400", "405", "505"], "{spans:?}");
}

#[test]
fn a_service_stops_although_its_collector_does_not_respond() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let server = Server::start(SERVICE, &["--otlp", &address, "--log", "off"]);
    assert_eq!(server.get("/logged/a").status(), "204");
    assert!(server.stop("-TERM").success());
}

#[test]
fn a_collector_that_refuses_spans_hinders_nobody_and_is_told_once() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let mut command = std::process::Command::new(SERVICE);
    command.stderr(std::fs::File::create(&log).expect("a file"));
    command.env("OTEL_BSP_SCHEDULE_DELAY", "1");
    let server = Server::start_command(command, &["--otlp", &address, "--log", "wsgiservice=warn"]);
    for _ in 0..3 {
        assert_eq!(server.get("/logged/a").status(), "204");
        let refusal = b"HTTP/1.1 413 a\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        respond(&listener, refusal);
    }
    assert!(server.stop("-TERM").success());
    let log = std::fs::read_to_string(log).expect("the log");
    assert_eq!(log.matches("spans are lost").count(), 1, "{log}");
}
