//! What requests cost on the heap. In a binary of its own, since it counts all that happens.

use std::net::Ipv4Addr;

use allocation_counter::measure;
use http::{Request, Response};
use serde::Serialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower_service::Service as _;
use wsgiservice::{
    Application, Body, ContentStream, FormStream, Problem, Service, mount, resource,
};

#[mount("/1/{ip}")]
#[validate(ip, re = r"[0-9]{1,3}(\.[0-9]{1,3}){3}")]
struct Address;

#[resource]
impl Address {
    #[expires(days = 365)]
    async fn get(&self, ip: Ipv4Addr) -> Option<Country> {
        (!ip.is_private()).then_some(Country { country_code: "CH" })
    }
}

#[derive(Serialize)]
struct Country {
    country_code: &'static str,
}

fn request(target: &str) -> Request<Body> {
    let request = Request::get(target).header("host", "localhost").header("accept", "*/*");
    request.body(Body::empty()).expect("a request")
}

/// The allocations of one exchange, and of the future that the tower face boxes.
fn allocations(service: &mut Service, target: &str) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut answer =
        |request| -> Response<Body> { runtime.block_on(service.call(request)).expect("an answer") };
    // What is computed once, such as a date, is there already.
    for _ in 0..20 {
        answer(request(target));
    }
    let request = request(target);
    let mut response = None;
    let counted = measure(|| response = Some(answer(request)));
    assert!(response.is_some());
    counted.count_total
}

#[test]
fn a_request_on_the_hot_path_allocates_no_more_than_one_call() {
    let mut service = Application::new("geoip").mount(Address).into_service();
    // Two boxes of futures: the call, and the tower face. The content is cut off a chunk of the thread's, and the fields
    // stand in the table of the request's.
    assert_eq!(allocations(&mut service, "/1/130.59.31.80"), 2);
}

const GIBIBYTE: usize = 1 << 30;

#[mount("/upload")]
#[limit(content = GIBIBYTE + 1000)]
struct Upload;

#[resource]
impl Upload {
    async fn put(&self, mut content: ContentStream) -> Result<usize, Problem> {
        let mut length = 0;
        while let Some(piece) = content.next().await? {
            length += piece.len();
        }
        Ok(length)
    }

    async fn post(&self, mut form: FormStream) -> Result<usize, Problem> {
        let mut length = 0;
        while let Some(mut part) = form.next().await? {
            while let Some(piece) = part.next().await? {
                length += piece.len();
            }
        }
        Ok(length)
    }
}

/// Uploads a gibibyte over a socket, with this before and behind it; the answer, and the memory that it took.
fn upload(head: &str, before: &str, behind: &str) -> (String, u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let mut answer = String::new();
    let counted = measure(|| {
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
            let address = listener.local_addr().expect("an address");
            let server = tokio::spawn(Application::new("upload").mount(Upload).serve(listener));
            let mut client = TcpStream::connect(address).await.expect("a connection");
            let length = before.len() + GIBIBYTE + behind.len();
            let head = format!(
                "{head}\r\nhost: a\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{before}"
            );
            client.write_all(head.as_bytes()).await.expect("written");
            let piece = [7; 1 << 16];
            for _ in 0..GIBIBYTE / piece.len() {
                client.write_all(&piece).await.expect("written");
            }
            client.write_all(behind.as_bytes()).await.expect("written");
            client.read_to_string(&mut answer).await.expect("an answer");
            server.abort();
        });
    });
    (answer, counted.bytes_max)
}

const MOST: u64 = 32 << 20;

#[test]
fn a_gibibyte_that_is_read_as_it_comes_takes_less_than_32_mebibytes() {
    let (answer, memory) = upload("PUT /upload HTTP/1.1", "", "");
    assert!(answer.ends_with(&GIBIBYTE.to_string()), "{answer}");
    assert!(memory < MOST, "{memory}");
}

#[mount("/count")]
struct Count;

#[resource]
impl Count {
    fn post(&self, other: Option<String>) -> bool {
        other.is_some()
    }
}

#[test]
fn a_name_with_many_values_is_held_once() {
    let mut service = Application::new("count").mount(Count).into_service();
    let json = format!(r#"{{"{}": [{}1]}}"#, "k".repeat(1 << 20), "1,".repeat(9_000));
    let request = Request::post("/count").header("content-type", "application/json");
    let request = request.body(Body::from(json)).expect("a request");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut status = None;
    let counted = measure(|| {
        let answer = runtime.block_on(service.call(request)).expect("an answer");
        status = Some(answer.status().as_u16());
    });
    assert_eq!(status, Some(200));
    assert!(counted.bytes_max < MOST, "{}", counted.bytes_max);
}

#[test]
fn many_small_parts_do_not_pile_up() {
    let part = "--b\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n7\r\n";
    let pieces = (0..100_000).map(|_| part.repeat(8)).chain(["--b--\r\n".to_owned()]);
    let body = Body::of_stream(futures_util::stream::iter(pieces.map(Ok::<_, std::io::Error>)));
    let request =
        Request::post("/upload").header("content-type", "multipart/form-data; boundary=b");
    let request = request.body(body).expect("a request");
    let mut service = Application::new("upload").mount(Upload).into_service();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut status = None;
    let counted = measure(|| {
        let answer = runtime.block_on(service.call(request)).expect("an answer");
        status = Some(answer.status().as_u16());
    });
    assert_eq!(status, Some(200));
    assert!(counted.bytes_max < 1 << 20, "{}", counted.bytes_max);
}

#[test]
fn a_file_of_a_gibibyte_in_a_form_takes_less_than_32_mebibytes() {
    let before = "--b\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n";
    let head = "POST /upload HTTP/1.1\r\ncontent-type: multipart/form-data; boundary=b";
    let (answer, memory) = upload(head, before, "\r\n--b--\r\n");
    assert!(answer.ends_with(&GIBIBYTE.to_string()), "{answer}");
    assert!(memory < MOST, "{memory}");
}
