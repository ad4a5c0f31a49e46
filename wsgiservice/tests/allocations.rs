//! The heap allocations of requests. In its own binary, since all allocations of the process count.

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
    Application, Problem,
    content::{Body, ContentStream, FormStream},
    mount, resource,
    server::Service,
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

/// The number of allocations of one request to the tower service.
fn allocations(service: &mut Service, target: &str) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut call = |request| -> Response<Body> {
        runtime.block_on(service.call(request)).expect("a response")
    };
    // Fills the caches, for example of formatted dates.
    for _ in 0..20 {
        call(request(target));
    }
    let request = request(target);
    let mut response = None;
    let counted = measure(|| response = Some(call(request)));
    assert!(response.is_some());
    counted.count_total
}

#[test]
fn a_get_allocates_only_its_two_futures() {
    let mut service = Application::new("geoip").mount(Address).build().expect("a service");
    // The boxed futures of the method and of the tower service. The content is a slice of a chunk of the thread, and the
    // response reuses the header table of an earlier request.
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

/// Uploads a gibibyte over a socket, between two texts. Returns the response and the maximum memory on the heap.
fn upload(head: &str, before: &str, after: &str) -> (String, u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let mut response = String::new();
    let counted = measure(|| {
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
            let address = listener.local_addr().expect("an address");
            let server = tokio::spawn(Application::new("upload").mount(Upload).serve(listener));
            let mut client = TcpStream::connect(address).await.expect("a connection");
            let length = before.len() + GIBIBYTE + after.len();
            let head = format!(
                "{head}\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{before}"
            );
            client.write_all(head.as_bytes()).await.expect("written");
            let piece = [7; 1 << 16];
            for _ in 0..GIBIBYTE / piece.len() {
                client.write_all(&piece).await.expect("written");
            }
            client.write_all(after.as_bytes()).await.expect("written");
            client.read_to_string(&mut response).await.expect("a response");
            server.abort();
        });
    });
    (response, counted.bytes_max)
}

const MAX_MEMORY: u64 = 32 << 20;

#[test]
fn streaming_a_gibibyte_takes_less_than_32_mebibytes() {
    let (response, memory) = upload("PUT /upload HTTP/1.1", "", "");
    assert!(response.ends_with(&GIBIBYTE.to_string()), "{response}");
    assert!(memory < MAX_MEMORY, "{memory}");
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
fn a_name_with_many_values_is_stored_once() {
    let mut service = Application::new("count").mount(Count).build().expect("a service");
    let json = format!(r#"{{"{}": [{}1]}}"#, "k".repeat(1 << 20), "1,".repeat(9_000));
    let request = Request::post("/count").header("content-type", "application/json");
    let request = request.body(Body::from(json)).expect("a request");
    let most = most_bytes(&mut service, request);
    assert!(most < MAX_MEMORY, "{most}");
}

#[test]
fn many_small_parts_do_not_accumulate() {
    let part = "--b\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n7\r\n";
    let pieces = (0..100_000).map(|_| part.repeat(8)).chain(["--b--\r\n".to_owned()]);
    let body = Body::of_stream(futures_util::stream::iter(pieces.map(Ok::<_, std::io::Error>)));
    let request =
        Request::post("/upload").header("content-type", "multipart/form-data; boundary=b");
    let request = request.body(body).expect("a request");
    let mut service = Application::new("upload").mount(Upload).build().expect("a service");
    let most = most_bytes(&mut service, request);
    assert!(most < 1 << 20, "{most}");
}

/// The most memory, in bytes, that is in use at a time while the service responds with a 200.
fn most_bytes(service: &mut Service, request: Request<Body>) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut status = None;
    let counted = measure(|| {
        let response = runtime.block_on(service.call(request)).expect("a response");
        status = Some(response.status().as_u16());
    });
    assert_eq!(status, Some(200));
    counted.bytes_max
}

#[test]
fn streaming_a_gibibyte_in_a_form_takes_less_than_32_mebibytes() {
    let before = "--b\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n";
    let head = "POST /upload HTTP/1.1\r\ncontent-type: multipart/form-data; boundary=b";
    let (response, memory) = upload(head, before, "\r\n--b--\r\n");
    assert!(response.ends_with(&GIBIBYTE.to_string()), "{response}");
    assert!(memory < MAX_MEMORY, "{memory}");
}
