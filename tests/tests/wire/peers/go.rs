//! Files and their validators, from `src/net/http/fs_test.go` of golang/go.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;
use wsgiservice::{Application, EntityTag, answer::Binary, mount, resource};

use super::{Part, client, parts, ranges, strict};

const CONTENT: &str = "0123456789\n";

#[tokio::test]
async fn a_file_is_sent_in_ranges() {
    let client = client(CONTENT);
    let cases: [(&str, &[(usize, usize)]); 14] = [
        ("0-4", &[(0, 4)]),
        ("2-", &[(2, 10)]),
        ("-5", &[(6, 10)]),
        ("3-7", &[(3, 7)]),
        ("0-0,-2", &[(0, 0), (9, 10)]),
        ("0-1,5-8", &[(0, 1), (5, 8)]),
        ("0-1,5-", &[(0, 1), (5, 10)]),
        ("5-1000", &[(5, 10)]),
        ("0-9", &[(0, 9)]),
        ("0-10", &[(0, 10)]),
        ("0-11", &[(0, 10)]),
        ("10-11", &[(10, 10)]),
        ("10-", &[(10, 10)]),
        ("-1", &[(10, 10)]),
    ];
    for (range, expected) in cases {
        let response = ranges(&client, &format!("bytes={range}")).await;
        let expected: Vec<_> =
            expected.iter().map(|(first, last)| Part::of(CONTENT, *first, *last)).collect();
        assert_eq!(parts(&response), expected, "{range}");
    }
}

#[tokio::test]
async fn ranges_that_are_wasteful_are_ignored() {
    let response = ranges(&client(CONTENT), "bytes=0-,1-,2-,3-,4-").await;
    assert_eq!((response.status().as_u16(), response.text()), (200, CONTENT));
}

#[tokio::test]
async fn ranges_behind_the_end_cannot_be_satisfied() {
    let client = client(CONTENT);
    for range in ["11-", "11-12", "12-12", "11-100", "12-100", "100-", "100-1000"] {
        let response = ranges(&client, &format!("bytes={range}")).await;
        assert_eq!(response.status(), 416, "{range}");
        assert_eq!(response.field("content-range"), Some("bytes */11"), "{range}");
    }
}

/// Go ignores a range of empty content and sends a 200. No range overlaps it, so it is a 416 (RFC 9110, section 15.5.17).
#[tokio::test]
async fn no_range_of_empty_content_can_be_satisfied() {
    for range in ["bytes=0-128", "bytes=1-"] {
        assert_eq!(ranges(&client(""), range).await.status(), 416, "{range}");
    }
}

/// A file with validators.
#[mount("/file")]
struct File {
    etag: Option<EntityTag>,
    modified: Option<SystemTime>,
}

#[resource]
impl File {
    fn etag(&self) -> Option<EntityTag> {
        self.etag.clone()
    }

    fn last_modified(&self) -> Option<SystemTime> {
        self.modified
    }

    fn get(&self) -> Binary {
        Binary::new("body {}\n", HeaderValue::from_static("text/css; charset=utf-8"))
    }
}

/// In HTTP: Wed, 25 Jun 2014 17:12:18 GMT.
const MODIFIED: Duration = Duration::from_secs(1_403_716_338);
const SAME: &str = "Wed, 25 Jun 2014 17:12:18 GMT";
const EARLIER: &str = "Wed, 25 Jun 2014 17:12:16 GMT";
const LATER: &str = "Wed, 25 Jun 2014 17:12:19 GMT";

/// The validators of the file, the fields of the request, the status and `Content-Range`.
struct Case {
    etag: Option<EntityTag>,
    is_dated: bool,
    fields: &'static [(&'static str, &'static str)],
    status: u16,
    content_range: Option<&'static str>,
}

impl Case {
    fn of(etag: Option<EntityTag>, is_dated: bool) -> Self {
        Self { etag, is_dated, fields: &[], status: 200, content_range: None }
    }

    fn responds(self, fields: &'static [(&'static str, &'static str)], status: u16) -> Self {
        Self { fields, status, ..self }
    }

    fn in_range(self, content_range: &'static str) -> Self {
        Self { content_range: Some(content_range), ..self }
    }
}

fn cases() -> Vec<Case> {
    let tagged = |tag: &str| Case::of(Some(EntityTag::strong(tag)), false);
    let weak = |tag: &str| Case::of(Some(EntityTag::weak(tag)), false);
    let dated = || Case::of(None, true);
    let both = || Case::of(Some(EntityTag::strong("foo")), true);
    const RANGE: (&str, &str) = ("range", "bytes=0-4");
    vec![
        Case::of(None, false),
        dated(),
        both().responds(&[("if-modified-since", SAME)], 304),
        tagged("foo").responds(&[("if-none-match", "\"foo\"")], 304),
        weak("foo").responds(&[("if-none-match", "\"baz\", W/\"foo\"")], 304),
        tagged("foo").responds(&[("if-none-match", "\"Foo\"")], 200),
        tagged("foo").responds(&[("if-none-match", ",")], 200),
        tagged("A").responds(&[RANGE], 206).in_range("bytes 0-4/8"),
        tagged("A").responds(&[RANGE, ("if-range", "\"A\"")], 206).in_range("bytes 0-4/8"),
        weak("A").responds(&[RANGE, ("if-range", "W/\"A\"")], 200),
        tagged("A").responds(&[("range", "bytes=10-20")], 416).in_range("bytes */8"),
        tagged("A").responds(&[RANGE, ("if-range", "\"B\"")], 200),
        dated().responds(&[RANGE, ("if-range", SAME)], 206).in_range("bytes 0-4/8"),
        dated().responds(&[RANGE, ("if-range", LATER)], 200),
        tagged("A").responds(&[("if-match", "\"Z\", \"A\"")], 200),
        tagged("A").responds(&[("if-match", "*")], 200),
        tagged("A").responds(&[("if-match", "\"B\"")], 412),
        weak("A").responds(&[("if-match", "W/\"A\"")], 412),
        dated().responds(&[("if-unmodified-since", SAME)], 200),
        dated().responds(&[("if-unmodified-since", EARLIER)], 412),
    ]
}

#[tokio::test]
async fn validators_of_a_file_decide() {
    for case in cases() {
        let modified = case.is_dated.then(|| UNIX_EPOCH + MODIFIED);
        let file = File { etag: case.etag.clone(), modified };
        let client = strict(Application::new("files").mount(file));
        for method in ["GET", "HEAD"] {
            let request = client.request(method, "/file");
            let request =
                case.fields.iter().fold(request, |it, (name, value)| it.header(name, value));
            let response = request.send().await;
            // `HEAD` has no ranges (RFC 9110, section 14.2); Go responds with a 206.
            let has_range =
                method == "GET" || !case.fields.iter().any(|(name, _)| *name == "range");
            let status = if has_range { case.status } else { 200 };
            let range = case.content_range.filter(|_| has_range);
            let received = (response.status().as_u16(), response.field("content-range"));
            assert_eq!(received, (status, range), "{method} {:?}", case.fields);
        }
    }
}
