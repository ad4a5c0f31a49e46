//! `multipart/form-data` and files.

use std::convert::Infallible;

use serde_json::Value;
use wsgiservice::{
    Application, Problem, Secret,
    content::{Body, File, FormStream},
    mount, resource,
    testing::TestResponse,
};

use super::{sha256, strict, violations};

#[mount("/form/{id}")]
struct Form;

#[resource]
impl Form {
    fn post(
        &self,
        id: u32,
        title: String,
        tag: Vec<u8>,
        password: Option<Secret<String>>,
        #[validate(len = ..=8)] picture: Option<File>,
        other: Vec<File>,
    ) -> String {
        let picture = picture.map(|file| {
            let name = file.file_name().map(str::to_owned);
            let media_type = file.media_type().map(str::to_owned);
            (name, media_type, file.into_content())
        });
        let other: Vec<_> = other.iter().map(|file| file.content().len()).collect();
        let password = password.map(Secret::into_inner);
        format!("{id} {title} {tag:?} {password:?} {picture:?} {other:?}")
    }

    fn put(&self, #[validate(len = ..=8)] picture: File) -> usize {
        picture.content().len()
    }

    #[limit(content = 300_000)]
    async fn patch(&self, take: usize, mut form: FormStream) -> Result<Vec<String>, Problem> {
        let mut parts = Vec::new();
        while let Some(mut part) = form.next().await? {
            let about = (part.name().to_owned(), part.file_name().map(str::to_owned));
            let about = (about, part.media_type().map(str::to_owned));
            let mut length = 0;
            while length < take
                && let Some(piece) = part.next().await?
            {
                length += piece.len();
            }
            parts.push(format!("{about:?} {length}"));
        }
        Ok(parts)
    }
}

const MULTIPART: &str = "multipart/form-data; boundary=\"b\"";

/// A part of a form. `more` continues its `Content-Disposition` after the name, and may add fields.
fn part(name: &str, more: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n");
    [head.as_bytes(), content, b"\r\n"].concat()
}

async fn send(method: &str, target: &str, parts: &[Vec<u8>]) -> TestResponse {
    send_as(method, target, MULTIPART, [&parts.concat(), &b"--b--\r\n"[..]].concat()).await
}

async fn send_as(
    method: &str,
    target: &str,
    media_type: &str,
    content: impl Into<Body>,
) -> TestResponse {
    let client = strict(Application::new("form").mount(Form));
    let request = client.request(method, target).header("content-type", media_type);
    request.body(content).send().await
}

const PICTURE: &str = "; filename=\"a.png\"\r\nContent-Type: image/png";

