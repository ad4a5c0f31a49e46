//! Validators and preconditions.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderValue, header};
use wsgiservice::{
    Application, EntityTag, NoContent, Preconditions, Problem,
    answer::{Put, WithFields},
    content::Body,
    mount, resource,
    testing::{Client, TestResponse},
};

use super::strict;

const MODIFIED: &str = "Tue, 24 Nov 2026 12:00:00 GMT";
const BEFORE: &str = "Tue, 24 Nov 2026 11:59:59 GMT";
const AFTER: &str = "Tue, 24 Nov 2026 12:00:01 GMT";

fn modified() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_521_600)
}

/// Documents 1 to 3 exist: 1 has a strong tag and a date, 2 a weak tag, and 3 no validators.
#[mount("/document/{id}")]
struct Document;

#[resource]
impl Document {
    fn exists(&self, id: u32) -> bool {
        id <= 3
    }

    async fn etag(&self, id: u32) -> Option<EntityTag> {
        match id {
            1 => Some(EntityTag::strong("abc")),
            2 => Some(EntityTag::weak("abc")),
            _ => None,
        }
    }

    async fn last_modified(&self, id: u32) -> Result<Option<SystemTime>, Problem> {
        Ok((id == 1).then(modified))
    }

    #[expires(hours = 1)]
    async fn get(&self, id: u32) -> Option<u32> {
        (id <= 3).then_some(id)
    }

    async fn put(&self, id: u32, _preconditions: Preconditions) -> Put<u32> {
        if id <= 3 { Put::Replaced(id) } else { Put::Created(id) }
    }

    async fn delete(&self, preconditions: Preconditions) -> Result<NoContent, Problem> {
        preconditions.check(Some(&EntityTag::strong("changed since")), None)?;
        Ok(NoContent)
    }
}

#[mount("/dated")]
struct Dated;

#[resource]
impl Dated {
    fn last_modified(&self) -> Option<SystemTime> {
        Some(SystemTime::now() + Duration::from_secs(86_400))
    }

    fn get(&self) -> &'static str {
        "dated"
    }
}

/// A resource whose responses have no representation.
#[mount("/empty")]
struct Empty;

#[resource]
impl Empty {
    fn last_modified(&self) -> Option<SystemTime> {
        Some(modified())
    }

    fn get(&self) -> NoContent {
        NoContent
    }
}

#[mount("/automatic/{word}", etag = auto)]
#[validate(word, re = "[a-z]+")]
struct Automatic;

#[resource]
impl Automatic {
    fn get(&self, word: String) -> Result<Option<String>, Problem> {
        if word == "broken" {
            return Err(Problem::internal("the store is unavailable"));
        }
        Ok((word != "none").then_some(word))
    }

    fn put(&self, word: String) -> usize {
        word.len()
    }

    #[representation(".len", "text/plain")]
    fn length(&self, length: &usize) -> String {
        length.to_string()
    }
}

/// A page with a `Content-Location` and an automatic entity tag.
#[mount("/page/{length}", etag = auto)]
struct Page;

#[resource]
impl Page {
    fn get(&self, length: usize) -> WithFields<String> {
        let location = HeaderValue::from_static("/page");
        WithFields::new("x".repeat(length)).field(header::CONTENT_LOCATION, location)
    }
}

#[mount("/asked/{id}", etag = auto)]
struct Asked;

#[resource]
impl Asked {
    fn get(&self, id: u32, unit: String) -> String {
        format!("{id} {unit}")
    }

    fn put(&self, id: u32) -> u32 {
        id
    }
}

/// A resource with a modification date that returns a custom response.
#[mount("/own", etag = auto)]
struct Own;

#[resource]
impl Own {
    fn last_modified(&self) -> Option<SystemTime> {
        Some(modified())
    }

    #[expires(days = 1)]
    fn get(&self) -> http::Response<Body> {
        let mut response = http::Response::new(Body::from("own"));
        let fields = response.headers_mut();
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        fields.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static("gsw"));
        response
    }
}

fn client() -> Client {
    strict(
        Application::new("validators")
            .mount(Document)
            .mount(Dated)
            .mount(Empty)
            .mount(Automatic)
            .mount(Page)
            .mount(Asked)
            .mount(Own),
    )
}

