//! Range requests for binary content.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;
use wsgiservice::{
    Application, EntityTag, Problem, answer::Binary, content::Body, mount, resource,
    testing::TestResponse,
};

use super::strict;

const MODIFIED: &str = "Tue, 24 Nov 2026 12:00:00 GMT";

#[mount("/image/{id}")]
struct Image;

#[resource]
impl Image {
    fn etag(&self) -> Option<EntityTag> {
        Some(EntityTag::strong("abc"))
    }

    fn last_modified(&self) -> Option<SystemTime> {
        Some(UNIX_EPOCH + Duration::from_secs(1_795_521_600))
    }

    #[expires(days = 1)]
    fn get(&self, id: u32) -> Option<Binary> {
        (id == 1).then(|| Binary::new("0123456789", HeaderValue::from_static("image/png")))
    }
}

#[mount("/automatic", etag = auto)]
struct Automatic;

#[resource]
impl Automatic {
    fn get(&self) -> Binary {
        Binary::new("0123456789", HeaderValue::from_static("image/png"))
    }
}

#[mount("/file/{name}", etag = auto)]
struct File;

#[resource]
impl File {
    async fn get(&self, name: String) -> Result<Binary, Problem> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        Binary::file(path, HeaderValue::from_static("text/plain")).await
    }
}

#[mount("/dated", etag = auto)]
struct Dated;

#[resource]
impl Dated {
    fn last_modified(&self) -> Option<SystemTime> {
        Image.last_modified()
    }

    fn get(&self) -> Binary {
        Automatic.get()
    }
}

#[mount("/only-dated")]
struct OnlyDated;

#[resource]
impl OnlyDated {
    fn last_modified(&self) -> Option<SystemTime> {
        Image.last_modified()
    }

    fn get(&self) -> Binary {
        Automatic.get()
    }
}

#[mount("/stream", etag = auto)]
struct Stream;

#[resource]
impl Stream {
    fn get(&self) -> Binary {
        let pieces = ["0123", "456789"].map(Ok::<_, std::io::Error>);
        let body = Body::of_stream(futures_util::stream::iter(pieces));
        Binary::stream(body, HeaderValue::from_static("image/png"))
    }
}

async fn ask(method: &str, target: &str, fields: &[(&str, &str)]) -> TestResponse {
    let application = Application::new("range").mount(Image).mount(Automatic);
    let client = strict(application.mount(File).mount(Stream));
    let request = client.request(method, target);
    fields.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await
}

#[tokio::test]
async fn a_full_response_advertises_ranges() {
    let response = ask("GET", "/image/1", &[]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.text(), "0123456789");
    assert_eq!(response.field("content-type"), Some("image/png"));
    assert_eq!(response.field("accept-ranges"), Some("bytes"));
    assert_eq!(response.field("etag"), Some("\"abc\""));
    assert_eq!(response.field("vary"), None);
}

#[tokio::test]
async fn a_single_range_gets_a_206() {
    for (range, content_range, content) in [
        ("bytes=0-0", "bytes 0-0/10", "0"),
        ("bytes=7-", "bytes 7-9/10", "789"),
        ("bytes=-2", "bytes 8-9/10", "89"),
        ("bytes=5-99", "bytes 5-9/10", "56789"),
    ] {
        let response = ask("GET", "/image/1", &[("range", range)]).await;
        assert_eq!(response.status(), 206, "{range}");
        assert_eq!(response.field("content-range"), Some(content_range));
        assert_eq!(response.field("cache-control"), Some("max-age=86400"));
        assert_eq!(response.field("etag"), Some("\"abc\""));
        assert_eq!(response.text(), content);
    }
}

#[tokio::test]
async fn several_ranges_get_a_multipart_response() {
    let response = ask("GET", "/image/1", &[("range", "bytes=0-1, 8-")]).await;
    assert_eq!(response.status(), 206);
    let media_type = response.field("content-type").expect("a media type");
    let boundary = media_type.strip_prefix("multipart/byteranges; boundary=").expect("a boundary");
    let expected = format!(
        "--{boundary}\r\ncontent-type: image/png\r\ncontent-range: bytes 0-1/10\r\n\r\n01\r\n\
         --{boundary}\r\ncontent-type: image/png\r\ncontent-range: bytes 8-9/10\r\n\r\n89\r\n--{boundary}--\r\n"
    );
    assert_eq!(response.text(), expected);
    assert_eq!(response.field("content-range"), None);
}

#[tokio::test]
async fn an_unsatisfiable_range_gets_a_416_with_the_length() {
    let response = ask("GET", "/image/1", &[("range", "bytes=10-")]).await;
    assert_eq!(response.status(), 416);
    assert_eq!(response.field("content-range"), Some("bytes */10"));
    assert_eq!(response.field("cache-control"), None);
}

#[tokio::test]
async fn an_invalid_range_gets_the_full_content() {
    for range in ["lines=1-2", "bytes=2-1", "bytes=x"] {
        assert_eq!(ask("GET", "/image/1", &[("range", range)]).await.status(), 200, "{range}");
    }
}

#[tokio::test]
async fn a_range_applies_only_to_get() {
    let response = ask("HEAD", "/image/1", &[("range", "bytes=0-0")]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.field("content-length"), Some("10"));
}

