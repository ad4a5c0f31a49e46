//! Cases from the test suites of other servers and libraries, as data: requests and the expected responses, in our own
//! words.
//!
//! Where the expectation of a suite is not ours, the case says what the suite expects and which section of RFC 9110
//! decides.

mod apache;
mod cowboy;
mod go;
mod jshttp;

use http::HeaderValue;
use wsgiservice::{
    Application,
    answer::Binary,
    mount, resource,
    testing::{Client, TestResponse},
};

use super::strict;

/// Content with ranges.
#[mount("/content")]
struct Content {
    content: String,
}

#[resource]
impl Content {
    fn get(&self) -> Binary {
        Binary::new(self.content.clone(), HeaderValue::from_static("text/plain"))
    }
}

fn client(content: &str) -> Client {
    strict(Application::new("peers").mount(Content { content: content.to_owned() }))
}

async fn ranges(client: &Client, range: &str) -> TestResponse {
    client.get("/content").header("range", range).send().await
}

/// A part of the content, with the positions of its first and last octet.
#[derive(Debug, PartialEq)]
struct Part {
    first: usize,
    last: usize,
    content: String,
}

impl Part {
    /// The part of this content.
    fn of(content: &str, first: usize, last: usize) -> Self {
        let content = content.get(first..=last).expect("a part").to_owned();
        Self { first, last, content }
    }

    fn parse(content_range: &str, content: &str) -> Self {
        let range = content_range.strip_prefix("bytes ").and_then(|it| it.split_once('/'));
        let (first, last) = range.and_then(|(ends, _)| ends.split_once('-')).expect(content_range);
        let number = |text: &str| text.parse().expect("a number");
        Self { first: number(first), last: number(last), content: content.to_owned() }
    }
}

/// The parts in a 206, in their order.
fn parts(response: &TestResponse) -> Vec<Part> {
    assert_eq!(response.status(), 206);
    let media_type = response.field("content-type").expect("a content type");
    let Some(boundary) = media_type.strip_prefix("multipart/byteranges; boundary=") else {
        let range = response.field("content-range").expect("a content range");
        return vec![Part::parse(range, response.text())];
    };
    let delimiter = format!("--{boundary}");
    let mut pieces: Vec<_> = response.text().split(&delimiter).collect();
    assert_eq!(pieces.pop().map(str::trim_end), Some("--"), "the last boundary");
    pieces.iter().filter(|piece| !piece.trim().is_empty()).map(|piece| part(piece)).collect()
}

/// A part between two boundaries.
fn part(piece: &str) -> Part {
    let (head, content) = piece.split_once("\r\n\r\n").expect("a head");
    let field = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-range").then(|| value.to_owned())
    };
    let range = head.lines().find_map(field).expect("a content range");
    Part::parse(&range, content.strip_suffix("\r\n").expect("the end of a part"))
}