async fn ask(method: &str, target: &str, fields: &[(&str, &str)]) -> TestResponse {
    let request = client().request(method, target);
    fields.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await
}

async fn status(method: &str, target: &str, fields: &[(&str, &str)]) -> u16 {
    ask(method, target, fields).await.status().as_u16()
}

#[tokio::test]
async fn each_representation_has_a_distinct_etag() {
    assert_eq!(ask("GET", "/document/1", &[]).await.field("etag"), Some("\"abc_json\""));
    assert_eq!(ask("GET", "/document/1.xml", &[]).await.field("etag"), Some("\"abc_xml\""));
    assert_eq!(ask("HEAD", "/document/2", &[]).await.field("etag"), Some("W/\"abc_json\""));
}

#[tokio::test]
async fn last_modified_is_sent() {
    assert_eq!(ask("GET", "/document/1", &[]).await.field("last-modified"), Some(MODIFIED));
}

#[tokio::test]
async fn last_modified_does_not_depend_on_a_representation() {
    let accept = ("accept", "image/png");
    let response = ask("GET", "/empty", &[accept]).await;
    assert_eq!(
        (response.status().as_u16(), response.field("last-modified")),
        (204, Some(MODIFIED))
    );
    let response = ask("GET", "/empty", &[accept, ("if-modified-since", MODIFIED)]).await;
    assert_eq!(
        (response.status().as_u16(), response.field("last-modified")),
        (304, Some(MODIFIED))
    );
}

#[tokio::test]
async fn a_put_sends_the_etag_of_the_representation_that_a_get_gets() {
    assert_eq!(ask("PUT", "/document/1", &[]).await.field("etag"), Some("\"abc_json\""));
    assert_eq!(ask("PUT", "/document/3", &[]).await.field("etag"), None);
}

#[tokio::test]
async fn last_modified_is_never_in_the_future() {
    let response = ask("GET", "/dated", &[]).await;
    let date = response.field("last-modified").expect("a date");
    assert!(httpdate::parse_http_date(date).expect("a date") <= SystemTime::now());
}

#[tokio::test]
async fn if_match_compares_strongly() {
    assert_eq!(status("GET", "/document/1", &[("if-match", "\"abc_json\"")]).await, 200);
    assert_eq!(status("GET", "/document/1", &[("if-match", "\"x\", \"abc_json\"")]).await, 200);
    assert_eq!(status("GET", "/document/1", &[("if-match", "\"abc_xml\"")]).await, 412);
    assert_eq!(status("GET", "/document/1", &[("if-match", "W/\"abc_json\"")]).await, 412);
    assert_eq!(status("GET", "/document/2", &[("if-match", "W/\"abc_json\"")]).await, 412);
}

#[tokio::test]
async fn if_none_match_compares_weakly() {
    assert_eq!(status("GET", "/document/1", &[("if-none-match", "W/\"abc_json\"")]).await, 304);
    assert_eq!(status("GET", "/document/2", &[("if-none-match", "\"abc_json\"")]).await, 304);
    assert_eq!(status("GET", "/document/1", &[("if-none-match", "\"abc_xml\"")]).await, 200);
}

#[tokio::test]
async fn an_asterisk_matches_any_existing_representation() {
    assert_eq!(status("PUT", "/document/3", &[("if-match", "*")]).await, 200);
    assert_eq!(status("PUT", "/document/4", &[("if-match", "*")]).await, 412);
    assert_eq!(status("PUT", "/document/3", &[("if-none-match", "*")]).await, 412);
    assert_eq!(status("PUT", "/document/4", &[("if-none-match", "*")]).await, 201);
    assert_eq!(status("GET", "/dated", &[("if-none-match", "*")]).await, 304);
}

#[tokio::test]
async fn if_match_fails_if_the_resource_does_not_exist() {
    assert_eq!(status("PUT", "/document/4", &[("if-match", "\"abc_json\"")]).await, 412);
}

