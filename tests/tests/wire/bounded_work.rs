//! Bounds of the work and the memory that a request takes beside its size.

use std::{
    io::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use futures_util::stream;
use wsgiservice::{
    Application, Problem,
    content::{Body, ContentStream},
    mount, resource,
    server::Limits,
    testing::TestResponse,
};

use super::strict;

#[mount("/size")]
struct Size;

#[resource]
impl Size {
    fn post(&self, content: Bytes) -> usize {
        content.len()
    }

    async fn put(&self, mut content: ContentStream) -> Result<usize, Problem> {
        let mut size = 0;
        while let Some(piece) = content.next().await? {
            size += piece.len();
        }
        Ok(size)
    }
}

async fn post_coded(limits: Limits, codings: &str, content: Vec<u8>) -> TestResponse {
    let client = strict(Application::new("size").mount(Size).limits(limits));
    client.post("/size").header("content-encoding", codings).body(content).send().await
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).expect("written");
    encoder.finish().expect("finished")
}

fn zstd(content: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(content, 0).expect("encoded")
}

#[tokio::test]
async fn a_second_content_coding_gets_a_415() {
    let content = || gzip(&gzip(b"twelve bytes"));
    for codings in ["gzip, gzip", "identity, gzip, x-gzip"] {
        let response = post_coded(Limits::default(), codings, content()).await;
        assert_eq!(response.status(), 415);
        assert_eq!(response.field("accept-encoding"), Some("gzip, br, zstd, deflate"));
        let detail = "The content may have at most 1 content coding.";
        assert_eq!(response.json()["detail"], detail);
    }
    let mut limits = Limits::default();
    limits.codings = 2;
    assert_eq!(post_coded(limits, "gzip, gzip", content()).await.text(), "12");
}

#[tokio::test]
async fn a_service_can_accept_no_content_codings() {
    let mut limits = Limits::default();
    limits.codings = 0;
    let response = post_coded(limits, "gzip", gzip(b"")).await;
    assert_eq!(response.status(), 415);
    assert_eq!(response.field("accept-encoding"), Some("identity"));
}

#[tokio::test]
async fn encoded_content_has_a_bounded_number_of_members() {
    let skippable = b"\x50\x2a\x4d\x18\0\0\0\0".to_vec();
    for (coding, member, size) in [
        ("gzip", gzip(b""), 0),
        ("gzip", gzip(b"ab"), 2),
        ("zstd", zstd(b""), 0),
        ("zstd", zstd(b"ab"), 2),
        ("zstd", skippable, 0),
    ] {
        let most = post_coded(Limits::default(), coding, member.repeat(1024)).await;
        assert_eq!(most.text(), (1024 * size).to_string(), "{coding}");
        let response = post_coded(Limits::default(), coding, member.repeat(1025)).await;
        assert_eq!(response.status(), 413, "{coding}");
        let detail = "The encoded content exceeds the limit of 1024 members.";
        assert_eq!(response.json()["detail"], detail);
        let mut limits = Limits::default();
        limits.coding_members = 2;
        assert_eq!(post_coded(limits.clone(), coding, member.repeat(2)).await.status(), 200);
        assert_eq!(post_coded(limits, coding, member.repeat(3)).await.status(), 413);
    }
}

#[tokio::test]
async fn the_members_of_each_content_coding_are_bounded() {
    let mut limits = Limits::default();
    limits.codings = 2;
    let members = gzip(b"").repeat(1025);
    assert_eq!(post_coded(limits.clone(), "gzip, gzip", gzip(&members)).await.status(), 413);
    assert_eq!(post_coded(limits, "gzip, zstd", zstd(&members)).await.status(), 413);
}

/// Encoded content of two mebibytes that decodes to nothing.
fn nothing(coding: &str) -> Vec<u8> {
    let repeated = |unit: &[u8]| unit.repeat((2 << 20) / unit.len() - 20);
    match coding {
        // Stored blocks of DEFLATE.
        "gzip" => {
            let empty = gzip(b"");
            let (head, end) = empty.split_at(10);
            [head, &repeated(b"\0\0\0\xff\xff"), end].concat()
        }
        "deflate" => {
            let empty = ZlibEncoder::new(Vec::new(), Compression::fast()).finish().expect("empty");
            let (head, end) = empty.split_at(2);
            [head, &repeated(b"\0\0\0\xff\xff"), end].concat()
        }
        // Blocks of metadata.
        "br" => [b"\x0c".as_slice(), &repeated(b"\x06"), b"\x03"].concat(),
        // Raw blocks.
        _ => [b"\x28\xb5\x2f\xfd\x20\0".as_slice(), &repeated(b"\0\0\0"), b"\x01\0\0"].concat(),
    }
}

#[tokio::test]
async fn other_tasks_run_while_content_is_decoded() {
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let has_ended = AtomicBool::new(false);
        let post = async {
            let response = post_coded(Limits::default(), coding, nothing(coding)).await;
            has_ended.store(true, Ordering::Relaxed);
            response
        };
        let other = async {
            let mut turns = 0;
            while !has_ended.load(Ordering::Relaxed) {
                turns += 1;
                tokio::task::yield_now().await;
            }
            turns
        };
        let (response, turns) = tokio::join!(post, other);
        assert_eq!(response.text(), "0", "{coding}");
        assert!(turns >= 100, "{coding}: {turns} turns for two mebibytes");
    }
}

/// Content in pieces of this size.
fn pieces(count: usize, size: usize) -> Body {
    Body::of_stream(stream::iter((0..count).map(move |_| Ok::<_, io::Error>(vec![b'x'; size]))))
}

#[tokio::test]
async fn content_that_is_read_as_a_whole_is_not_sent_byte_by_byte() {
    let client = strict(Application::new("size").mount(Size));
    let post = async |content: Body| client.post("/size").body(content).send().await;
    assert_eq!(post(pieces(150_000, 1)).await.text(), "150000");
    // As many more as its size allows.
    assert_eq!(post(pieces(152_000, 1)).await.text(), "152000");
    assert_eq!(post(pieces(155_000, 1)).await.status(), 400);
    assert_eq!(post(pieces(170_000, 8)).await.text(), "1360000");
}

#[tokio::test]
async fn content_that_a_method_streams_may_be_sent_byte_by_byte() {
    let client = strict(Application::new("size").mount(Size));
    assert_eq!(client.put("/size").body(pieces(155_000, 1)).send().await.text(), "155000");
}
