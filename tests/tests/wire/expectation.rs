//! `Expect: 100-continue`: a client is asked for its content only if nothing else ends the exchange.

use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use wsgiservice::{
    Application, Content, EntityTag, NoContent, Preconditions, content::ContentStream, mount,
    resource,
};

#[mount("/document/{id}")]
struct Document;

#[resource]
impl Document {
    fn exists(&self, id: u32) -> bool {
        id == 1
    }

    fn etag(&self, id: u32) -> Option<EntityTag> {
        (id == 1).then(|| EntityTag::strong("a"))
    }

    fn get(&self) -> &'static str {
        "document"
    }

    fn put(&self, id: u32, title: String, _preconditions: Preconditions) -> String {
        format!("{id} {title}")
    }

    fn patch(&self, content: Content<Vec<u32>>, _preconditions: Preconditions) -> usize {
        content.into_inner().len()
    }

    fn post(&self, _content: Bytes) -> NoContent {
        NoContent
    }

    fn delete(&self, _preconditions: Preconditions) -> NoContent {
        NoContent
    }
}

#[mount("/automatic/{id}", etag = auto)]
struct Automatic;

#[resource]
impl Automatic {
    fn get(&self, id: u32) -> Option<u32> {
        (id == 1).then_some(id)
    }

    async fn put(&self, mut content: ContentStream) -> Result<usize, wsgiservice::Problem> {
        Ok(content.next().await?.map_or(0, |piece| piece.len()))
    }
}

async fn serve() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a socket");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(Application::new("expectation").mount(Document).mount(Automatic).serve(listener));
    address
}

/// Reads the head of a response.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a response"));
    }
    String::from_utf8(head).expect("text")
}

/// Sends the head of a request, and returns the status of the first response.
async fn first(stream: &mut TcpStream, line: &str, fields: &str) -> String {
    let head =
        format!("{line} HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n{fields}\r\n");
    stream.write_all(head.as_bytes()).await.expect("sent");
    self::head(stream).await.split(' ').nth(1).expect("a status").to_owned()
}

const JSON: &str = "content-type: application/json\r\ncontent-length: 15\r\n";
const CHUNKED: &str = "content-type: application/json\r\ntransfer-encoding: chunked\r\n";

#[tokio::test]
async fn nothing_is_asked_for_if_the_exchange_can_end_without_it() {
    let address = serve().await;
    for (line, fields, status) in [
        ("PUT /document/1", "if-match: \"x\"\r\n", "412"),
        ("PUT /document/1", "if-none-match: *\r\n", "412"),
        ("PUT /document/2", "if-match: *\r\n", "412"),
        ("PATCH /document/1", "if-match: \"x\"\r\n", "412"),
        ("PUT /automatic/1", "if-none-match: *\r\n", "412"),
        ("PUT /automatic/1", "if-match: \"x\"\r\n", "412"),
        ("PUT /document/1", "accept: image/png\r\n", "406"),
        ("PUT /document/word", "", "400"),
        ("PUT /document/1", "content-range: bytes 0-2/10\r\n", "400"),
        ("PUT /document/1", "content-digest: malformed\r\n", "400"),
        ("PUT /document/1", "content-type: text/plain\r\n", "400"),
        ("PUT /document/1", "content-encoding: lzma\r\n", "415"),
        ("GET /missing", "", "404"),
        ("TRACE /document/1", "", "405"),
    ] {
        for framing in [JSON, CHUNKED] {
            let mut stream = TcpStream::connect(address).await.expect("a connection");
            let fields = format!("{framing}{fields}");
            assert_eq!(first(&mut stream, line, &fields).await, status, "{line} {fields}");
        }
    }
    for length in ["content-length: 15\r\n", "transfer-encoding: chunked\r\n"] {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let fields = format!("content-type: text/plain\r\n{length}");
        assert_eq!(first(&mut stream, "PUT /document/1", &fields).await, "415");
    }
}

#[tokio::test]
async fn content_is_asked_for_if_only_it_can_decide() {
    let address = serve().await;
    for (line, fields, content, status) in [
        // The title may be in the content.
        ("PUT /document/1", "if-match: \"a_json\"\r\n", r#"{"title":"abc"}"#, "200"),
        ("PUT /document/1", "", r#"{"other":"abc"}"#, "400"),
        ("PUT /document/2", "if-none-match: *\r\n", r#"{"title":"abc"}"#, "200"),
        ("PATCH /document/1", "if-match: \"a_json\"\r\n", "[1, 2, 3, 4, 5]", "200"),
        ("PUT /automatic/2", "if-none-match: *\r\n", "[1, 2, 3, 4, 5]", "200"),
        ("POST /document/1", "", "[1, 2, 3, 4, 5]", "204"),
    ] {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        assert_eq!(first(&mut stream, line, &format!("{JSON}{fields}")).await, "100", "{line}");
        stream.write_all(content.as_bytes()).await.expect("sent");
        let response = head(&mut stream).await;
        assert_eq!(response.split(' ').nth(1), Some(status), "{line} {response}");
    }
}