#[tokio::test]
async fn only_get_and_head_get_a_304() {
    let fields = [("if-none-match", "\"abc_json\"")];
    assert_eq!(status("GET", "/document/1", &fields).await, 304);
    assert_eq!(status("HEAD", "/document/1", &fields).await, 304);
    assert_eq!(status("PUT", "/document/1", &fields).await, 412);
}

#[tokio::test]
async fn if_match_accepts_the_etag_of_any_representation() {
    assert_eq!(status("PUT", "/document/1", &[("if-match", "\"abc_xml\"")]).await, 200);
}

#[tokio::test]
async fn modification_dates_are_compared() {
    assert_eq!(status("GET", "/document/1", &[("if-modified-since", MODIFIED)]).await, 304);
    assert_eq!(status("GET", "/document/1", &[("if-modified-since", AFTER)]).await, 304);
    assert_eq!(status("GET", "/document/1", &[("if-modified-since", BEFORE)]).await, 200);
    assert_eq!(status("PUT", "/document/1", &[("if-unmodified-since", MODIFIED)]).await, 200);
    assert_eq!(status("PUT", "/document/1", &[("if-unmodified-since", BEFORE)]).await, 412);
}

#[tokio::test]
async fn if_modified_since_applies_only_to_get_and_head() {
    assert_eq!(status("PUT", "/document/1", &[("if-modified-since", MODIFIED)]).await, 200);
}

#[tokio::test]
async fn etags_take_precedence_over_dates() {
    let fields = [("if-match", "\"abc_json\""), ("if-unmodified-since", BEFORE)];
    assert_eq!(status("PUT", "/document/1", &fields).await, 200);
    let fields = [("if-none-match", "\"x\""), ("if-modified-since", AFTER)];
    assert_eq!(status("GET", "/document/1", &fields).await, 200);
}

#[tokio::test]
async fn if_match_is_evaluated_before_if_none_match() {
    let fields = [("if-match", "\"x\""), ("if-none-match", "\"abc_json\"")];
    assert_eq!(status("GET", "/document/1", &fields).await, 412);
}

#[tokio::test]
async fn a_malformed_date_is_ignored() {
    assert_eq!(status("PUT", "/document/1", &[("if-unmodified-since", "yesterday")]).await, 200);
    assert_eq!(status("GET", "/document/1", &[("if-modified-since", "tomorrow")]).await, 200);
}

#[tokio::test]
async fn a_malformed_if_match_fails() {
    assert_eq!(status("PUT", "/document/1", &[("if-match", "abc_json")]).await, 412);
}

#[tokio::test]
async fn a_304_has_the_fields_of_the_200() {
    let response = ask("GET", "/document/1", &[("if-none-match", "\"abc_json\"")]).await;
    assert_eq!(response.status(), 304);
    assert_eq!(response.field("etag"), Some("\"abc_json\""));
    assert_eq!(response.field("cache-control"), Some("max-age=3600"));
    assert!(response.field("expires").is_some());
    assert_eq!(response.field("vary"), Some("Accept, Accept-Encoding"));
    assert_eq!(response.field("content-type"), None);
    assert_eq!(response.content(), b"");
}

#[tokio::test]
async fn parameters_are_validated_before_preconditions_are_evaluated() {
    assert_eq!(status("GET", "/document/no", &[("if-match", "\"x\"")]).await, 400);
}

#[tokio::test]
async fn a_method_can_check_the_preconditions_again() {
    assert_eq!(status("DELETE", "/document/1", &[("if-match", "\"abc_json\"")]).await, 412);
    assert_eq!(status("DELETE", "/document/1", &[]).await, 204);
}

#[tokio::test]
async fn what_a_method_checks_exists_if_it_has_a_tag() {
    assert_eq!(status("DELETE", "/document/1", &[("if-match", "*")]).await, 204);
    assert_eq!(status("DELETE", "/document/1", &[("if-none-match", "*")]).await, 412);
}

#[tokio::test]
async fn an_automatic_etag_is_computed_from_the_content() {
    let first =
        ask("GET", "/automatic/a", &[]).await.field("etag").map(str::to_owned).expect("a tag");
    let other =
        ask("GET", "/automatic/b", &[]).await.field("etag").map(str::to_owned).expect("a tag");
    assert!(first.starts_with('"') && first.ends_with("_json\""));
    assert_ne!(first, other);
    assert_eq!(status("GET", "/automatic/a", &[("if-none-match", &first)]).await, 304);
    assert_eq!(status("GET", "/automatic/b", &[("if-none-match", &first)]).await, 200);
}

