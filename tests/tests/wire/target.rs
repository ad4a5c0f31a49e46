//! Routing from a target to a resource.

use proptest::prelude::*;
use serde_json::Value;
use wsgiservice::{Application, mount, resource, testing::Client};

use super::{status, strict, text};

macro_rules! echo {
    ($name:ident, $path:literal, $($variable:ident),*) => {
        #[mount($path)]
        struct $name;

        #[resource]
        impl $name {
            fn get(&self, $($variable: String),*) -> Vec<String> {
                vec![stringify!($name).to_owned(), $($variable),*]
            }
        }
    };
}

echo!(Root, "/",);
echo!(Latest, "/doc/latest",);
echo!(Document, "/doc/{id}", id);
echo!(Part, "/doc/{id}/{part}", id, part);
echo!(Version, "/v{version}", version);
echo!(Text, "/text/{name}.txt", name);
echo!(Rest, "/files/{*rest}", rest);
echo!(Feed, "/feed.json",);
echo!(Coffee, "/café",);
echo!(Size, "/größe/{größe}", größe);
echo!(Any, "/{any}", any);

#[mount("/segments/{*rest}")]
struct Segments;

#[resource]
impl Segments {
    fn get(&self, rest: Vec<String>) -> Vec<String> {
        rest
    }
}

fn client() -> Client {
    let application = Application::new("target")
        .mount(Root)
        .mount(Latest)
        .mount(Document)
        .mount(Part)
        .mount(Version)
        .mount(Text)
        .mount(Rest)
        .mount(Feed)
        .mount(Coffee)
        .mount(Size)
        .mount(Segments)
        .mount(Any);
    strict(application)
}

