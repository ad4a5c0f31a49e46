//! Bounds of the work and the memory that a request takes beside its size.

use std::{
    io::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use bytes::Bytes;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use futures_util::stream;
use serde_json::{Value, json};
use wsgiservice::{
    Application, Content, Policy, Problem,
    content::{Body, ContentStream},
    mount, resource,
    server::Limits,
    testing::{Client, TestResponse},
};

use super::{strict, violations};

const JSON: &str = "application/json";
const XML: &str = "application/xml";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b";

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
        assert_eq!(response.json::<Value>()["detail"], detail);
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
        assert_eq!(response.json::<Value>()["detail"], detail);
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

#[tokio::test]
async fn the_processor_decodes_for_a_bounded_time() {
    for (coding, content) in [
        ("gzip", gzip(b"a")),
        ("deflate", nothing("deflate")),
        ("br", nothing("br")),
        ("zstd", zstd(b"a")),
    ] {
        let mut limits = Limits::default();
        limits.content = 2 << 20;
        limits.coding_time = Duration::from_nanos(1);
        let response = post_coded(limits, coding, content).await;
        assert_eq!(response.status(), 413, "{coding}");
        let detail = "The content takes longer to decode than the limit of 2ns.";
        assert_eq!(response.json::<Value>()["detail"], detail);
    }
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
            let mut limits = Limits::default();
            // This is not about how long it takes, above all in a build without optimizations.
            limits.coding_time = Duration::MAX;
            let response = post_coded(limits, coding, nothing(coding)).await;
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

#[mount("/elements/{*rest}")]
struct Elements;

#[resource]
impl Elements {
    fn get(&self, rest: Vec<String>, item: Vec<String>) -> usize {
        rest.len() + item.len()
    }

    fn put(&self, content: Content<Value>) -> Value {
        content.into_inner()
    }

    fn post(&self, item: Vec<String>, other: Option<String>) -> usize {
        item.len() + other.map_or(0, |_| 1)
    }

    fn delete(&self, #[from(header = "Accept-Language")] tags: Vec<String>) -> usize {
        tags.len()
    }

    fn patch(&self, content: Content<std::collections::BTreeMap<String, Vec<u8>>>) -> usize {
        content.into_inner().len()
    }
}

fn elements() -> Client {
    let mut limits = Limits::default();
    limits.elements = 3;
    let policy = Policy::new().unprocessable_violations(true);
    strict(Application::new("elements").mount(Elements).limits(limits).policy(policy))
}

fn part(name: &str) -> String {
    format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n1\r\n")
}

#[tokio::test]
async fn content_has_a_bounded_number_of_elements() {
    let parts = |names: &[&str]| names.iter().map(|name| part(name)).collect::<String>() + "--b--";
    let (three, four) =
        (parts(&["item", "item", "item"]), parts(&["item", "item", "item", "other"]));
    let cases = [
        ("PUT", JSON, "[1, 2, 3]", "[1, 2, 3, 4]", "content"),
        ("PUT", JSON, r#"{"a": [1, 2, 3]}"#, r#"{"a": [1, 2, 3, 4]}"#, "a"),
        ("PUT", JSON, r#"[[], {"a": [1, 2, 3]}]"#, r#"[[], {"a": [1, 2, 3, [4]]}]"#, "[1].a"),
        ("PUT", JSON, r#"{"a":1,"b":2,"c":3}"#, r#"{"a":1,"b":2,"c":3,"d":4}"#, "content"),
        ("PUT", JSON, r#"{"b":{"a":1,"b":2,"c":3}}"#, r#"{"b":{"a":1,"b":2,"c":3,"d":4}}"#, "b"),
        ("PUT", XML, "<r><a/><b/><c/></r>", "<r><a/><b/><c/><d/></r>", "content"),
        ("PUT", XML, "<r><s><a/><b/><c/></s></r>", "<r><s><a/><b/><c/><c/></s></r>", "s"),
        ("PATCH", FORM, "a=1&b=2&b=3", "a=1&b=2&b=3&b=4", "content"),
        ("PATCH", MULTIPART, &three, &four, "content"),
        ("PATCH", JSON, r#"{"a": [1, 2, 3]}"#, r#"{"a": [1, 2, 3, 4]}"#, "a"),
        ("POST", JSON, r#"{"item": ["1", "2", "3"]}"#, r#"{"item": ["1", "2", "3", "4"]}"#, "item"),
        ("POST", JSON, r#"{"a":[{"b":[1,2,3]}]}"#, r#"{"a":[{"b":[1,2,3,4]}]}"#, "a[0].b"),
        ("POST", JSON, r#"{"item":[],"b":2,"c":3}"#, r#"{"item":[],"b":2,"c":3,"d":4}"#, "content"),
        ("POST", FORM, "item=1&item=2&other=3", "item=1&item=2&other=3&b=4", "content"),
        ("POST", MULTIPART, &three, &four, "content"),
    ];
    let client = elements();
    for (method, media_type, most, more, name) in cases {
        let send = async |content: &str| {
            let request = client.request(method, "/elements/a").header("content-type", media_type);
            request.body(content.to_owned()).send().await
        };
        assert_eq!(send(most).await.status(), 200, "{most}");
        let response = send(more).await;
        assert_eq!(response.status(), 400, "{more}");
        let violation = (name.to_owned(), "content".to_owned(), "too_many".to_owned());
        assert_eq!(violations(&response), [violation], "{more}");
        let detail = response.json::<Value>()["errors"][0]["detail"].clone();
        let expected =
            format!("Value for {name} does not validate. It must have at most 3 elements.");
        assert_eq!(detail, expected);
    }
}

#[tokio::test]
async fn content_has_a_bounded_number_of_elements_over_all_levels() {
    let client = elements();
    let put = async |media_type, content: &str| {
        let request = client.put("/elements/a").header("content-type", media_type);
        request.body(content.to_owned()).send().await
    };
    // A list counts twice, as an element and for itself.
    for (media_type, begin, most, more, end) in [
        (JSON, "[", "[1,2,3],[[1,2],[1,2,3],[[],1]],[]", "[1,2,3],[[1,2],[1,2,3],[[],1]],[1]", "]"),
        (JSON, "", &"[".repeat(13), &"[".repeat(14), ""),
        (XML, "", &"<a>".repeat(13), &"<a>".repeat(14), ""),
    ] {
        let ends = |begins: &str| match media_type {
            XML => "</a>".repeat(begins.len() / 3),
            _ if begin.is_empty() => "]".repeat(begins.len()),
            _ => String::new(),
        };
        let content = format!("{begin}{most}{}{end}", ends(most));
        assert_eq!(put(media_type, &content).await.status(), 200, "{content}");
        let content = format!("{begin}{more}{}{end}", ends(more));
        let response = put(media_type, &content).await;
        assert_eq!(response.status(), 400, "{content}");
        let violation = ("content".to_owned(), "content".to_owned(), "too_many".to_owned());
        assert_eq!(violations(&response), [violation], "{content}");
        let reason = "Value for content does not validate. It must have at most 24 elements.";
        assert_eq!(response.json::<Value>()["errors"][0]["detail"], reason);
    }
}

#[tokio::test]
async fn lists_outside_of_the_content_have_a_bounded_number_of_elements() {
    let client = elements();
    let too_many = |response: &TestResponse| {
        assert_eq!(response.status(), 400);
        violations(response).first().cloned().expect("a violation")
    };
    let violation = |name: &str, place: &str| (name.into(), place.into(), "too_many".into());

    assert_eq!(client.get("/elements/a?item=1&item=2&b=3").send().await.text(), "3");
    let response = client.get("/elements/a?item=1&item=2&b=3&c=4").send().await;
    assert_eq!(too_many(&response), violation("query", "query"));

    assert_eq!(client.get("/elements/a/b/c").send().await.text(), "3");
    let response = client.get("/elements/a/b/c/d").send().await;
    assert_eq!(too_many(&response), violation("rest", "path"));

    let delete =
        async |tags| client.delete("/elements/a").header("accept-language", tags).send().await;
    assert_eq!(delete("de, en, fr").await.text(), "3");
    let response = delete("de, en, fr, it").await;
    assert_eq!(too_many(&response), violation("Accept-Language", "header"));
}

#[tokio::test]
async fn ten_thousand_elements_are_the_default() {
    let client = strict(Application::new("elements").mount(Elements));
    let post = async |count: usize| {
        let content = json!({"item": vec!["a"; count]}).to_string();
        let request = client.post("/elements/a").header("content-type", JSON);
        request.body(content).send().await
    };
    assert_eq!(post(10_000).await.text(), "10000");
    assert_eq!(post(10_001).await.status(), 400);
}

#[mount("/own")]
#[limit(elements = 2)]
struct Own;

#[resource]
impl Own {
    fn put(&self, content: Content<Vec<u8>>) -> usize {
        content.into_inner().len()
    }

    #[limit(content = 100, elements = 2 + 2)]
    fn post(&self, content: Content<Vec<u8>>) -> usize {
        content.into_inner().len()
    }
}

#[tokio::test]
async fn the_most_specific_limit_of_elements_applies() {
    let client = strict(Application::new("own").mount(Own));
    let status = async |method, content: &'static str| {
        let request = client.request(method, "/own").header("content-type", JSON);
        request.body(content).send().await.status().as_u16()
    };
    assert_eq!(status("PUT", "[1, 2]").await, 200);
    assert_eq!(status("PUT", "[1, 2, 3]").await, 400);
    assert_eq!(status("POST", "[1, 2, 3, 4]").await, 200);
    assert_eq!(status("POST", "[1, 2, 3, 4, 5]").await, 400);
}

/// Content in pieces of this size.
fn pieces(count: usize, size: usize) -> Body {
    Body::of_stream(stream::iter((0..count).map(move |_| Ok::<_, io::Error>(vec![b'x'; size]))))
}

#[tokio::test]
async fn content_that_is_read_as_a_whole_is_not_sent_byte_by_byte() {
    let client = strict(Application::new("size").mount(Size));
    let post = async |content: Body| client.post("/size").body(content).send().await;
    assert_eq!(post(pieces(80_000, 1)).await.text(), "80000");
    // As many more as its size allows.
    assert_eq!(post(pieces(81_000, 1)).await.text(), "81000");
    assert_eq!(post(pieces(82_000, 1)).await.status(), 400);
    assert_eq!(post(pieces(91_000, 8)).await.text(), "728000");
}

#[tokio::test]
async fn content_that_a_method_streams_may_be_sent_byte_by_byte() {
    let client = strict(Application::new("size").mount(Size));
    assert_eq!(client.put("/size").body(pieces(82_000, 1)).send().await.text(), "82000");
}
