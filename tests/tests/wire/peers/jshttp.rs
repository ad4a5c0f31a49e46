//! Media types and ranges, from `test/mediaType.js` of jshttp/negotiator and `test/range-parser.js` of
//! jshttp/range-parser.

use wsgiservice::{Application, mount, resource};

use super::{Part, client, parts, ranges, strict};

/// A value with four representations, one of which has a parameter.
#[mount("/value")]
struct Value;

#[resource]
impl Value {
    fn get(&self) -> u32 {
        7
    }

    #[representation(".html", "text/html;level=1")]
    fn html(&self, value: &u32) -> String {
        value.to_string()
    }

    #[representation(".txt", "text/plain")]
    fn plain(&self, value: &u32) -> String {
        value.to_string()
    }

    #[representation(".gif", "image/gif")]
    fn gif(&self, value: &u32) -> String {
        value.to_string()
    }
}

#[tokio::test]
async fn the_media_type_that_the_client_prefers_is_sent() {
    let client = strict(Application::new("media types").mount(Value));
    let html = Some("text/html;level=1; charset=utf-8");
    let plain = Some("text/plain; charset=utf-8");
    let (json, gif) = (Some("application/json"), Some("image/gif"));
    for (accept, expected) in [
        ("*/*", json),
        ("application/json", json),
        ("APPLICATION/json", json),
        ("application/json;q=0", None),
        ("application/json;q=0.2, text/html", html),
        ("image/*, text/plain;q=0", gif),
        ("text/html, text/plain;q=0", html),
        ("text/plain, application/json;q=0.5, text/html;q=0.9, */*;q=0.1", plain),
        ("*/*;q=0.8, image/*", gif),
        ("application/json;q=0.7, text/plain;q=0.8, application/json;q=0.7", plain),
        ("boom, application/json", json),
        ("application/json, */*;q=0.1", json),
        // negotiator reads this as `text/html`. We pass over it, and nothing is left (RFC 9110, section 12.5.1).
        ("text/html;level", json),
        ("text/html;LEVEL=1", html),
        ("text/html;level=2", None),
        ("text/html;level=1;foo=bar", None),
        ("text/html;foo=\";level=1;\"", None),
        ("text/html;foo=\"bar,image/gif;\";fizz=\"buzz,5\", text/plain", plain),
        ("text/html;level=1;q=0.1, text/plain;q=0.5", plain),
    ] {
        let response = client.get("/value").header("accept", accept).send().await;
        let media_type = response.field("content-type");
        let expected = expected.or(media_type.filter(|_| response.status() == 406));
        assert_eq!(media_type, expected, "{accept}");
    }
}

#[tokio::test]
async fn ranges_are_read() {
    let digits: String = "0123456789".repeat(100);
    let client = client(&digits);
    for (range, expected) in [
        ("bytes=0-499", &[(0, 499)][..]),
        ("bytes=40-80", &[(40, 80)]),
        ("bytes=-400", &[(600, 999)]),
        ("bytes=400-", &[(400, 999)]),
        ("bytes=0-0", &[(0, 0)]),
        ("bytes=-1", &[(999, 999)]),
        ("bytes=900-1099", &[(900, 999)]),
        ("bytes=40-80,-1", &[(40, 80), (999, 999)]),
        ("bytes=0-499,1000-,500-999", &[(0, 499), (500, 999)]),
        // range-parser combines these; each may be sent as it was requested (RFC 9110, section 15.3.7.2).
        ("bytes=0-4,90-99,5-75", &[(0, 4), (90, 99), (5, 75)]),
    ] {
        let response = ranges(&client, range).await;
        let expected: Vec<_> =
            expected.iter().map(|(first, last)| Part::of(&digits, *first, *last)).collect();
        assert_eq!(parts(&response), expected, "{range}");
    }
}

#[tokio::test]
async fn a_field_that_is_malformed_or_in_other_units_is_ignored() {
    let client = client("0123456789");
    // range-parser reads `500-20` as a range that cannot be satisfied; it is invalid (RFC 9110, section 14.1.1).
    for range in ["malformed", "items=0-5", "bytes=500-20"] {
        assert_eq!(ranges(&client, range).await.status(), 200, "{range}");
    }
    assert_eq!(ranges(&client, "bytes=500-999,1000-1499").await.status(), 416);
}
