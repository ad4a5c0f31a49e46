//! Request content that a method reads as a stream.

use std::io;

use futures_util::stream;
use serde_json::Value;
use wsgiservice::{
    Application, Problem,
    content::{Body, ContentStream},
    mount, resource,
    testing::TestResponse,
};

use super::{sha256, strict, violations};

#[mount("/stream/{id}")]
struct Stream;

#[resource]
impl Stream {
    #[limit(content = 100_000)]
    async fn put(&self, id: u32, mut content: ContentStream) -> Result<usize, Problem> {
        let mut length = 0;
        while let Some(piece) = content.next().await? {
            length += piece.len();
        }
        Ok(length + usize::try_from(id).unwrap_or_default())
    }

    fn post(&self, name: String, _content: ContentStream) -> String {
        name
    }
}

async fn send(method: &str, target: &str, fields: &[(&str, &str)], body: Body) -> TestResponse {
    let client = strict(Application::new("stream").mount(Stream));
    let request = client.request(method, target);
    let request = fields.iter().fold(request, |request, (name, value)| request.header(name, value));
    request.body(body).send().await
}

/// Content of unknown length: `pieces` chunks of `size` bytes.
fn pieces(pieces: usize, size: usize) -> Body {
    Body::of_stream(stream::iter((0..pieces).map(move |_| Ok::<_, io::Error>(vec![1; size]))))
}

#[tokio::test]
async fn content_is_streamed_in_chunks() {
    let response = send("PUT", "/stream/1", &[("content-type", "a/b")], pieces(10, 10_000)).await;
    assert_eq!(response.text(), "100001");
    assert_eq!(send("PUT", "/stream/1", &[], Body::empty()).await.text(), "1");
}

#[tokio::test]
async fn the_limit_of_the_method_applies() {
    assert_eq!(send("PUT", "/stream/1", &[], pieces(11, 10_000)).await.status(), 413);
    assert_eq!(send("PUT", "/stream/1", &[], vec![1; 100_001].into()).await.status(), 413);
}

#[tokio::test]
async fn streamed_content_is_decoded_and_the_limit_applies_to_the_decoded_size() {
    let coded = |size| zstd::encode_all(&*vec![1; size], 1).expect("coded");
    let fields = [("content-encoding", "zstd")];
    let response = send("PUT", "/stream/0", &fields, coded(100_000).into()).await;
    assert_eq!(response.text(), "100000");
    assert_eq!(send("PUT", "/stream/0", &fields, coded(100_001).into()).await.status(), 413);
    let cut = coded(100_000).into_iter().take(10).collect::<Vec<_>>();
    assert_eq!(send("PUT", "/stream/0", &fields, cut.into()).await.status(), 400);
}

#[tokio::test]
async fn truncated_content_gets_a_400() {
    let pieces = [Ok(vec![1; 10]), Err(io::Error::other("gone"))];
    let body = Body::of_stream(stream::iter(pieces));
    assert_eq!(send("PUT", "/stream/1", &[], body).await.status(), 400);
}

#[tokio::test]
async fn the_digest_is_verified_at_the_end() {
    let stated = |content: &[u8]| format!("sha-256=:{}:", sha256(content));
    let put = async |field: &str| {
        send("PUT", "/stream/0", &[("repr-digest", field)], pieces(2, 5)).await.status()
    };
    assert_eq!(put(&stated(&[1; 10])).await, 200);
    assert_eq!(put(&stated(&[1; 11])).await, 400);
}

#[tokio::test]
async fn content_may_be_left_unread() {
    let response = send("POST", "/stream/1?name=a", &[], pieces(2, 5)).await;
    assert_eq!(response.json::<Value>(), "a");
}

#[tokio::test]
async fn parameters_are_read_only_from_the_path_and_the_query() {
    let fields = [("content-type", "application/x-www-form-urlencoded")];
    let response = send("POST", "/stream/1", &fields, "name=a".into()).await;
    assert_eq!(violations(&response), [("name".into(), "query".into(), "missing".into())]);
}

#[tokio::test]
async fn any_media_type_is_accepted() {
    let response = send("OPTIONS", "/stream/1", &[], Body::empty()).await;
    assert_eq!(response.field("accept-post"), Some("*/*"));
}
