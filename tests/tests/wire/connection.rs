//! Behaviour that only shows on a socket, tested with each runtime.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    thread,
    time::Duration,
};

use wsgiservice_test_support::Server;

use super::stopping::begin_with;

/// Starts the test service with each runtime in turn.
fn servers() -> impl Iterator<Item = Server> {
    let program = env!("CARGO_BIN_EXE_wire-service");
    ["per-core", "shared"]
        .into_iter()
        .map(|runtime| Server::start(program, &["--runtime", runtime]))
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).expect("a connection");
    // A response that never arrives fails the test instead of blocking it.
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    stream
}

/// Sends a request and reads the response until the server closes the connection.
fn exchange(server: &Server, request: &[u8]) -> String {
    let mut stream = connect(server);
    stream.write_all(request).expect("sent");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("a response");
    response
}

/// Sends `line`, a method and a target, on a new connection and returns the response.
fn response_to(server: &Server, line: &str) -> String {
    let request = format!("{line} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    exchange(server, request.as_bytes())
}

/// Pipelined requests, the last of which closes the connection.
fn pipeline(targets: &[String]) -> String {
    let request = |target: &String| {
        let close = if Some(target) == targets.last() { "connection: close\r\n" } else { "" };
        format!("GET {target} HTTP/1.1\r\nhost: a\r\n{close}\r\n")
    };
    targets.iter().map(request).collect()
}

/// Pipelined requests that keep the connection open.
fn lasting(targets: &[String]) -> String {
    pipeline(targets).replace("connection: close\r\n", "")
}

/// Opens a connection and requests `targets` on it, then returns it with an idle connection.
///
/// The idle connection makes sure that the busy one is not the server's only connection.
fn asking(server: &Server, targets: &[&str]) -> (TcpStream, TcpStream) {
    let idle = connect(server);
    let mut stream = connect(server);
    let targets: Vec<_> = targets.iter().map(|target| (*target).to_owned()).collect();
    stream.write_all(lasting(&targets).as_bytes()).expect("sent");
    (stream, idle)
}

/// Reads responses until they end with `end`.
fn responses_up_to(stream: &mut TcpStream, end: &str) -> String {
    let mut responses = Vec::new();
    let mut piece = [0; 1 << 12];
    while !responses.ends_with(end.as_bytes()) {
        match stream.read(&mut piece).expect("a response") {
            0 => panic!("the connection ended after {}", String::from_utf8_lossy(&responses)),
            length => responses.extend_from_slice(piece.get(..length).expect("what was read")),
        }
    }
    String::from_utf8(responses).expect("text")
}

/// The JSON strings in `responses`.
fn texts(responses: &str) -> Vec<&str> {
    let lines = responses.lines().filter_map(|line| line.strip_prefix('"'));
    lines.filter_map(|line| line.split('"').next()).collect()
}

/// A request with chunked content, whose length is not declared.
fn chunked(content: &[u8]) -> Vec<u8> {
    let head =
        "PUT /file HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut request = head.as_bytes().to_vec();
    for piece in content.chunks(1 << 14) {
        request.extend(format!("{:x}\r\n", piece.len()).bytes());
        request.extend(piece);
        request.extend(b"\r\n");
    }
    request.extend(b"0\r\n\r\n");
    request
}

#[test]
fn oversized_content_gets_a_413_even_if_the_client_keeps_sending() {
    let request = chunked(&vec![7; 8 << 20]);
    for server in servers() {
        for _ in 0..10 {
            let response = exchange(&server, &request);
            assert!(response.starts_with("HTTP/1.1 413 Content Too Large\r\n"), "{response}");
        }
    }
}

#[test]
fn pipelined_responses_keep_the_order_of_the_requests() {
    let words: Vec<_> = (0..500).map(|word| word.to_string()).collect();
    let targets: Vec<_> = words.iter().map(|word| format!("/word/{word}/1")).collect();
    for server in servers() {
        assert_eq!(texts(&exchange(&server, pipeline(&targets).as_bytes())), words);
    }
}

#[test]
fn each_connection_gets_its_own_responses() {
    for server in servers() {
        let mut streams: Vec<_> = (0..40).map(|_| connect(&server)).collect();
        let words = |number: usize| (0..30).map(move |word| format!("{number}-{word}"));
        for (number, stream) in streams.iter_mut().enumerate() {
            let targets: Vec<_> = words(number).map(|word| format!("/word/{word}/20")).collect();
            stream.write_all(lasting(&targets).as_bytes()).expect("sent");
        }
        for (number, stream) in streams.iter_mut().enumerate() {
            let expected: Vec<_> = words(number).map(|word| word.repeat(20)).collect();
            let end = format!("\"{}\"", expected.last().expect("a word"));
            assert_eq!(texts(&responses_up_to(stream, &end)), expected);
        }
    }
}

#[test]
fn a_slow_reader_blocks_no_other_connection_and_gets_every_response() {
    // 35 MB, more than the socket buffers hold.
    let words: Vec<_> = (0..5_000).map(|word| format!("{word:04}")).collect();
    let targets: Vec<_> = words.iter().map(|word| format!("/word/{word}/1750")).collect();
    for server in servers() {
        let mut slow = connect(&server);
        let mut sender = slow.try_clone().expect("another handle");
        let request = pipeline(&targets);
        let sending = thread::spawn(move || sender.write_all(request.as_bytes()));
        let mut others = [(); 4].map(|()| connect(&server));
        for word in 0..20 {
            for other in &mut others {
                let ask = lasting(&[format!("/word/{word}/1")]);
                other.write_all(ask.as_bytes()).expect("sent");
                responses_up_to(other, &format!("\"{word}\""));
            }
        }
        let mut responses = String::new();
        slow.read_to_string(&mut responses).expect("responses");
        sending.join().expect("a thread").expect("sent");
        let expected: Vec<_> = words.iter().map(|word| word.repeat(1750)).collect();
        assert!(texts(&responses) == expected, "{} responses", texts(&responses).len());
    }
}

#[test]
fn a_response_is_sent_even_if_the_runtime_is_never_idle() {
    for server in servers() {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let mut streams: Vec<_> = (0..4 * cores).map(|_| connect(&server)).collect();
        let begin = "POST /restless HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n";
        let ask = lasting(&["/word/a/1".to_owned()]);
        for stream in &mut streams {
            stream.write_all(begin.as_bytes()).expect("sent");
            stream.write_all(ask.as_bytes()).expect("sent");
            responses_up_to(stream, "\"a\"");
        }
    }
}

#[test]
fn a_complete_response_is_sent_even_if_the_next_one_panics() {
    for server in servers() {
        let (mut stream, _idle) = asking(&server, &["/word/a/1", "/broken"]);
        let mut responses = Vec::new();
        let _ = stream.read_to_end(&mut responses);
        assert_eq!(texts(&String::from_utf8_lossy(&responses)), ["a"]);
    }
}

#[test]
fn complete_responses_are_sent_even_if_the_next_request_is_truncated() {
    for server in servers() {
        let (mut stream, _idle) = asking(&server, &["/word/a/1", "/word/b/1"]);
        stream.write_all(b"GET /word").expect("sent");
        stream.shutdown(Shutdown::Write).expect("no more");
        let mut responses = String::new();
        stream.read_to_string(&mut responses).expect("responses");
        assert_eq!(texts(&responses), ["a", "b"]);
    }
}

#[test]
fn an_oversized_head_gets_a_4xx_even_if_the_client_keeps_sending() {
    for server in servers() {
        for _ in 0..10 {
            let mut stream = connect(&server);
            stream.write_all(lasting(&["/word/a/1".to_owned()]).as_bytes()).expect("sent");
            responses_up_to(&mut stream, "\"a\"");
            let head = format!("GET /word/{} HTTP/1.1\r\n", "a".repeat(4 << 20));
            stream.write_all(head.as_bytes()).expect("sent");
            let mut response = String::new();
            stream.read_to_string(&mut response).expect("a response");
            assert!(response.starts_with("HTTP/1.1 4"), "{response}");
        }
    }
}

#[test]
fn a_stream_is_sent_immediately_even_if_another_request_waits() {
    for server in servers() {
        let mut stream = connect(&server);
        let request = "GET /stream HTTP/1.1\r\nhost: a\r\n\r\n".repeat(2);
        stream.write_all(request.as_bytes()).expect("sent");
        let mut received = vec![0; 1 << 20];
        stream.read_exact(&mut received).expect("received");
        assert!(received.starts_with(b"HTTP/1.1 200 OK"));
    }
}

#[test]
fn concurrent_requests_get_their_own_responses() {
    for server in servers() {
        let responses = thread::scope(|scope| {
            let server = &server;
            let ask = |line| scope.spawn(move || response_to(server, line));
            let asked = ["GET /both/one", "GET /both/two"].map(ask);
            asked.map(|response| response.join().expect("a response"))
        });
        let [one, two] = &responses;
        assert!(one.ends_with("\r\n\r\n\"one\""), "{one}");
        assert!(two.ends_with("\r\n\r\n\"two\""), "{two}");
    }
}

#[test]
fn a_response_inherits_nothing_from_the_previous_one() {
    let last = "GET /word/b/1";
    let lines =
        ["POST /large", "GET /nowhere", "HEAD /word/a/1", "OPTIONS *", "PUT /word/a/1", last];
    for server in servers() {
        let alone = response_to(&server, last);
        let request = |line: &str| {
            let close = if line == last { "connection: close\r\n" } else { "" };
            format!("{line} HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n{close}\r\n")
        };
        let together = exchange(&server, lines.map(request).concat().as_bytes());
        let last = together
            .rfind("HTTP/1.1 ")
            .and_then(|start| together.get(start..))
            .expect("a response");
        let fields = |response: &str| -> Vec<String> {
            response.lines().filter(|line| !line.starts_with("date: ")).map(str::to_owned).collect()
        };
        assert_eq!(fields(last), fields(&alone), "{together}");
        assert_eq!(together.matches("HTTP/1.1 ").count(), lines.len());
    }
}

#[test]
fn a_target_with_another_scheme_is_misdirected() {
    for server in servers() {
        let response = response_to(&server, "GET https://a/large");
        assert!(response.starts_with("HTTP/1.1 421 Misdirected Request\r\n"), "{response}");
        assert!(response.contains("\r\ncontent-type: application/problem+json\r\n"), "{response}");
    }
}

#[test]
fn a_large_chunk_of_a_stream_is_sent_completely() {
    let large: String = ('a'..='z').cycle().take(1 << 20).collect();
    for server in servers() {
        let response = response_to(&server, "GET /large");
        let (_, content) = response.split_once("\r\n\r\n").expect("content");
        let letters: String = content
            .split("\r\n")
            .filter(|line| line.bytes().all(|byte| byte.is_ascii_lowercase()) && line.len() > 8)
            .collect();
        assert!(letters == large, "{} letters", letters.len());
    }
}

#[test]
fn a_response_in_progress_is_completed_on_shutdown() {
    for server in servers() {
        let (mut stream, mut idle) = asking(&server, &["/farewell"]);
        responses_up_to(&mut stream, "begun\r\n");
        assert!(server.stop("-TERM").success());
        let mut rest = String::new();
        stream.read_to_string(&mut rest).expect("the rest");
        assert_eq!(rest, "5\r\nended\r\n0\r\n\r\n");
        assert_eq!(idle.read(&mut [0]).expect("an end"), 0);
    }
}

#[test]
fn a_client_that_sends_no_more_is_answered() {
    for server in servers() {
        let half_closed = |request: &str| {
            let mut stream = connect(&server);
            stream.write_all(request.as_bytes()).expect("sent");
            stream.shutdown(Shutdown::Write).expect("half closed");
            stream
        };
        // Each `GET` waits for the other.
        let waiting = ["one", "two"]
            .map(|word| half_closed(&format!("GET /both/{word} HTTP/1.1\r\nhost: a\r\n\r\n")));
        let put = half_closed("PUT /file HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc");
        for mut stream in waiting.into_iter().chain([put]) {
            let mut response = String::new();
            stream.read_to_string(&mut response).expect("a response");
            let response = response.trim_start_matches("HTTP/1.1 100 Continue\r\n\r\n");
            assert!(response.starts_with("HTTP/1.1 200 "), "{response:?}");
        }
    }
}

/// Requests whose content the service does not read.
const UNREAD: [&str; 3] = ["POST /missing", "DELETE /file", "GET /large"];

#[test]
fn a_response_says_that_the_connection_will_be_closed() {
    for server in servers() {
        for line in UNREAD {
            for rest in [
                "content-length: 1000000\r\n\r\n",
                "content-length: 3\r\nexpect: 100-continue\r\n\r\n",
            ] {
                let response =
                    exchange(&server, format!("{line} HTTP/1.1\r\nhost: a\r\n{rest}").as_bytes());
                assert!(
                    response.contains("\r\nconnection: close\r\n"),
                    "{line} {rest} {response:.300}"
                );
                assert!(!response.contains("100 Continue"), "{response:.300}");
            }
        }
        let response = exchange(&server, &chunked(&vec![7; 8 << 20]));
        assert!(response.contains("\r\nconnection: close\r\n"), "{response}");
    }
}

#[test]
fn a_connection_stays_open_if_unread_content_has_arrived() {
    for server in servers() {
        for line in UNREAD {
            let first = format!("{line} HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc");
            let last = "GET /word/last/1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
            let responses = exchange(&server, (first + last).as_bytes());
            assert!(responses.ends_with("\"last\""), "{line} {responses:.300}");
        }
    }
}

#[test]
fn a_stream_for_http_1_0_ends_with_the_connection_and_says_so() {
    for server in servers() {
        let response =
            exchange(&server, b"GET /large HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n");
        let (head, _) = response.split_once("\r\n\r\n").expect("a head");
        assert!(head.contains("\r\nconnection: close") && !head.contains("keep-alive"), "{head}");
    }
}

#[test]
fn a_client_that_sends_more_than_is_read_gets_the_last_response() {
    let last = "GET /word/last/1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let more = lasting(&["/word/more/1".to_owned()]);
    for server in servers() {
        for _ in 0..10 {
            // What is not read, and what is sent after the last response.
            for size in [100, 10_000] {
                let mut stream = connect(&server);
                stream.write_all((last.to_owned() + &more.repeat(size)).as_bytes()).expect("sent");
                stream.peek(&mut [0]).expect("a response");
                stream.write_all(more.as_bytes()).expect("sent");
                stream.shutdown(Shutdown::Write).expect("no more");
                let mut response = String::new();
                stream.read_to_string(&mut response).expect("a response");
                assert_eq!(texts(&response), ["last"]);
            }
        }
    }
}

#[test]
fn a_client_that_sends_more_before_the_last_response_gets_it() {
    for server in servers() {
        for _ in 0..10 {
            let (mut stream, mut work) = begin_with(&server, |port| {
                format!("GET /work/told/{port} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            });
            // The server does not read it, since it is busy.
            stream.write_all(lasting(&["/word/more/1".to_owned()]).as_bytes()).expect("sent");
            work.write_all(b"!").expect("told");
            stream.peek(&mut [0]).expect("a response");
            stream.shutdown(Shutdown::Write).expect("no more");
            let mut response = String::new();
            stream.read_to_string(&mut response).expect("a response");
            assert!(response.starts_with("HTTP/1.1 204 "), "{response}");
        }
    }
}
