//! Content coding of responses.

use std::io::Read;

use wsgiservice::{Application, EntityTag, Preconditions, mount, resource, testing::TestResponse};

use super::strict;

/// Text of the given length, with an entity tag.
#[mount("/text/{length}")]
struct Text;

#[resource]
impl Text {
    fn etag(&self) -> Option<EntityTag> {
        Some(EntityTag::strong("abc"))
    }

    fn get(&self, length: usize) -> String {
        "x".repeat(length)
    }

    fn put(&self, _preconditions: Preconditions) -> &'static str {
        "put"
    }

    #[representation(".png", "image/png")]
    fn image(&self, text: &String) -> String {
        text.clone()
    }
}

async fn ask(method: &str, target: &str, fields: &[(&str, &str)]) -> TestResponse {
    let request = strict(Application::new("coding").mount(Text)).request(method, target);
    fields.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await
}

fn vary(response: &TestResponse) -> Vec<&str> {
    response.fields().get_all("vary").iter().filter_map(|value| value.to_str().ok()).collect()
}

fn decoded(coding: &str, content: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    match coding {
        "gzip" => flate2::read::GzDecoder::new(content).read_to_end(&mut decoded),
        "br" => brotli::Decompressor::new(content, 4096).read_to_end(&mut decoded),
        _ => zstd::Decoder::new(content).expect("zstd").read_to_end(&mut decoded),
    }
    .expect("decoded");
    decoded
}

#[tokio::test]
async fn content_is_encoded_as_accepted_with_a_distinct_etag() {
    let plain = ask("GET", "/text/2000", &[]).await;
    assert_eq!(plain.field("content-encoding"), None);
    assert_eq!(plain.field("etag"), Some("\"abc_json\""));
    for coding in ["gzip", "br", "zstd"] {
        let response = ask("GET", "/text/2000", &[("accept-encoding", coding)]).await;
        assert_eq!(response.field("content-encoding"), Some(coding));
        assert_eq!(response.field("etag"), Some(format!("\"abc_json_{coding}\"").as_str()));
        assert_eq!(decoded(coding, response.content()), plain.content());
    }
}

#[tokio::test]
async fn vary_names_accept_encoding_if_the_content_can_be_encoded() {
    for fields in [&[][..], &[("accept-encoding", "gzip")]] {
        for target in ["/text/2000", "/text/10"] {
            assert_eq!(vary(&ask("GET", target, fields).await), ["Accept, Accept-Encoding"]);
        }
        assert_eq!(vary(&ask("GET", "/text/2000.json", fields).await), ["Accept-Encoding"]);
    }
}

#[tokio::test]
async fn short_content_is_not_encoded() {
    let response = ask("GET", "/text/1000", &[("accept-encoding", "gzip")]).await;
    assert_eq!(response.field("content-encoding"), None);
}

/// A 304 has the tag of the 200 without knowing how long its content would be.
#[tokio::test]
async fn the_etag_is_that_of_the_negotiated_coding_for_content_of_any_length() {
    let gzip = ("accept-encoding", "gzip");
    for target in ["/text/1000", "/text/2000"] {
        let got = ask("GET", target, &[gzip]).await;
        assert_eq!(got.field("etag"), Some("\"abc_json_gzip\""));
        for tag in ["\"abc_json_gzip\"", "*"] {
            let known = ask("GET", target, &[gzip, ("if-none-match", tag)]).await;
            assert_eq!(known.status(), 304);
            assert_eq!(known.field("etag"), got.field("etag"));
            assert_eq!(vary(&known), vary(&got));
        }
    }
}

#[tokio::test]
async fn compressed_media_types_are_not_encoded() {
    let response = ask("GET", "/text/2000.png", &[("accept-encoding", "gzip")]).await;
    assert_eq!(response.field("content-encoding"), None);
    assert_eq!(vary(&response), Vec::<&str>::new());
}

#[tokio::test]
async fn a_known_encoded_representation_gets_a_304() {
    let known = [("accept-encoding", "gzip"), ("if-none-match", "\"abc_json_gzip\"")];
    let response = ask("GET", "/text/2000", &known).await;
    assert_eq!(response.status(), 304);
    assert_eq!(response.field("etag"), Some("\"abc_json_gzip\""));
    assert_eq!(vary(&response), ["Accept, Accept-Encoding"]);
}

#[tokio::test]
async fn the_etag_of_an_unaccepted_coding_does_not_match() {
    let response = ask("GET", "/text/2000", &[("if-none-match", "\"abc_json_gzip\"")]).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn if_match_accepts_the_etag_of_any_representation_and_coding() {
    for tag in ["\"abc_json_br\"", "\"abc_xml_gzip\"", "\"abc_png\"", "\"abc\""] {
        assert_eq!(ask("PUT", "/text/1", &[("if-match", tag)]).await.status(), 200, "{tag}");
    }
    assert_eq!(ask("PUT", "/text/1", &[("if-match", "\"abc_json_lzma\"")]).await.status(), 412);
}

#[tokio::test]
async fn head_has_the_length_of_the_encoded_content() {
    let fields = [("accept-encoding", "gzip")];
    let get = ask("GET", "/text/2000", &fields).await;
    let head = ask("HEAD", "/text/2000", &fields).await;
    assert_eq!(head.field("content-length"), Some(get.content().len().to_string().as_str()));
    assert_eq!(head.field("content-encoding"), Some("gzip"));
}
