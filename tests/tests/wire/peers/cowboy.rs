//! The outcomes of a resource's callbacks, from `test/rest_handler_SUITE.erl` of ninenines/cowboy.
//!
//! Not here, since it has no counterpart: callbacks that are missing or return what is malformed (they do not compile),
//! `charsets_provided`, other units of ranges than bytes, and handlers that stop or are switched.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::HeaderValue;
use wsgiservice::{
    Application, Created, EntityTag, NoContent, Problem,
    answer::{Binary, SeeOther},
    mount, resource,
    testing::{Client, TestResponse},
};

use super::{Part, parts, strict};

const CONTENT: &str = "This is ranged REST!";
const MODIFIED: &str = "Fri, 21 Sep 2012 22:36:14 GMT";

fn modified() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_348_266_974)
}

/// The tag that a request asks for.
fn entity_tag(kind: &str) -> Option<EntityTag> {
    match kind {
        "strong" => Some(EntityTag::strong("tag")),
        "weak" => Some(EntityTag::weak("tag")),
        _ => None,
    }
}

/// Text that has ranges, a tag, a date and a lifetime.
#[mount("/ranged/{tag}")]
struct Ranged;

#[resource]
impl Ranged {
    fn etag(&self, tag: String) -> Option<EntityTag> {
        entity_tag(&tag)
    }

    fn last_modified(&self) -> Option<SystemTime> {
        Some(modified())
    }

    #[expires(hours = 1)]
    fn get(&self) -> Binary {
        Binary::new(CONTENT, HeaderValue::from_static("text/plain"))
    }
}

/// A value that is represented as text with either level.
#[mount("/value/{tag}", representations = [one, two])]
struct Value;

#[resource]
impl Value {
    fn etag(&self, tag: String) -> Option<EntityTag> {
        entity_tag(&tag)
    }

    fn get(&self) -> u32 {
        7
    }

    #[representation(".one", "text/plain;level=1")]
    fn first(&self, value: &u32) -> String {
        value.to_string()
    }

    #[representation(".two", "text/plain;level=2")]
    fn second(&self, value: &u32) -> String {
        value.to_string()
    }
}

/// Takes content of each media type, and accepts or refuses it.
#[mount("/content")]
struct Accepting;

impl Accepting {
    fn accept(accepted: bool) -> Result<NoContent, Problem> {
        if accepted {
            Ok(NoContent)
        } else {
            Err(Problem::bad_request("This content is not accepted."))
        }
    }
}

#[resource]
impl Accepting {
    fn patch(&self, accepted: bool, _content: Bytes) -> Result<NoContent, Problem> {
        Self::accept(accepted)
    }

    fn post(&self, accepted: bool, _content: Bytes) -> Result<NoContent, Problem> {
        Self::accept(accepted)
    }

    fn put(&self, accepted: bool, _content: Bytes) -> Result<NoContent, Problem> {
        Self::accept(accepted)
    }
}

/// Creates a resource.
#[mount("/created")]
struct Creating;

#[resource]
impl Creating {
    fn post(&self, _content: Bytes) -> Created<()> {
        Created::at("/foo", ())
    }

    fn put(&self, _content: Bytes) -> SeeOther {
        SeeOther::to("/foo")
    }
}

/// Refuses requests for an hour.
#[mount("/limited")]
struct Limited;

#[resource]
impl Limited {
    fn get(&self, limited: bool) -> Result<u32, Problem> {
        if limited { Err(Problem::too_many_requests(Duration::from_secs(3600))) } else { Ok(7) }
    }
}

fn client() -> Client {
    let application = Application::new("cowboy");
    strict(application.mount(Ranged).mount(Value).mount(Accepting).mount(Creating).mount(Limited))
}

/// A request, and the status and header fields of its response; an empty value stands for a field that is absent.
struct Case<'a> {
    method: &'a str,
    target: &'a str,
    fields: &'a [(&'a str, &'a str)],
    status: u16,
    response: &'a [(&'a str, &'a str)],
}

const fn get<'a>(
    target: &'a str,
    fields: &'a [(&'a str, &'a str)],
    status: u16,
    response: &'a [(&'a str, &'a str)],
) -> Case<'a> {
    Case { method: "GET", target, fields, status, response }
}

