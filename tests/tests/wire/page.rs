//! Pages of a list, with links to the others (RFC 8288).

use serde::Serialize;
use serde_json::{Value, json};
use wsgiservice::{
    Application, Problem,
    answer::{Page, WithFields},
    mount, resource,
    schemars::{self, JsonSchema},
    testing::Client,
};

use super::strict;

#[derive(Serialize, JsonSchema)]
struct Item {
    number: u32,
}

/// 25 numbers.
#[mount("/numbers/{how}")]
struct Numbers;

fn items(start: u32, count: u32) -> Vec<Item> {
    (start..25).take(count as usize).map(|number| Item { number }).collect()
}

#[resource]
impl Numbers {
    fn get(
        &self,
        how: String,
        #[validate(default = 0)] start: u32,
        #[validate(default = 10)] count: u32,
        tag: Vec<String>,
    ) -> Result<Page<Item>, Problem> {
        let _ = tag;
        match how.as_str() {
            "total" => Ok(Page::of_total(items(start, count), 25)),
            _ => Ok(Page::new(items(start, count), start + count < 25)),
        }
    }

    fn post(&self, start: Option<u32>, count: Option<u32>) -> Page<Item> {
        Page::new(items(start.unwrap_or(0), count.unwrap_or(1)), true)
    }

    #[representation(".csv", "text/csv")]
    fn csv(&self, page: &Page<Item>) -> String {
        page.items().iter().map(|item| format!("{}\n", item.number)).collect()
    }
}

/// Without a default for how much there is.
#[mount("/rest")]
struct Rest;

#[resource]
impl Rest {
    fn get(&self, start: Option<u32>, count: Option<u32>) -> Option<WithFields<Page<Item>>> {
        let page = Page::new(items(start.unwrap_or(0), count.unwrap_or(4)), true);
        Some(WithFields::new(page))
    }
}

/// The parameters have names that a query must encode.
#[mount("/renamed")]
struct Renamed;

#[resource]
impl Renamed {
    fn get(
        &self,
        #[from(query = "first one")] start: Option<u32>,
        #[from(query = "a&b")] count: Option<u32>,
    ) -> Page<Item> {
        Page::new(items(start.unwrap_or(0), count.unwrap_or(2)), true)
    }
}

fn application() -> Application {
    Application::new("pages").mount(Numbers).mount(Rest).mount(Renamed)
}

fn client() -> Client {
    strict(application())
}

async fn links(target: &str) -> Option<String> {
    let response = client().get(target).send().await;
    assert_eq!(response.status(), 200, "{target}");
    response.field("link").map(ToOwned::to_owned)
}

#[tokio::test]
async fn a_page_links_to_the_next_and_the_previous_one() {
    for how in ["total", "more"] {
        for (query, expected) in [
            ("", vec![("next", 10, 10)]),
            ("?start=10", vec![("next", 20, 10), ("prev", 0, 10)]),
            ("?start=20", vec![("prev", 10, 10)]),
            ("?start=3&count=5", vec![("next", 8, 5), ("prev", 0, 5)]),
            ("?count=25", vec![]),
            ("?count=0", vec![]),
        ] {
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(relation, start, count)| {
                    format!("</numbers/{how}?start={start}&count={count}>; rel=\"{relation}\"")
                })
                .collect();
            let expected = (!expected.is_empty()).then(|| expected.join(", "));
            assert_eq!(links(&format!("/numbers/{how}{query}")).await, expected, "{how} {query}");
        }
    }
}

#[tokio::test]
async fn links_keep_the_other_parameters_and_the_extension() {
    assert_eq!(
        links("/numbers/total.x?tag=a%26b&%73tart=0&tag=c+d&x").await.as_deref(),
        Some("</numbers/total.x?tag=a%26b&tag=c+d&x&start=10&count=10>; rel=\"next\"")
    );
    assert_eq!(
        links("/rest.xml?start=0").await.as_deref(),
        Some("</rest.xml?start=4&count=4>; rel=\"next\"")
    );
}

#[tokio::test]
async fn links_lead_to_pages_whatever_the_names_of_the_parameters() {
    let link = links("/renamed?first+one=3&a%26b=4").await.expect("links");
    let expected = "</renamed?first%20one=7&a%26b=4>; rel=\"next\", </renamed?first%20one=0&a%26b=4>; rel=\"prev\"";
    assert_eq!(link, expected);
    let next = client().get("/renamed?first%20one=7&a%26b=4").send().await.json::<Value>();
    assert_eq!(next["items"][0], json!({"number": 7}));
}

#[tokio::test]
async fn links_keep_the_prefix() {
    let base = strict(application().base("/api"));
    let response = base.get("/rest").send().await;
    assert_eq!(response.field("link"), Some("</api/rest?start=4&count=4>; rel=\"next\""));
    let nested = strict(Application::new("outer").nest("/inner", application()));
    let response = nested.get("/inner/rest").send().await;
    assert_eq!(response.field("link"), Some("</inner/rest?start=4&count=4>; rel=\"next\""));
}

#[tokio::test]
async fn a_page_is_an_object() {
    let response = client().get("/numbers/total?start=23").send().await;
    let items = json!([{"number": 23}, {"number": 24}]);
    assert_eq!(response.json::<Value>(), json!({"items": items, "total": 25}));
    let response = client().get("/numbers/more?start=23").send().await;
    assert_eq!(response.json::<Value>(), json!({"items": items}));
    let response = client().get("/rest.xml?count=1").send().await;
    let item = "<items><child order=\"0\"><number>0</number></child></items>";
    assert_eq!(response.text(), format!("<response>{item}</response>"));
    let response = client().get("/numbers/more?start=23").header("accept", "text/csv").send().await;
    assert_eq!(response.text(), "23\n24\n");
    assert_eq!(client().post("/numbers/more").send().await.field("link"), None);
}

#[tokio::test]
async fn the_documentation_has_the_object_and_the_field() {
    let document = client().get("/_internal/openapi.json").send().await.json::<Value>();
    let response = &document["paths"]["/numbers/{how}"]["get"]["responses"]["200"];
    assert!(response["headers"]["Link"].is_object());
    let schema = &response["content"]["application/json"]["schema"]["$ref"];
    assert_eq!(schema, "#/components/schemas/PageOfItem");
    let page = &document["components"]["schemas"]["PageOfItem"];
    assert_eq!(page["required"], json!(["items"]));
    assert_eq!(page["properties"]["items"]["items"]["$ref"], "#/components/schemas/Item");
}

#[mount("/wrong")]
struct Wrong;

#[resource]
impl Wrong {
    fn get(&self, start: Option<u32>) -> Page<u32> {
        Page::new(start.into_iter().collect(), false)
    }

    fn post(&self, start: u32, count: String) -> Page<u32> {
        Page::new(vec![start], count.is_empty())
    }
}

#[test]
fn a_page_without_the_parameters_is_an_error() {
    let error = Application::new("wrong").mount(Wrong).build().expect_err("no `count`");
    let text = error.to_string();
    for method in ["GET", "POST"] {
        let fact = format!(
            "`{method}` returns a `Page`, whose links need the arguments `start` and `count`"
        );
        assert!(text.contains(&fact), "{text}");
    }
}