#[tokio::test]
async fn if_range_requires_a_matching_strong_etag() {
    for (value, status) in
        [("\"abc\"", 206), ("\"abd\"", 200), ("W/\"abc\"", 200), (MODIFIED, 200), ("nonsense", 200)]
    {
        let response = ask("GET", "/image/1", &[("range", "bytes=0-0"), ("if-range", value)]).await;
        assert_eq!(response.status(), status, "{value}");
    }
}

#[tokio::test]
async fn several_if_ranges_get_the_whole() {
    for second in ["\"abc\"", "\"abd\""] {
        let fields = [("range", "bytes=0-0"), ("if-range", "\"abc\""), ("if-range", second)];
        assert_eq!(ask("GET", "/image/1", &fields).await.status(), 200, "{second}");
    }
}

#[tokio::test]
async fn if_range_accepts_a_date_if_there_is_no_etag() {
    let client = strict(Application::new("range").mount(OnlyDated));
    for (value, status) in [(MODIFIED, 206), ("Tue, 24 Nov 2026 12:00:01 GMT", 200)] {
        let request = client.get("/only-dated").header("range", "bytes=0-0");
        assert_eq!(request.header("if-range", value).send().await.status(), status, "{value}");
    }
}

#[tokio::test]
async fn preconditions_are_evaluated_before_the_range() {
    let fields = [("range", "bytes=0-0"), ("if-none-match", "\"abc\"")];
    assert_eq!(ask("GET", "/image/1", &fields).await.status(), 304);
    assert_eq!(ask("GET", "/image/2", &[("range", "bytes=0-0")]).await.status(), 404);
}

#[tokio::test]
async fn an_automatic_etag_covers_the_full_content() {
    let whole = ask("GET", "/automatic", &[]).await;
    let part = ask("GET", "/automatic", &[("range", "bytes=0-0")]).await;
    assert_eq!(part.status(), 206);
    assert!(whole.field("etag").is_some());
    assert_eq!(part.field("etag"), whole.field("etag"));
}

const CARGO: &str = include_str!("../../Cargo.toml");

#[tokio::test]
async fn a_file_is_sent_completely() {
    let response = ask("GET", "/file/Cargo.toml", &[]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.text(), CARGO);
    assert_eq!(response.field("accept-ranges"), Some("bytes"));
    let head = ask("HEAD", "/file/Cargo.toml", &[]).await;
    assert_eq!(head.field("content-length"), Some(&*CARGO.len().to_string()));
    assert_eq!(head.text(), "");
}

#[tokio::test]
async fn ranges_of_a_file_are_sent() {
    let response = ask("GET", "/file/Cargo.toml", &[("range", "bytes=1-7")]).await;
    assert_eq!(response.status(), 206);
    assert_eq!(response.text(), "package");
    let range = format!("bytes 1-7/{}", CARGO.len());
    assert_eq!(response.field("content-range"), Some(&*range));

    let response = ask("GET", "/file/Cargo.toml", &[("range", "bytes=0-0, 8-8")]).await;
    assert_eq!(response.status(), 206);
    let media_type = response.field("content-type").expect("a media type");
    let boundary = media_type.strip_prefix("multipart/byteranges; boundary=").expect(media_type);
    let parts: Vec<_> = response.text().split(&format!("--{boundary}")).collect();
    assert_eq!(parts.len(), 4);
    assert!(parts[1].ends_with("\r\n\r\n[\r\n") && parts[2].ends_with("\r\n\r\n]\r\n"));

    let behind = ask("GET", "/file/Cargo.toml", &[("range", "bytes=1000000-")]).await;
    assert_eq!(behind.status(), 416);
}

#[tokio::test]
async fn a_file_has_automatic_validators() {
    let response = ask("GET", "/file/Cargo.toml", &[]).await;
    let etag = response.field("etag").expect("a tag");
    let modified = response.field("last-modified").expect("a date");
    for condition in [("if-none-match", etag), ("if-modified-since", modified)] {
        assert_eq!(ask("GET", "/file/Cargo.toml", &[condition]).await.status(), 304);
    }
    let fields = [("range", "bytes=0-0"), ("if-range", etag)];
    assert_eq!(ask("GET", "/file/Cargo.toml", &fields).await.status(), 206);
}

#[tokio::test]
async fn a_missing_file_or_a_directory_gets_a_404() {
    let long = "a".repeat(300);
    for name in ["nothing", "tests", "a%00b", "Cargo.toml%2Fa", &long] {
        assert_eq!(ask("GET", &format!("/file/{name}"), &[]).await.status(), 404);
    }
}

#[tokio::test]
async fn last_modified_from_the_resource_is_kept_with_an_automatic_etag() {
    let client = strict(Application::new("range").mount(Dated));
    let response = client.get("/dated").send().await;
    assert!(response.field("etag").is_some());
    assert_eq!(response.field("last-modified"), Some(MODIFIED));
}

#[tokio::test]
async fn a_stream_has_no_ranges() {
    let response = ask("GET", "/stream", &[("range", "bytes=2-4")]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.text(), "0123456789");
    assert_eq!(response.field("accept-ranges"), Some("none"));
    assert_eq!(response.field("etag"), None);
}