async fn send(client: &Client, case: &Case<'_>) -> TestResponse {
    let mut request = client.request(case.method, case.target);
    for (name, value) in case.fields {
        request = request.header(name, value);
    }
    if case.method != "GET" && case.method != "OPTIONS" {
        request = request.body("Request content");
    }
    request.send().await
}

async fn check(cases: &[Case<'_>]) {
    let client = client();
    for case in cases {
        let response = send(&client, case).await;
        let request = format!("{} {} {:?}", case.method, case.target, case.fields);
        assert_eq!(response.status(), case.status, "{request}: {}", response.text());
        for (name, value) in case.response {
            assert_eq!(response.field(name).unwrap_or_default(), *value, "{request}: {name}");
        }
    }
}

#[tokio::test]
async fn a_range_is_sent_if_its_condition_holds() {
    let whole = &[("accept-ranges", "bytes"), ("content-range", "")][..];
    let partial = &[
        ("accept-ranges", "bytes"),
        ("content-range", "bytes 0-19/20"),
        ("content-type", "text/plain"),
    ][..];
    let all = ("range", "bytes=0-");
    check(&[
        get("/ranged/strong", &[], 200, whole),
        get("/ranged/strong", &[all], 206, partial),
        get("/ranged/strong", &[("range", "bytes=8-")], 206, &[("content-range", "bytes 8-19/20")]),
        get("/ranged/strong", &[("range", "bytes=1000-")], 416, &[("content-range", "bytes */20")]),
        get("/ranged/strong", &[("range", "chapters=1-")], 200, whole),
        get("/ranged/strong", &[all, ("if-range", "\"tag\"")], 206, partial),
        get("/ranged/strong", &[all, ("if-range", "\"another\"")], 200, whole),
        get("/ranged/strong", &[("if-range", "\"tag\"")], 200, whole),
        get("/ranged/weak", &[all, ("if-range", "W/\"tag\"")], 200, whole),
        get("/ranged/strong", &[all, ("if-range", "Fri, 22 Feb 2222 11:11:11 GMT")], 200, whole),
        get("/ranged/strong", &[all, ("if-none-match", "\"tag\"")], 304, &[("content-range", "")]),
        // What has no ranges ignores both fields.
        get(
            "/value/untagged",
            &[all, ("if-range", "\"tag\"")],
            200,
            &[("accept-ranges", ""), ("content-range", "")],
        ),
    ])
    .await;
}

#[tokio::test]
async fn several_ranges_are_sent_in_the_order_of_the_request() {
    let response =
        client().get("/ranged/strong").header("range", "bytes=0-3, 5-6, 8-13, 15-").send().await;
    assert_eq!(response.field("content-range"), None);
    let expected =
        [(0, 3), (5, 6), (8, 13), (15, 19)].map(|(first, last)| Part::of(CONTENT, first, last));
    assert_eq!(parts(&response), expected);
}

#[tokio::test]
async fn a_range_has_the_header_fields_of_the_whole() {
    let client = client();
    let whole = client.get("/ranged/strong").send().await;
    let partial = client.get("/ranged/strong").header("range", "bytes=0-").send().await;
    for name in ["cache-control", "etag", "last-modified"] {
        assert!(whole.field(name).is_some(), "{name}");
        assert_eq!(partial.field(name), whole.field(name), "{name}");
    }
    assert!(partial.field("expires").is_some());
}

#[tokio::test]
async fn validators_are_sent_as_the_hooks_return_them() {
    check(&[
        get("/value/untagged", &[], 200, &[("etag", ""), ("last-modified", ""), ("expires", "")]),
        get("/value/strong", &[], 200, &[("etag", "\"tag_one\"")]),
        get("/value/weak", &[], 200, &[("etag", "W/\"tag_one\"")]),
        get("/value/strong", &[("if-none-match", "\"tag_one\"")], 304, &[("etag", "\"tag_one\"")]),
        get(
            "/value/weak",
            &[("if-none-match", "W/\"tag_one\"")],
            304,
            &[("etag", "W/\"tag_one\"")],
        ),
        get("/ranged/strong", &[], 200, &[("etag", "\"tag\""), ("last-modified", MODIFIED)]),
    ])
    .await;
}

#[tokio::test]
async fn a_representation_is_selected_by_its_parameters() {
    let client = client();
    for (accept, level) in [
        (None, Some("1")),
        (Some("text/plain"), Some("1")),
        (Some("text/plain;level=1"), Some("1")),
        (Some("text/plain;level=1;q=0.8, text/plain;level=2;q=0.5"), Some("1")),
        (Some("text/plain;level=1;q=0.5, text/plain;level=2;q=0.8"), Some("2")),
        (Some("text/plain;charset=utf-8"), Some("1")),
        (Some("text/plain;charset=utf-32, text/plain"), Some("1")),
        (Some("text/plain;charset=utf-32"), None),
    ] {
        let request = client.get("/value/untagged");
        let request =
            accept.into_iter().fold(request, |request, accept| request.header("accept", accept));
        let response = request.send().await;
        let expected = level.map(|level| format!("text/plain;level={level}; charset=utf-8"));
        let sent = response.field("content-type").filter(|_| response.status() == 200);
        assert_eq!(sent, expected.as_deref(), "{accept:?}");
    }
}

#[tokio::test]
async fn content_is_accepted_or_refused() {
    let media_types: &[&[(&str, &str)]] = &[
        &[("content-type", "text/plain")],
        &[("content-type", "text/plain;charset=UTF-8")],
        &[("content-type", "application/vnd.plain;charset=UTF-8")],
        &[("content-type", "multipart/mixed; boundary=abcdef; v=1")],
    ];
    let mut cases = Vec::new();
    for method in ["PATCH", "POST", "PUT"] {
        for fields in media_types.iter().copied() {
            let case = |target, status| Case { method, target, fields, status, response: &[] };
            cases.extend([
                case("/content?accepted=true", 204),
                case("/content?accepted=false", 400),
            ]);
        }
    }
    check(&cases).await;
}

#[tokio::test]
async fn a_created_resource_is_named() {
    let fields = &[("content-type", "application/text")];
    let response = &[("location", "/foo")];
    check(&[
        Case { method: "POST", target: "/created", fields, status: 201, response },
        Case { method: "PUT", target: "/created", fields, status: 303, response },
    ])
    .await;
}

#[tokio::test]
async fn a_request_beyond_the_rate_is_told_when_to_come_back() {
    check(&[
        get("/limited?limited=true", &[], 429, &[("retry-after", "3600")]),
        get("/limited?limited=false", &[], 200, &[("retry-after", "")]),
    ])
    .await;
}

#[tokio::test]
async fn where_we_differ() {
    let range = ("range", "bytes=1000-");
    let options = |response| Case {
        method: "OPTIONS",
        target: "/value/untagged",
        fields: &[],
        status: 204,
        response,
    };
    let unreadable = &[("content-type", "text/plain, text/html")];
    check(&[
        // cowboy sends 200 without content; a 204 says so (RFC 9110, section 15.3.5).
        options(&[("allow", "GET, HEAD, OPTIONS")]),
        // cowboy sends `Allow` in each response; it is required in a 405 (section 15.5.6).
        get("/value/untagged", &[], 200, &[("allow", "")]),
        // cowboy sends `Accept-Ranges` in a 416. `Content-Range` says as much (section 14.3 is a MAY).
        get("/ranged/strong", &[range], 416, &[("accept-ranges", "")]),
        // cowboy sends it in a 304, too, which is for what guides caches (section 15.4.5).
        get("/ranged/strong", &[("if-none-match", "\"tag\"")], 304, &[("accept-ranges", "")]),
        // cowboy sends 400. An element that is malformed is passed over (section 5.6.1, and be liberal).
        get("/value/untagged", &[("accept", "bad")], 200, &[]),
        // cowboy sends 400. The condition is false if no tag that is listed matches (section 13.1.1) …
        get("/value/strong", &[("if-match", "bad")], 412, &[]),
        // … and true if none does (section 13.1.2).
        get("/value/strong", &[("if-none-match", "bad")], 200, &[]),
        // cowboy sends 406. `Accept-Charset` is deprecated: "most general-purpose user agents do not send" it
        // (section 12.5.2), and all text is UTF-8.
        get("/value/untagged", &[("accept-charset", "utf-8;q=0, iso-8859-1")], 200, &[]),
        // cowboy sends 415. A method that takes the bytes reads no media type, and so takes each one.
        Case {
            method: "PUT",
            target: "/content?accepted=true",
            fields: unreadable,
            status: 204,
            response: &[],
        },
    ])
    .await;
}