#[tokio::test]
async fn a_failed_read_is_not_treated_as_a_missing_resource() {
    assert_eq!(status("PUT", "/automatic/broken", &[("if-none-match", "*")]).await, 500);
}

#[tokio::test]
async fn an_automatic_etag_guards_a_put() {
    let tag =
        ask("GET", "/automatic/a", &[]).await.field("etag").map(str::to_owned).expect("a tag");
    assert_eq!(status("PUT", "/automatic/a", &[("if-match", &tag)]).await, 200);
    assert_eq!(status("PUT", "/automatic/b", &[("if-match", &tag)]).await, 412);
    assert_eq!(status("PUT", "/automatic/none", &[("if-match", "*")]).await, 412);
    assert_eq!(status("PUT", "/automatic/none", &[("if-none-match", "*")]).await, 200);
}

#[tokio::test]
async fn if_match_accepts_the_automatic_etag_of_any_representation() {
    for extension in ["json", "xml"] {
        let got = ask("GET", &format!("/automatic/a.{extension}"), &[]).await;
        let tag = got.field("etag").expect("a tag");
        for accept in ["application/json", "text/xml", "text/plain"] {
            let fields = [("if-match", tag), ("accept", accept)];
            assert_eq!(status("PUT", "/automatic/a", &fields).await, 200, "{tag} {accept}");
            assert_eq!(status("PUT", "/automatic/b", &fields).await, 412, "{tag} {accept}");
        }
    }
}

#[tokio::test]
async fn preconditions_accept_the_automatic_etags_of_several_representations() {
    let tag = async |target: &str| {
        ask("GET", target, &[]).await.field("etag").map(str::to_owned).expect("a tag")
    };
    let (stale, present) = (tag("/automatic/b.json").await, tag("/automatic/a.xml").await);
    let both = format!("{stale}, {present}");
    assert_eq!(status("PUT", "/automatic/a", &[("if-match", &both)]).await, 200);
    assert_eq!(status("PUT", "/automatic/a", &[("if-none-match", &both)]).await, 412);
    assert_eq!(status("PUT", "/automatic/c", &[("if-match", &both)]).await, 412);
    assert_eq!(status("PUT", "/automatic/c", &[("if-none-match", &both)]).await, 200);
}

#[tokio::test]
async fn a_304_has_the_representation_fields_set_by_the_method() {
    let gzip = ("accept-encoding", "gzip");
    for fields in [&[][..], &[gzip]] {
        let got = ask("GET", "/page/2000", fields).await;
        for (name, value) in
            [("if-none-match", got.field("etag").expect("a tag")), ("if-none-match", "*")]
        {
            let fields = [fields, &[(name, value)]].concat();
            let known = ask("GET", "/page/2000", &fields).await;
            assert_eq!(known.status(), 304);
            for name in ["etag", "content-location"] {
                assert_eq!(known.field(name), got.field(name), "{name}");
            }
            let vary = |response: &TestResponse| {
                response.fields().get_all("vary").iter().cloned().collect::<Vec<_>>()
            };
            assert_eq!(vary(&known), vary(&got));
        }
    }
}

#[tokio::test]
async fn a_conditional_put_requires_the_parameters_of_get() {
    assert_eq!(status("PUT", "/asked/1", &[("if-none-match", "*")]).await, 400);
    assert_eq!(status("PUT", "/asked/1?unit=m", &[("if-none-match", "*")]).await, 412);
    assert_eq!(status("PUT", "/asked/1", &[]).await, 200);
}

#[tokio::test]
async fn a_304_has_the_cache_control_of_a_custom_response() {
    let known = ask("GET", "/own", &[("if-modified-since", MODIFIED)]).await;
    assert_eq!(known.status(), 304);
    assert_eq!(known.field("cache-control"), Some("no-cache"));
    assert_eq!(known.field("expires"), None);
    assert_eq!(known.field("content-language"), None);
}
