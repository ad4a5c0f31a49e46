//! Clients that close their connection, or half of it, while the server computes the response. With each runtime.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
};

use wsgiservice_test_support::Server;

use super::stopping::{LONG, begin_with, connect, is_closed, servers_with};

const INTERIM: &str = "HTTP/1.1 100 Continue\r\n\r\n";

/// Seconds, of which a tenth is the time between two interim responses.
const SHORT: &str = "0.1";

/// The test service with each runtime in turn. Each client that half-closes gets one interim response.
fn servers() -> impl Iterator<Item = Server> {
    servers_with(["--limits-response-pause", LONG])
}

/// The test service with each runtime in turn, which sends interim responses often.
fn servers_that_ask_often() -> impl Iterator<Item = Server> {
    servers_with(["--limits-response-pause", SHORT])
}

/// Begins work of this kind, with these requests behind it.
fn begin(server: &Server, line: &str, rest: &str) -> (TcpStream, TcpStream) {
    let (method, kind) = line.split_once(' ').expect("a method and a kind of work");
    begin_with(server, |port| {
        format!("{method} /work/{kind}/{port} HTTP/1.1\r\nhost: a\r\n\r\n{rest}")
    })
}

fn half_close(client: &TcpStream) {
    client.shutdown(Shutdown::Write).expect("half closed");
}

/// Reads as many bytes as an interim response has.
fn interim(client: &mut TcpStream) -> String {
    let mut interim = [0; INTERIM.len()];
    client.read_exact(&mut interim).expect("an interim response");
    String::from_utf8_lossy(&interim).into_owned()
}

fn rest(client: &mut TcpStream) -> String {
    let mut rest = String::new();
    client.read_to_string(&mut rest).expect("responses");
    rest
}

/// Lets the server look at the client some times, and then ends the work.
fn tell(work: &mut TcpStream) {
    for word in b"....................!" {
        work.write_all(&[*word]).expect("told");
        work.read_exact(&mut [0]).expect("repeated");
    }
}

const WORD: &str = "GET /word/a/1 HTTP/1.1\r\nhost: a\r\n\r\n";

#[test]
fn a_request_that_retrieves_is_dropped_when_its_client_closes() {
    for server in servers() {
        for method in ["GET", "HEAD"] {
            for rest in ["", WORD] {
                let (client, mut work) = begin(&server, &format!("{method} async"), rest);
                drop(client);
                assert!(is_closed(&mut work), "{method}");
            }
        }
    }
}

#[test]
fn a_client_that_has_sent_more_is_noticed_when_it_closes() {
    for server in servers() {
        for more in ["G", WORD, &WORD.repeat(100)] {
            let (mut client, mut work) = begin(&server, "GET async", "");
            client.write_all(more.as_bytes()).expect("sent");
            drop(client);
            assert!(is_closed(&mut work), "{more}");
        }
    }
}

#[test]
fn a_client_that_closes_after_it_has_half_closed_is_noticed() {
    for server in servers_that_ask_often() {
        for rest in ["", WORD, "G"] {
            let (mut client, mut work) = begin(&server, "GET async", rest);
            half_close(&client);
            assert_eq!(interim(&mut client), INTERIM);
            drop(client);
            assert!(is_closed(&mut work), "{rest}");
        }
    }
}

#[test]
fn a_client_that_waits_for_long_after_it_has_half_closed_gets_its_response() {
    for server in servers_that_ask_often() {
        let (mut client, mut work) = begin(&server, "PUT told", WORD);
        half_close(&client);
        for _ in 0..3 {
            assert_eq!(interim(&mut client), INTERIM);
        }
        tell(&mut work);
        let rest = rest(&mut client);
        let responses = rest.trim_start_matches(INTERIM);
        assert!(responses.starts_with("HTTP/1.1 204 ") && responses.ends_with("\"a\""), "{rest}");
    }
}

#[test]
fn a_change_goes_on_and_knows_that_its_client_is_gone() {
    for server in servers() {
        for more in ["", "G"] {
            let (mut client, mut work) = begin(&server, "PUT abandoned", "");
            let mut word = [0; 4];
            work.read_exact(&mut word).expect("a word");
            assert_eq!(&word, b"here");
            client.write_all(more.as_bytes()).expect("sent");
            drop(client);
            work.read_exact(&mut word).expect("a word");
            assert_eq!(&word, b"gone");
        }
    }
}

#[test]
fn a_client_that_half_closes_gets_one_interim_response_and_its_response() {
    for server in servers() {
        for method in ["GET", "HEAD", "PUT"] {
            let (mut client, mut work) = begin(&server, &format!("{method} told"), "");
            half_close(&client);
            assert_eq!(interim(&mut client), INTERIM, "{method}");
            tell(&mut work);
            let rest = rest(&mut client);
            assert!(rest.starts_with("HTTP/1.1 2") && !rest.contains(" 100 "), "{method} {rest}");
        }
    }
}

#[test]
fn a_client_that_pipelines_and_half_closes_gets_all_responses() {
    for server in servers() {
        let (mut client, mut work) = begin(&server, "GET told", &WORD.repeat(3));
        half_close(&client);
        assert_eq!(interim(&mut client), INTERIM);
        tell(&mut work);
        let rest = rest(&mut client);
        assert_eq!(
            (rest.matches("HTTP/1.1 2").count(), rest.matches("\"a\"").count()),
            (4, 3),
            "{rest}"
        );
        assert!(!rest.contains(" 100 "), "{rest}");
    }
}

#[test]
fn a_client_of_http_1_0_gets_no_interim_response() {
    for server in servers() {
        let (mut client, mut work) = begin_with(&server, |port| {
            format!("GET /work/told/{port} HTTP/1.0\r\nhost: a\r\n\r\n")
        });
        half_close(&client);
        tell(&mut work);
        let rest = rest(&mut client);
        assert!(rest.contains(" 204 ") && !rest.contains(" 100 "), "{rest}");
    }
}

#[test]
fn content_that_is_cut_off_gets_no_interim_response() {
    for server in servers() {
        let mut client = connect(&server);
        let request = "PUT /file HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc";
        client.write_all(request.as_bytes()).expect("sent");
        half_close(&client);
        let rest = rest(&mut client);
        assert!(rest.starts_with("HTTP/1.1 400 "), "{rest}");
    }
}

#[test]
fn content_that_nobody_reads_gets_no_interim_response() {
    for server in servers() {
        let (mut client, mut work) = begin_with(&server, |port| {
            let fields = "host: a\r\ncontent-length: 3\r\nexpect: 100-continue";
            format!("GET /work/told/{port} HTTP/1.1\r\n{fields}\r\n\r\n")
        });
        half_close(&client);
        tell(&mut work);
        let rest = rest(&mut client);
        assert!(rest.starts_with("HTTP/1.1 204 "), "{rest}");
    }
}

#[test]
fn a_stream_has_no_interim_response_in_it() {
    for server in servers() {
        let mut client = connect(&server);
        client.write_all(b"GET /farewell HTTP/1.1\r\nhost: a\r\n\r\n").expect("sent");
        let mut begun = Vec::new();
        while !begun.ends_with(b"begun\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte).expect("a stream");
            begun.extend(byte);
        }
        half_close(&client);
        assert!(server.stop("-TERM").success());
        assert_eq!(rest(&mut client), "5\r\nended\r\n0\r\n\r\n");
    }
}