#[tokio::test]
async fn parameters_and_files_are_read_from_a_multipart_form() {
    let parts = [
        part("title", "", "Zürich".as_bytes()),
        part("tag", "", b"1"),
        part("tag", "", b"2"),
        part("password", "", b"hunter2"),
        part("picture", PICTURE, b"\x00\xff\r\n--"),
        part("other", "; filename=\"b\"", b"12345"),
        part("other", "; filename=\"c\"", b""),
        part("nobody", "", b"asked"),
    ];
    let response = send("POST", "/form/7", &parts).await;
    let picture = r#"Some((Some("a.png"), Some("image/png"), b"\0\xff\r\n--"))"#;
    assert_eq!(
        response.json::<Value>(),
        format!(r#"7 Zürich [1, 2] Some("hunter2") {picture} [5, 0]"#)
    );
}

#[tokio::test]
async fn an_unselected_file_is_absent() {
    let unchosen = "; filename=\"\"\r\nContent-Type: application/octet-stream";
    let parts = [part("title", "", b"a"), part("picture", unchosen, b"")];
    assert_eq!(send("POST", "/form/7", &parts).await.json::<Value>(), "7 a [] None None []");
}

#[mount("/file")]
struct OneFile;

#[resource]
impl OneFile {
    fn post(&self, doc: Option<File>, role: Option<String>, more: Vec<File>) -> String {
        let name = doc.map(|doc| doc.file_name().map(str::to_owned));
        format!("{name:?} {role:?} {}", more.len())
    }
}

/// Sends a form with one part, which has this disposition, with this boundary as the media type states it.
async fn disposed(disposition: &str, content: &str, boundary: &str) -> TestResponse {
    let delimiter = boundary.trim_matches('"');
    let form = format!(
        "--{delimiter}\r\nContent-Disposition: {disposition}\r\n\r\n{content}\r\n--{delimiter}--\r\n"
    );
    let client = strict(Application::new("file").mount(OneFile));
    let request = client.post("/file");
    let media_type = format!("multipart/form-data; boundary={boundary}");
    request.header("content-type", &media_type).body(form).send().await
}

#[tokio::test]
async fn a_disposition_is_read_by_its_grammar() {
    for (disposition, expected) in [
        (
            "form-data; name=\"doc\"; filename*=UTF-8''Z%C3%BCrich.txt; filename=\"Z_rich.txt\"",
            r#"Some(Some("Zürich.txt")) None 0"#,
        ),
        (
            "form-data; name=doc; filename=\"=?utf-8?B?WsO8?=\"; filename*=utf-8''Z%C3%BC",
            r#"Some(Some("Zü")) None 0"#,
        ),
        ("form-data; name=\"doc\"; FileName=\"a.txt\"", r#"Some(Some("a.txt")) None 0"#),
        ("Form-Data; NAME=doc;filename = a b.txt", r#"Some(Some("a b.txt")) None 0"#),
        (
            "form-data; filename=\"a; name=role; b\"; name=\"doc\"",
            r#"Some(Some("a; name=role; b")) None 0"#,
        ),
        (
            "form-data; filename=\"a\\\"; name=\\\"role\"; name=\"doc\"",
            r#"Some(Some("a\"; name=\"role")) None 0"#,
        ),
        ("form-data; xname=role; filename=\"filename=b\"; name=more", "None None 1"),
    ] {
        let response = disposed(disposition, "x", "b").await;
        assert_eq!(response.json::<Value>(), expected, "{disposition}");
    }
}

#[tokio::test]
async fn a_malformed_disposition_gets_a_400() {
    for disposition in
        ["form-data; name=\"doc", "form-data; name=doc; name=role", "form-data; name"]
    {
        let response = disposed(disposition, "x", "b").await;
        assert_eq!(response.status(), 400, "{disposition}");
        assert!(response.text().contains("a part has a malformed header"), "{}", response.text());
    }
}

#[tokio::test]
async fn a_boundary_need_not_be_quoted() {
    for boundary in
        ["----=_Part_1_2.3", "gc0p4Jq0M2Yt08j34c0p/", "a:b", "\"a:b\"", "\"a b\"", "a'()+_,-./:=?z"]
    {
        let response = disposed("form-data; name=role", "x", boundary).await;
        assert_eq!(response.json::<Value>(), r#"None Some("x") 0"#, "{boundary}");
    }
}

#[tokio::test]
async fn an_empty_part_without_a_file_name_is_no_file() {
    for name in ["doc", "more"] {
        let response = disposed(&format!("form-data; name={name}"), "", "b").await;
        assert_eq!(response.json::<Value>(), "None None 0", "{name}");
        let response = disposed(&format!("form-data; name={name}; filename=a"), "", "b").await;
        assert_ne!(response.json::<Value>(), "None None 0", "{name}");
    }
    let found = violations(&send("PUT", "/form/7", &[part("picture", "", b"")]).await);
    assert_eq!(found, [("picture".into(), "content".into(), "missing".into())]);
}

#[tokio::test]
async fn a_missing_or_repeated_file_is_a_violation() {
    let found = violations(&send("PUT", "/form/7", &[part("title", "", b"a")]).await);
    assert_eq!(found, [("picture".into(), "content".into(), "missing".into())]);
    let parts = [part("picture", PICTURE, b"1"), part("picture", PICTURE, b"2")];
    let found = violations(&send("PUT", "/form/7", &parts).await);
    assert_eq!(found, [("picture".into(), "content".into(), "repeated".into())]);
}

#[tokio::test]
async fn the_size_of_a_file_is_validated() {
    let parts = [part("title", "", b"a"), part("picture", PICTURE, &[0; 9])];
    let response = send("POST", "/form/7", &parts).await;
    assert_eq!(violations(&response), [("picture".into(), "content".into(), "length".into())]);
    assert!(response.text().contains("It must have 0 to 8 bytes."), "{}", response.text());
    let found = violations(&send("PUT", "/form/7", &[part("picture", PICTURE, b"")]).await);
    assert_eq!(found, [("picture".into(), "content".into(), "empty".into())]);
    let parts = [part("title", "", b"a"), part("picture", PICTURE, b"")];
    assert_eq!(send("POST", "/form/7", &parts).await.status(), 200);
}

#[tokio::test]
async fn invalid_utf_8_is_a_violation() {
    let found = violations(&send("POST", "/form/7", &[part("title", "", b"\xff")]).await);
    assert_eq!(found, [("title".into(), "content".into(), "encoding".into())]);
}

#[tokio::test]
async fn an_invalid_form_is_reported_with_all_other_violations() {
    let whole = part("title", "", b"a");
    let cut = whole.get(..whole.len() - 4).expect("a part").to_vec();
    for content in [b"--c\r\n".to_vec(), whole, cut, b"--b\r\na\xff: \0\r\n\r\n--b--".to_vec()] {
        let response = send_as("POST", "/form/one", MULTIPART, content).await;
        assert_eq!(response.status(), 400);
        let expected = [
            ("id".into(), "path".into(), "invalid".into()),
            ("content".into(), "content".into(), "malformed".into()),
        ];
        assert_eq!(violations(&response), expected);
    }
}

#[tokio::test]
async fn a_multipart_form_without_a_boundary_gets_a_400() {
    for method in ["POST", "PATCH"] {
        let target = "/form/7?take=0&title=a";
        let response = send_as(method, target, "multipart/form-data", b"--b--".to_vec()).await;
        assert_eq!(response.status(), 400, "{method}");
        assert!(response.text().contains("boundary"));
    }
}

#[tokio::test]
async fn a_form_has_at_most_ten_thousand_members() {
    let parts = vec![part("title", "", b"a"); 10_001];
    assert_eq!(send("POST", "/form/7", &parts).await.status(), 400);
    let members = "a&".repeat(10_001).into_bytes();
    let urlencoded = "application/x-www-form-urlencoded";
    assert_eq!(send_as("POST", "/form/7", urlencoded, members).await.status(), 400);
}

#[tokio::test]
async fn the_parts_of_a_form_can_be_streamed() {
    let parts = [part("a", PICTURE, &[1; 200_000]), part("b", "", b""), part("c", "", b"123")];
    let response = send("PATCH", "/form/7?take=1000000", &parts).await;
    let expected = [
        r#"(("a", Some("a.png")), Some("image/png")) 200000"#,
        r#"(("b", None), None) 0"#,
        r#"(("c", None), None) 3"#,
    ];
    assert_eq!(response.json::<Value>(), serde_json::json!(expected));
}

#[tokio::test]
async fn an_unread_part_is_skipped() {
    let parts = [part("a", "", &[1; 200_000]), part("b", "", b"12")];
    let response = send("PATCH", "/form/7?take=0", &parts).await;
    assert_eq!(
        response.json::<Value>(),
        serde_json::json!([r#"(("a", None), None) 0"#, r#"(("b", None), None) 0"#])
    );
}

#[tokio::test]
async fn a_streamed_form_has_the_limit_of_its_method() {
    let parts = [part("a", "", &[1; 300_000])];
    assert_eq!(send("PATCH", "/form/7?take=1000000", &parts).await.status(), 413);
}

#[tokio::test]
async fn the_head_of_a_part_is_bounded() {
    for head in [vec![b'-'; 200_000], part(&"a".repeat(200_000), "", b"")] {
        let pieces: Vec<_> =
            head.chunks(10_000).map(|it| Ok::<_, Infallible>(it.to_vec())).collect();
        let body = Body::of_stream(futures_util::stream::iter(pieces));
        let response = send_as("PATCH", "/form/7?take=0", MULTIPART, body).await;
        assert_eq!(response.status(), 400);
        assert!(response.text().contains("too large a header"), "{}", response.text());
    }
}

#[tokio::test]
async fn a_truncated_form_gets_a_400() {
    let response = send_as("PATCH", "/form/7?take=9", MULTIPART, part("a", "", b"1234")).await;
    assert_eq!(response.status(), 400);
}

/// A form whose stream ends later than its last boundary.
fn late_end(form: Vec<u8>) -> Body {
    let pieces = futures_util::stream::unfold(Some(form), |form| async {
        tokio::task::yield_now().await;
        form.map(|form| (Ok::<_, Infallible>(form), None))
    });
    Body::of_stream(pieces)
}

#[tokio::test]
async fn the_digest_of_a_streamed_form_is_verified_at_its_end() {
    let form = [part("a", "", b"1234"), b"--b--\r\n".to_vec()].concat();
    let patch = async |digest: String| {
        let client = strict(Application::new("form").mount(Form));
        let request = client.request("PATCH", "/form/7?take=9").header("content-type", MULTIPART);
        let request = request.header("content-digest", &format!("sha-256=:{digest}:"));
        request.body(late_end(form.clone())).send().await.status()
    };
    assert_eq!(patch(sha256(&form)).await, 200);
    assert_eq!(patch(sha256(b"another")).await, 400);
}

#[tokio::test]
async fn an_overlong_boundary_gets_a_400() {
    let media_type = format!("multipart/form-data; boundary={}", "b".repeat(71));
    assert_eq!(send_as("PATCH", "/form/7?take=9", &media_type, vec![]).await.status(), 400);
}

#[tokio::test]
async fn other_content_gets_a_415_if_the_method_reads_a_form() {
    let response = send_as("PATCH", "/form/7?take=9", "application/json", b"{}".to_vec()).await;
    assert_eq!(response.status(), 415);
    assert_eq!(response.field("accept-patch"), Some("multipart/form-data"));
}
