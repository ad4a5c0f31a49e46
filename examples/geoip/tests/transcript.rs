//! The example, as whoever runs it sees it: its command line, and its answers on a socket.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, ExitStatus, Output, Stdio},
};

/// The example, listening on a port of its own.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start() -> Self {
        let mut process =
            geoip(&["--bind", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let address =
            line.trim().strip_prefix("geoip listens on http://").expect("where it listens");
        Self { process, address: address.trim_end_matches('/').to_owned() }
    }

    /// The head and the content of an answer.
    fn ask(&self, method: &str, target: &str, fields: &str) -> (String, String) {
        let request = format!(
            "{method} {target} HTTP/1.1\r\nhost: geoip\r\nconnection: close\r\n{fields}\r\n"
        );
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, content) = answer.split_once("\r\n\r\n").expect("a head and content");
        (head.to_owned(), content.to_owned())
    }

    fn get(&self, target: &str) -> (String, String) {
        self.ask("GET", target, "")
    }

    /// Tells it to stop, and waits until it has.
    fn stop(mut self, signal: &str) -> ExitStatus {
        let id = self.process.id().to_string();
        Command::new("kill").args([signal, &id]).status().expect("told");
        self.process.wait().expect("its end")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn geoip(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_geoip"));
    command.args(arguments);
    command
}

fn output(arguments: &[&str]) -> Output {
    geoip(arguments).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn has_field(head: &str, field: &str) -> bool {
    head.split("\r\n").any(|line| line.eq_ignore_ascii_case(field))
}

#[test]
fn an_address_is_answered_as_json() {
    let (head, content) = Server::start().get("/1/130.59.31.80");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert_eq!(content, r#"{"country_code":"CH"}"#);
    for field in
        ["content-type: application/json", "cache-control: max-age=31536000", "vary: Accept"]
    {
        assert!(has_field(&head, field), "{field} in {head}");
    }
    assert!(head.contains("\r\nexpires: "), "{head}");
}

#[test]
fn an_ipv6_address_is_answered_too() {
    assert_eq!(Server::start().get("/1/2001:620::1").1, r#"{"country_code":"CH"}"#);
}

#[test]
fn xml_is_answered_by_extension_and_by_accept() {
    let server = Server::start();
    let expected = "<response><country_code>CH</country_code></response>";
    let (head, content) = server.get("/1/130.59.31.80.xml");
    assert_eq!(content, expected);
    assert!(!head.contains("\r\nvary: "), "{head}");
    assert_eq!(server.ask("GET", "/1/130.59.31.80", "accept: text/xml\r\n").1, expected);
}

#[test]
fn an_address_in_no_country_is_a_404_that_is_not_cacheable_for_a_year() {
    let (head, content) = Server::start().get("/1/10.0.0.1");
    assert!(head.starts_with("HTTP/1.1 404 Not Found\r\n"), "{head}");
    assert!(has_field(&head, "content-type: application/problem+json"), "{head}");
    assert!(!head.contains("\r\ncache-control: "), "{head}");
    assert!(content.contains(r#""error":"Not Found""#), "{content}");
}

#[test]
fn what_is_no_address_is_a_400_that_names_the_parameter() {
    let server = Server::start();
    for target in ["/1/1.2.3", "/1/999.1.1.1", "/1/::g"] {
        let (head, content) = server.get(target);
        assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{head}");
        assert!(content.contains(r#""name":"ip""#), "{content}");
    }
}

#[test]
fn another_method_is_not_allowed_or_not_implemented() {
    let server = Server::start();
    let (head, _) = server.ask("PUT", "/1/130.59.31.80", "");
    assert!(head.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"), "{head}");
    assert!(has_field(&head, "allow: GET, HEAD, OPTIONS"), "{head}");
    let (head, _) = server.ask("BREW", "/1/130.59.31.80", "");
    assert!(head.starts_with("HTTP/1.1 501 Not Implemented\r\n"), "{head}");
}

#[test]
fn what_a_client_has_is_not_sent_again() {
    let server = Server::start();
    let (head, _) = server.get("/1/130.59.31.80");
    let etag = head.split("\r\n").find_map(|line| line.strip_prefix("etag: ")).expect("a tag");
    let (head, content) =
        server.ask("GET", "/1/130.59.31.80", &format!("if-none-match: {etag}\r\n"));
    assert!(head.starts_with("HTTP/1.1 304 Not Modified\r\n"), "{head}");
    assert_eq!(content, "");
}

#[test]
fn it_ends_in_order_when_it_is_told_to() {
    for signal in ["-TERM", "-INT"] {
        assert_eq!(Server::start().stop(signal).code(), Some(0), "{signal}");
    }
}

#[test]
fn help_and_version_are_told() {
    let help = text(&output(&["--help"]).stdout);
    for expected in
        ["country an IP address is", "--bind", "[default: 127.0.0.1:8001]", "--database"]
    {
        assert!(help.contains(expected), "{expected} in {help}");
    }
    let version = text(&output(&["--version"]).stdout);
    assert_eq!(version.trim(), concat!("geoip ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = output(&["--bind", &address]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(&format!("cannot listen on {address}")));
}

#[test]
fn a_database_that_cannot_be_read_is_named() {
    let output = output(&["--database", "no-such-file.mmdb"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("no-such-file.mmdb is no MaxMind database that can be read")
    );
}
