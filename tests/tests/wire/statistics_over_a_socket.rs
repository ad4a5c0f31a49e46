//! What is counted of connections, and of requests that never become an exchange.

use std::{
    io::{Read, Write},
    thread,
};

use serde_json::Value;

use super::{
    limits::{Connection, Server},
    statistics::{found, statuses},
};

/// The statistics, over a connection of its own.
fn statistics(server: &Server) -> Value {
    let mut connection = server.connect();
    connection
        .send("GET /_internal/stats.json HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let response = connection.rest();
    let (_, content) = response.split_once("\r\n\r\n").expect("a head");
    serde_json::from_str(content).expect("JSON")
}

/// Asks for the statistics until they are as expected: what a server notices of a client that is gone takes a moment.
fn eventually(server: &Server, expected: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..2_000 {
        let told = statistics(server);
        if expected(&told) {
            return told;
        }
        thread::yield_now();
    }
    panic!("{:#}", statistics(server))
}

#[test]
fn a_load_on_several_connections_is_counted_exactly() {
    let server = Server::start(|_| {});
    thread::scope(|scope| {
        for _ in 0..8 {
            let mut connection = server.connect();
            scope.spawn(move || {
                for _ in 0..25 {
                    // Pipelined.
                    connection.get("/a").get("/b").get("/none/at/all");
                    let put = "PUT /a HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\n\r\n123";
                    connection.send(put);
                    (0..4).for_each(|_| drop(connection.response()));
                }
            });
        }
    });
    let statistics = statistics(&server);
    assert_eq!(statuses(&statistics, "/{kind}", "GET"), "200: 400");
    assert_eq!(statuses(&statistics, "/{kind}", "PUT"), "200: 200");
    assert_eq!(statuses(&statistics, "unmatched", "GET"), "404: 200");
    let bytes = |method, what: &str| {
        found(&statistics, "/{kind}", method).expect("a method")[what].as_u64()
    };
    assert_eq!(bytes("GET", "sent_bytes"), Some(800));
    assert_eq!(bytes("PUT", "received_bytes"), Some(600));
    assert_eq!(statistics["connections"]["accepted"], 9);
}

#[test]
fn connections_are_open_until_they_are_closed() {
    let server = Server::start(|_| {});
    let connections: Vec<_> = (0..5).map(|_| server.connect()).collect();
    eventually(&server, |it| it["connections"]["open"] == 6);
    drop(connections);
    let after = eventually(&server, |it| it["connections"]["open"] == 1);
    assert!(after["connections"]["accepted"].as_u64() >= Some(7));
}

#[test]
fn requests_that_are_shed_count_for_their_resource() {
    let server = Server::start(|limits| limits.requests = 1);
    let mut waiting = server.connect();
    waiting.get("/wait");
    server.expect("begun");
    let mut other = server.connect();
    for target in ["/a", "/b", "/none/at/all"] {
        assert!(other.get(target).response().starts_with("HTTP/1.1 503 "));
    }
    let during = statistics(&server);
    assert_eq!(statuses(&during, "/{kind}", "GET"), "503: 2");
    assert_eq!(statuses(&during, "unmatched", "GET"), "503: 1");
    assert_eq!(during["shed"], 3);
    assert_eq!(found(&during, "/{kind}", "GET").expect("a method")["in_flight"], 1);
    server.may_end.notify_waiters();
    waiting.response();
    assert_eq!(statuses(&statistics(&server), "/{kind}", "GET"), "200: 1, 503: 2");
}

#[test]
fn malformed_heads_count_for_no_resource() {
    let server = Server::start(|_| {});
    for (request, status) in [
        ("GET /a b HTTP/1.1\r\nhost: a\r\n\r\n", 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("GET /a HTTP/1.1\r\n\r\n", 400),
    ] {
        let response = server.connect().send(request).rest();
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
    }
    let statistics = statistics(&server);
    // hyper cannot parse the first two, so that their method is unknown.
    assert_eq!(statuses(&statistics, "unmatched", "_OTHER"), "400: 1, 505: 1");
    assert_eq!(statuses(&statistics, "unmatched", "GET"), "400: 1");
    assert_eq!(statuses(&statistics, "/{kind}", "GET"), "");
}

#[test]
fn clients_that_go_away_are_counted() {
    let server = Server::start(|_| {});
    let mut waiting = server.connect();
    waiting.get("/wait");
    server.expect("begun");
    drop(waiting);
    eventually(&server, |it| statuses(it, "/{kind}", "GET") == "499: 1");
    // One that leaves in the middle of a stream got its status.
    let mut stream = server.connect();
    stream.get("/stream");
    stream.0.read_exact(&mut [0; 1 << 10]).expect("a part");
    drop(stream);
    let after = eventually(&server, |it| statuses(it, "/{kind}", "GET") == "200: 1, 499: 1");
    let method = found(&after, "/{kind}", "GET").expect("a method");
    assert_eq!((&method["cut_off"], &method["in_flight"]), (&1.into(), &0.into()));
    // What may change something goes on.
    let mut changing = server.connect();
    changing.send("PUT /wait HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n\r\na");
    (0..3).for_each(|_| server.expect("dropped"));
    server.expect("begun");
    drop(changing);
    // The method waits when the server responds to this.
    statistics(&server);
    server.may_end.notify_waiters();
    eventually(&server, |it| statuses(it, "/{kind}", "PUT") == "200: 1");
}

#[test]
fn large_responses_count_when_they_were_handed_over() {
    let server = Server::start(|_| {});
    let mut connection: Connection = server.connect();
    connection.0.write_all(b"GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("sent");
    connection.response();
    let statistics = statistics(&server);
    let method = found(&statistics, "/{kind}", "GET").expect("a method");
    assert_eq!(method["sent_bytes"], 16 << 20);
}
