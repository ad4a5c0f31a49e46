//! What only a socket shows, with either runtime.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    thread,
    time::Duration,
};

use wsgiservice_test_support::Server;

/// The service of these tests, with each runtime in turn.
fn servers() -> impl Iterator<Item = Server> {
    let program = env!("CARGO_BIN_EXE_wire-service");
    ["per-core", "shared"]
        .into_iter()
        .map(|runtime| Server::start(program, &["--runtime", runtime]))
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).expect("a connection");
    // What never comes fails, and does not hang.
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    stream
}

/// Sends this, all of it, and gives the answer.
fn exchange(server: &Server, request: &[u8]) -> String {
    let mut stream = connect(server);
    stream.write_all(request).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

/// The answer to a request of which this is the first line, on a connection of its own.
fn answer(server: &Server, line: &str) -> String {
    let request = format!("{line} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    exchange(server, request.as_bytes())
}

/// Requests in a pipeline, the last of which ends the connection.
fn pipeline(targets: &[String]) -> String {
    let request = |target: &String| {
        let close = if Some(target) == targets.last() { "connection: close\r\n" } else { "" };
        format!("GET {target} HTTP/1.1\r\nhost: a\r\n{close}\r\n")
    };
    targets.iter().map(request).collect()
}

/// Requests in a pipeline, after which the connection stays.
fn lasting(targets: &[String]) -> String {
    pipeline(targets).replace("connection: close\r\n", "")
}

/// A connection that has sent requests for these, beside one that is idle: it is not alone.
fn asking(server: &Server, targets: &[&str]) -> (TcpStream, TcpStream) {
    let idle = connect(server);
    let mut stream = connect(server);
    let targets: Vec<_> = targets.iter().map(|target| (*target).to_owned()).collect();
    stream.write_all(lasting(&targets).as_bytes()).expect("sent");
    (stream, idle)
}

/// The next answers, up to one that ends with this.
fn answers_up_to(stream: &mut TcpStream, end: &str) -> String {
    let mut answers = Vec::new();
    let mut piece = [0; 1 << 12];
    while !answers.ends_with(end.as_bytes()) {
        match stream.read(&mut piece).expect("an answer") {
            0 => panic!("the connection ended after {}", String::from_utf8_lossy(&answers)),
            length => answers.extend_from_slice(piece.get(..length).expect("what was read")),
        }
    }
    String::from_utf8(answers).expect("text")
}

/// The texts in answers.
fn texts(answers: &str) -> Vec<&str> {
    let lines = answers.lines().filter_map(|line| line.strip_prefix('"'));
    lines.filter_map(|line| line.split('"').next()).collect()
}

/// A request with this content in chunks, of which nobody knows before how many there are.
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
fn who_sends_too_much_is_told_so_though_it_goes_on_sending() {
    let request = chunked(&vec![7; 8 << 20]);
    for server in servers() {
        for _ in 0..10 {
            let answer = exchange(&server, &request);
            assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        }
    }
}

#[test]
fn requests_in_a_pipeline_are_answered_in_their_order() {
    let words: Vec<_> = (0..500).map(|word| word.to_string()).collect();
    let targets: Vec<_> = words.iter().map(|word| format!("/word/{word}/1")).collect();
    for server in servers() {
        assert_eq!(texts(&exchange(&server, pipeline(&targets).as_bytes())), words);
    }
}

#[test]
fn each_of_many_connections_gets_its_own_answers() {
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
            assert_eq!(texts(&answers_up_to(stream, &end)), expected);
        }
    }
}

#[test]
fn who_does_not_read_holds_up_nobody_and_has_all_of_it_in_the_end() {
    // 35 MB, which is more than a socket holds.
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
                answers_up_to(other, &format!("\"{word}\""));
            }
        }
        let mut answers = String::new();
        slow.read_to_string(&mut answers).expect("answers");
        sending.join().expect("a thread").expect("sent");
        let expected: Vec<_> = words.iter().map(|word| word.repeat(1750)).collect();
        assert!(texts(&answers) == expected, "{} answers", texts(&answers).len());
    }
}

#[test]
fn an_answer_is_sent_though_the_runtime_has_always_something_to_do() {
    for server in servers() {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let mut streams: Vec<_> = (0..4 * cores).map(|_| connect(&server)).collect();
        let begin = "POST /restless HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n";
        let ask = lasting(&["/word/a/1".to_owned()]);
        for stream in &mut streams {
            stream.write_all(begin.as_bytes()).expect("sent");
            stream.write_all(ask.as_bytes()).expect("sent");
            answers_up_to(stream, "\"a\"");
        }
    }
}