#[tokio::test]
async fn a_path_and_its_variables_may_have_letters_beyond_ascii() {
    assert_eq!(text(&client(), "/caf%C3%A9").await, r#"["Coffee"]"#);
    assert_eq!(text(&client(), "/gr%C3%B6%C3%9Fe/gro%C3%9F").await, r#"["Size","groß"]"#);
}

#[tokio::test]
async fn a_variable_matches_exactly_one_segment() {
    assert_eq!(text(&client(), "/doc/1").await, r#"["Document","1"]"#);
    assert_eq!(text(&client(), "/doc/1/2").await, r#"["Part","1","2"]"#);
    assert_eq!(status(&client(), "/doc/1/2/3").await, 404);
}

#[tokio::test]
async fn a_variable_is_decoded_after_the_path_is_split() {
    assert_eq!(text(&client(), "/doc/a%2Fb%20c").await, r#"["Document","a/b c"]"#);
}

#[tokio::test]
async fn a_rest_variable_takes_the_remaining_segments() {
    assert_eq!(text(&client(), "/files/a/b/c").await, r#"["Rest","a/b/c"]"#);
}

#[tokio::test]
async fn a_rest_variable_as_a_list_keeps_an_encoded_slash_in_its_segment() {
    assert_eq!(text(&client(), "/segments/a%2Fb/c").await, r#"["a/b","c"]"#);
}

#[tokio::test]
async fn a_literal_takes_precedence_over_a_variable() {
    assert_eq!(text(&client(), "/doc/latest").await, r#"["Latest"]"#);
    assert_eq!(text(&client(), "/vote").await, r#"["Version","ote"]"#);
}

#[tokio::test]
async fn a_variable_may_have_a_literal_prefix_and_suffix() {
    assert_eq!(text(&client(), "/v2").await, r#"["Version","2"]"#);
    assert_eq!(text(&client(), "/text/a.txt").await, r#"["Text","a"]"#);
    assert_eq!(text(&client(), "/text/a.json.txt").await, r#"["Text","a.json"]"#);
    assert_eq!(text(&client(), "/text/a.txt.json").await, r#"["Text","a"]"#);
    assert_eq!(status(&client(), "/text/a.doc").await, 404);
}

#[tokio::test]
async fn text_that_a_variable_accepts_has_no_extension() {
    assert_eq!(text(&client(), "/doc/a.json").await, r#"["Document","a.json"]"#);
    assert_eq!(text(&client(), "/files/a/b.xml").await, r#"["Rest","a/b.xml"]"#);
    assert_eq!(text(&client(), "/segments/a/b.xml").await, r#"["a","b.xml"]"#);
    assert_eq!(text(&client(), "/doc/8.8.8.8").await, r#"["Document","8.8.8.8"]"#);
}

#[tokio::test]
async fn a_known_extension_is_removed_from_a_literal() {
    assert!(text(&client(), "/doc/latest.xml").await.contains("Latest"));
}

#[tokio::test]
async fn a_literal_that_looks_like_an_extension_is_not_an_extension() {
    let response = client().get("/feed.json").send().await;
    assert_eq!(response.text(), r#"["Feed"]"#);
    assert_eq!(response.field("vary"), Some("Accept, Accept-Encoding"));
}

#[tokio::test]
async fn an_unmatched_path_gets_a_404() {
    for target in ["/nobody/is/here", "/%3Cb%3E/%00%ff", "/_internal/nothing"] {
        let response = client().get(target).send().await;
        assert_eq!(response.status(), 404);
        let problem = response.json::<Value>();
        assert_eq!(problem["detail"], "No resource has the path of the request.");
        assert_eq!(problem["error"], "The requested resource does not exist.");
    }
}

#[tokio::test]
async fn invalid_encoding_in_a_variable_gets_a_400() {
    for target in ["/doc/%zz", "/doc/%4g", "/doc/%g4", "/doc/%4", "/doc/%ff"] {
        let response = client().get(target).send().await;
        assert_eq!(response.status(), 400, "{target}");
        assert_eq!(response.json::<Value>()["errors"][0]["code"], "encoding");
    }
}

#[tokio::test]
async fn dot_segments_are_never_resolved() {
    assert_eq!(text(&client(), "/doc/..").await, r#"["Document",".."]"#);
    assert_eq!(text(&client(), "/files/../../etc").await, r#"["Rest","../../etc"]"#);
}

#[tokio::test]
async fn favicon_and_robots_txt_get_a_404_without_reaching_a_resource() {
    assert_eq!(status(&client(), "/favicon.ico").await, 404);
    assert_eq!(status(&client(), "/robots.txt").await, 404);
}

#[tokio::test]
async fn ignored_paths_with_a_query_or_another_method_are_routed_normally() {
    assert_eq!(text(&client(), "/robots.txt?a").await, r#"["Any","robots.txt"]"#);
    assert_eq!(client().post("/robots.txt").send().await.status(), 405);
}

#[tokio::test]
async fn a_resource_mounted_at_an_ignored_path_is_reached() {
    echo!(Robots, "/robots.txt",);
    let client = strict(Application::new("robots").mount(Robots));
    assert_eq!(status(&client, "/robots.txt").await, 200);
}

#[mount("/{name}", ignored_paths = ["/ignored"])]
struct Page;

#[resource]
impl Page {
    fn get(&self, name: String) -> String {
        name
    }
}

#[tokio::test]
async fn a_resource_can_change_the_ignored_paths() {
    let client = strict(Application::new("pages").mount(Page));
    assert_eq!(text(&client, "/robots.txt").await, r#""robots.txt""#);
    assert_eq!(status(&client, "/ignored").await, 404);
}

#[tokio::test]
async fn slashes_and_case_are_significant() {
    assert_eq!(status(&client(), "/doc//1/2").await, 404);
    assert_eq!(status(&client(), "/doc/").await, 404);
    assert_eq!(status(&client(), "//").await, 404);
    assert_eq!(status(&client(), "/Doc/1").await, 404);
}

#[tokio::test]
async fn a_target_in_absolute_form_is_served_if_its_scheme_is_http() {
    assert_eq!(text(&client(), "http://example.org/doc/1").await, r#"["Document","1"]"#);
    assert_eq!(status(&client(), "HTTP://example.org").await, 200);
    for target in ["https://example.org/doc/1", "ftp://example.org/doc/1", "https://a:b@c/doc/1"] {
        let response = client().get(target).send().await;
        assert_eq!(response.status(), 421, "{target}");
        assert_eq!(response.json::<Value>()["title"], "Misdirected Request");
    }
    for target in ["http://user@example.org/doc/1", "http://a:b@example.org/nothing/is/here"] {
        assert_eq!(status(&client(), target).await, 400, "{target}");
    }
}

#[tokio::test]
async fn a_host_decides_which_schemes_it_serves() {
    use tower_service::Service;

    let mut service = Application::new("root").mount(Root).build().expect("a service");
    let request = http::Request::get("https://example.org/").body(String::new());
    let response = service.call(request.expect("a request")).await.expect("a response");
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_literal_matches_in_any_encoding() {
    assert_eq!(text(&client(), "/caf%c3%a9").await, r#"["Coffee"]"#);
    assert_eq!(text(&client(), "/%64oc/1").await, r#"["Document","1"]"#);
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(future)
}

proptest! {
    #[test]
    fn a_generated_path_is_routed_back_to_its_values(id in "[^\u{0}-\u{1f}]{1,12}", part in "\\PC{1,12}") {
        let read: Vec<String> =
            serde_json::from_str(&run(text(&client(), &Part::path(&id, &part)))).expect("JSON");
        prop_assert_eq!(read, ["Part", &id, &part]);
    }

    #[test]
    fn no_target_causes_a_server_error(target in "/[!-~]{0,40}") {
        prop_assume!(target.parse::<http::Uri>().is_ok());
        prop_assert!(run(status(&client(), &target)) < 500);
    }
}
