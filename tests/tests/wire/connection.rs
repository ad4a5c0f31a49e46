//! What only a socket shows.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    thread,
};

use bytes::Bytes;
use futures_util::stream;
use http::HeaderValue;
use tokio::{net::TcpListener, sync::Barrier};
use wsgiservice::{Application, Binary, Body, Created, mount, resource};

#[mount("/file")]
struct File;

#[resource]
impl File {
    #[limit(content = 1 << 16)]
    fn put(&self, content: Bytes) -> usize {
        content.len()
    }
}

/// Sends this, all of it, and gives the answer.
fn exchange(address: SocketAddr, request: &[u8]) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(request)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
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

/// Text without an end.
#[mount("/stream")]
struct Stream;

#[resource]
impl Stream {
    fn get(&self) -> Binary {
        let text = stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 1 << 10]));
        Binary::stream(Body::of_stream(text), HeaderValue::from_static("text/plain"))
    }
}

#[mount("/word/{word}")]
struct Word;

#[resource]
impl Word {
    fn get(&self, word: String) -> String {
        word
    }
}

/// Two that wait for each other.
#[mount("/both/{word}", etag = auto)]
struct Both {
    barrier: Arc<Barrier>,
}

#[resource]
impl Both {
    async fn get(&self, word: String) -> String {
        self.barrier.wait().await;
        word
    }
}

/// One large piece of content.
#[mount("/large")]
struct Large;

#[resource]
impl Large {
    fn get(&self) -> http::Response<Body> {
        http::Response::new(Body::of_stream(stream::iter([Ok::<_, std::io::Error>(large())])))
    }

    fn post(&self) -> Created<u8> {
        Created::at("1", 7)
    }
}

fn large() -> Vec<u8> {
    (b'a'..=b'z').cycle().take(1 << 20).collect()
}

/// Serves while a client that blocks does this.
async fn serving<T: Send + 'static>(client: impl FnOnce(SocketAddr) -> T + Send + 'static) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let address = listener.local_addr().expect("an address");
    let both = Both { barrier: Arc::new(Barrier::new(2)) };
    let application = Application::new("all").mount(File).mount(Stream).mount(Word);
    let application = application.mount(Large).mount(both);
    let server = tokio::spawn(application.serve(listener));
    let done = tokio::task::spawn_blocking(move || client(address)).await.expect("done");
    server.abort();
    done
}

#[tokio::test]
async fn who_sends_too_much_is_told_so_though_it_goes_on_sending() {
    let answers = serving(|address| {
        let request = chunked(&vec![7; 8 << 20]);
        (0..10).map(|_| exchange(address, &request).expect("an answer")).collect::<Vec<_>>()
    })
    .await;
    for answer in answers {
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    }
}

#[tokio::test]
async fn requests_in_a_pipeline_are_answered_in_their_order() {
    let answer = serving(|address| {
        let request = |word: usize| {
            let close = if word == 499 { "connection: close\r\n" } else { "" };
            format!("GET /word/{word} HTTP/1.1\r\nhost: a\r\n{close}\r\n")
        };
        exchange(address, (0..500).map(request).collect::<String>().as_bytes())
    })
    .await
    .expect("answers");
    let words: Vec<_> = answer.lines().filter_map(|line| line.strip_prefix('"')).collect();
    let words: Vec<_> = words.iter().filter_map(|line| line.split('"').next()).collect();
    assert_eq!(words, (0..500).map(|word| word.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_stream_is_sent_as_it_comes_though_another_request_waits() {
    let received = serving(|address| {
        let mut stream = TcpStream::connect(address).expect("a connection");
        let request = "GET /stream HTTP/1.1\r\nhost: a\r\n\r\n".repeat(2);
        stream.write_all(request.as_bytes()).expect("sent");
        let mut received = vec![0; 1 << 20];
        stream.read_exact(&mut received).expect("received");
        received
    })
    .await;
    assert!(received.starts_with(b"HTTP/1.1 200 OK"));
}

/// The answer to a request of which this is the first line, on a connection of its own.
fn answer(address: SocketAddr, line: &str) -> String {
    let request = format!("{line} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    exchange(address, request.as_bytes()).expect("an answer")
}

#[tokio::test]
async fn requests_that_are_answered_at_the_same_time_are_told_apart() {
    let answers = serving(|address| {
        let ask = |word| thread::spawn(move || answer(address, &format!("GET /both/{word}")));
        let asked = ["one", "two"].map(ask);
        asked.map(|answer| answer.join().expect("an answer"))
    });
    let [one, two] = answers.await;
    assert!(one.ends_with("\r\n\r\n\"one\""), "{one}");
    assert!(two.ends_with("\r\n\r\n\"two\""), "{two}");
}

#[tokio::test]
async fn nothing_of_an_answer_is_left_for_the_next_one() {
    let lines =
        ["POST /large", "GET /nowhere", "HEAD /word/a", "OPTIONS *", "PUT /word/a", "GET /word/b"];
    let (together, alone) = serving(move |address| {
        let alone = answer(address, "GET /word/b").replace("connection: close\r\n", "");
        let mut stream = TcpStream::connect(address).expect("a connection");
        let mut received = String::new();
        for line in lines {
            let close = if line == "GET /word/b" { "connection: close\r\n" } else { "" };
            let request = format!("{line} HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n{close}\r\n");
            stream.write_all(request.as_bytes()).expect("written");
        }
        stream.read_to_string(&mut received).expect("answers");
        (received, alone)
    })
    .await;
    let last =
        together.rfind("HTTP/1.1 ").and_then(|start| together.get(start..)).expect("an answer");
    let fields = |answer: &str| -> Vec<String> {
        let is_of_all =
            |line: &&str| !line.starts_with("date: ") && !line.starts_with("connection: ");
        answer.lines().filter(is_of_all).map(str::to_owned).collect()
    };
    assert_eq!(fields(last), fields(&alone), "{together}");
    assert_eq!(together.matches("HTTP/1.1 ").count(), lines.len());
}

#[tokio::test]
async fn a_large_piece_of_a_stream_is_sent_whole() {
    let answer = serving(|address| answer(address, "GET /large")).await;
    let (_, content) = answer.split_once("\r\n\r\n").expect("content");
    let letters: String = content
        .split("\r\n")
        .filter(|line| line.bytes().all(|byte| byte.is_ascii_lowercase()) && line.len() > 8)
        .collect();
    assert_eq!(letters.len(), 1 << 20);
    assert_eq!(letters.into_bytes(), large());
}