#[test]
fn what_is_complete_is_sent_though_what_comes_after_it_panics() {
    for server in servers() {
        let (mut stream, _idle) = asking(&server, &["/word/a/1", "/broken"]);
        let mut answers = Vec::new();
        let _ = stream.read_to_end(&mut answers);
        assert_eq!(texts(&String::from_utf8_lossy(&answers)), ["a"]);
    }
}

#[test]
fn what_is_complete_is_sent_though_the_client_breaks_off() {
    for server in servers() {
        let (mut stream, _idle) = asking(&server, &["/word/a/1", "/word/b/1"]);
        stream.write_all(b"GET /word").expect("sent");
        stream.shutdown(Shutdown::Write).expect("no more");
        let mut answers = String::new();
        stream.read_to_string(&mut answers).expect("answers");
        assert_eq!(texts(&answers), ["a", "b"]);
    }
}

#[test]
fn who_sends_too_long_a_head_is_told_so_though_it_goes_on_sending() {
    for server in servers() {
        for _ in 0..10 {
            let mut stream = connect(&server);
            stream.write_all(lasting(&["/word/a/1".to_owned()]).as_bytes()).expect("sent");
            answers_up_to(&mut stream, "\"a\"");
            let head = format!("GET /word/{} HTTP/1.1\r\n", "a".repeat(4 << 20));
            stream.write_all(head.as_bytes()).expect("sent");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        }
    }
}

#[test]
fn a_stream_is_sent_as_it_comes_though_another_request_waits() {
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
fn requests_that_are_answered_at_the_same_time_are_told_apart() {
    for server in servers() {
        let answers = thread::scope(|scope| {
            let server = &server;
            let ask = |line| scope.spawn(move || answer(server, line));
            let asked = ["GET /both/one", "GET /both/two"].map(ask);
            asked.map(|answer| answer.join().expect("an answer"))
        });
        let [one, two] = &answers;
        assert!(one.ends_with("\r\n\r\n\"one\""), "{one}");
        assert!(two.ends_with("\r\n\r\n\"two\""), "{two}");
    }
}

#[test]
fn nothing_of_an_answer_is_left_for_the_next_one() {
    let last = "GET /word/b/1";
    let lines =
        ["POST /large", "GET /nowhere", "HEAD /word/a/1", "OPTIONS *", "PUT /word/a/1", last];
    for server in servers() {
        let alone = answer(&server, last);
        let request = |line: &str| {
            let close = if line == last { "connection: close\r\n" } else { "" };
            format!("{line} HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n{close}\r\n")
        };
        let together = exchange(&server, lines.map(request).concat().as_bytes());
        let last =
            together.rfind("HTTP/1.1 ").and_then(|start| together.get(start..)).expect("an answer");
        let fields = |answer: &str| -> Vec<String> {
            answer.lines().filter(|line| !line.starts_with("date: ")).map(str::to_owned).collect()
        };
        assert_eq!(fields(last), fields(&alone), "{together}");
        assert_eq!(together.matches("HTTP/1.1 ").count(), lines.len());
    }
}

#[test]
fn a_large_piece_of_a_stream_is_sent_whole() {
    let large: String = ('a'..='z').cycle().take(1 << 20).collect();
    for server in servers() {
        let answer = answer(&server, "GET /large");
        let (_, content) = answer.split_once("\r\n\r\n").expect("content");
        let letters: String = content
            .split("\r\n")
            .filter(|line| line.bytes().all(|byte| byte.is_ascii_lowercase()) && line.len() > 8)
            .collect();
        assert!(letters == large, "{} letters", letters.len());
    }
}

#[test]
fn what_was_begun_is_sent_to_its_end_when_the_server_ends() {
    for server in servers() {
        let (mut stream, mut idle) = asking(&server, &["/farewell"]);
        answers_up_to(&mut stream, "begun\r\n");
        assert!(server.stop("-TERM").success());
        let mut rest = String::new();
        stream.read_to_string(&mut rest).expect("the rest");
        assert_eq!(rest, "5\r\nended\r\n0\r\n\r\n");
        assert_eq!(idle.read(&mut [0]).expect("an end"), 0);
    }
}
