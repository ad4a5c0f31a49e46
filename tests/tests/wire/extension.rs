//! Extensions in targets: which text ends with one, and which is a value as a whole.

use std::net::IpAddr;

use http::HeaderValue;
use proptest::prelude::*;
use serde_json::Value;
use tower_layer::layer_fn;
use wsgiservice::{
    Application, NoContent, Parameter, Problem, answer::Binary, mount, resource, testing::Client,
};

use super::{status, strict, text};

macro_rules! echo {
    ($name:ident, $path:literal, $(#[$validate:meta])? $variable:ident: $type:ty) => {
        #[mount($path)]
        struct $name;

        #[resource]
        impl $name {
            fn get(&self, $(#[$validate])? $variable: $type) -> String {
                format!("{:?}", $variable)
            }
        }
    };
}

#[derive(Debug, Parameter)]
enum Kind {
    Small,
    #[parameter(name = "big.xml")]
    Big,
}

fn even(text: &str) -> Result<u32, &'static str> {
    let stem = text.strip_suffix(".xml").unwrap_or(text);
    stem.parse().ok().filter(|number| number % 2 == 0).ok_or("It must be even.")
}

echo!(Address, "/address/{ip}", ip: IpAddr);
echo!(Number, "/number/{number}", number: f64);
echo!(Word, "/word/{word}", #[validate(re = "[a-z]+(\\.json)?")] word: String);
echo!(Choice, "/choice/{kind}", kind: Kind);
echo!(Even, "/even/{number}", #[validate(convert = even)] number: u32);
echo!(Name, "/name/{name}", name: String);
echo!(Rest, "/rest/{*rest}", rest: String);
echo!(Numbers, "/numbers/{*numbers}", numbers: Vec<u32>);
echo!(Version, "/v{version}", version: String);

/// The methods take the variable with different types, or not at all.
#[mount("/mixed/{id}")]
struct Mixed;

#[resource]
impl Mixed {
    fn get(&self, id: u32) -> u32 {
        id
    }

    fn put(&self, id: String) -> String {
        id
    }

    fn post(&self) -> &'static str {
        "posted"
    }
}

#[mount("/files/{name}")]
struct File;

#[resource]
impl File {
    fn get(&self, name: String) -> String {
        name
    }

    fn put(&self, name: String) -> String {
        name
    }

    fn delete(&self, name: String) -> Result<NoContent, Problem> {
        if name == "notes.json" { Ok(NoContent) } else { Err(Problem::conflict(name)) }
    }
}

#[mount("/pictures/{id}")]
struct Picture;

#[resource]
impl Picture {
    fn get(&self, id: u32) -> Binary {
        Binary::new(id.to_string(), HeaderValue::from_static("image/png"))
    }

    fn put(&self, id: u32) -> u32 {
        id
    }
}

#[mount("/lamps/{id}")]
struct Lamp;

#[resource]
impl Lamp {
    fn delete(&self, id: u32) -> NoContent {
        let _ = id;
        NoContent
    }
}

fn client() -> Client {
    let application = Application::new("extensions")
        .mount(Address)
        .mount(Number)
        .mount(Word)
        .mount(Choice)
        .mount(Even)
        .mount(Name)
        .mount(Rest)
        .mount(Numbers)
        .mount(Version)
        .mount(Mixed)
        .mount(File)
        .mount(Picture)
        .mount(Lamp);
    strict(application)
}

#[tokio::test]
async fn an_extension_is_removed_from_what_the_type_does_not_accept() {
    assert_eq!(text(&client(), "/address/::1.xml").await, "<response>::1</response>");
    assert_eq!(text(&client(), "/number/1.5.xml").await, "<response>1.5</response>");
    assert_eq!(text(&client(), "/even/2.json").await, r#""2""#);
    assert_eq!(text(&client(), "/choice/small.xml").await, "<response>Small</response>");
}

#[tokio::test]
async fn an_extension_is_part_of_what_the_type_and_the_rules_accept() {
    for (target, value) in [
        ("/word/a.json", r#""\"a.json\"""#),
        ("/choice/big.xml", r#""Big""#),
        ("/name/a.json", r#""\"a.json\"""#),
        ("/rest/a/b.json", r#""\"a/b.json\"""#),
        ("/v1.json", r#""\"1.json\"""#),
    ] {
        assert_eq!(text(&client(), target).await, value, "{target}");
    }
    assert_eq!(text(&client(), "/word/a.xml").await, "<response>\"a\"</response>");
    assert_eq!(text(&client(), "/word/a.json.xml").await, "<response>\"a.json\"</response>");
    assert_eq!(text(&client(), "/even/2.xml").await, r#""2""#);
}

#[tokio::test]
async fn of_a_list_in_the_path_the_last_segment_can_have_an_extension() {
    assert_eq!(text(&client(), "/numbers/1/2.xml").await, "<response>[1, 2]</response>");
    assert_eq!(status(&client(), "/numbers/1.xml/2").await, 400);
}

#[tokio::test]
async fn every_method_reaches_the_value_that_was_named() {
    let target = File::path("notes.json");
    assert_eq!(target, "/files/notes.json");
    assert_eq!(text(&client(), &target).await, r#""notes.json""#);
    assert_eq!(client().put(&target).send().await.json::<Value>(), "notes.json");
    assert_eq!(client().delete(&target).send().await.status(), 204);
}

#[tokio::test]
async fn an_encoded_dot_begins_no_extension() {
    assert_eq!(text(&client(), "/files/notes%2Ejson").await, r#""notes.json""#);
    assert_eq!(status(&client(), "/address/::1%2exml").await, 400);
    assert_eq!(status(&client(), "/address/::1.%78ml").await, 400);
}

#[tokio::test]
async fn the_method_of_the_request_decides_what_a_variable_accepts() {
    assert_eq!(text(&client(), "/mixed/1.json").await, "1");
    assert_eq!(client().put("/mixed/1.json").send().await.json::<Value>(), "1.json");
    assert_eq!(client().request("HEAD", "/mixed/1.xml").send().await.status(), 200);
}

#[tokio::test]
async fn another_method_decides_for_one_without_the_variable() {
    let posted = client().post("/mixed/1.xml").send().await;
    assert_eq!(posted.text(), "<response>posted</response>");
    let refused = client().delete("/mixed/1.xml").send().await;
    assert_eq!(refused.status(), 405);
    assert_eq!(refused.field("content-type"), Some("application/problem+xml; charset=utf-8"));
}

#[tokio::test]
async fn a_method_that_writes_its_content_itself_has_no_extensions() {
    assert_eq!(status(&client(), "/pictures/1").await, 200);
    assert_eq!(status(&client(), "/pictures/1.json").await, 400);
    assert_eq!(client().put("/pictures/1.xml").send().await.text(), "<response>1</response>");
}

#[tokio::test]
async fn a_resource_without_representations_has_no_extensions() {
    assert_eq!(client().delete("/lamps/1").send().await.status(), 204);
    assert_eq!(client().delete("/lamps/1.json").send().await.status(), 400);
}

fn fragile(text: &str) -> Result<u32, &'static str> {
    assert!(!text.starts_with("boom"), "it must not boom");
    text.parse().map_err(|_| "It must be a number.")
}

#[tokio::test]
async fn a_conversion_that_panics_ends_only_its_request() {
    echo!(Fragile, "/fragile/{number}", #[validate(convert = fragile)] number: u32);
    let nested = Application::new("nested").mount(Fragile).layer(layer_fn(|inner| inner));
    let client = strict(Application::new("all").nest("/nested", nested));
    assert_eq!(status(&client, "/nested/fragile/boom.xml").await, 500);
    assert_eq!(text(&client, "/nested/fragile/1.xml").await, "<response>1</response>");
}

#[tokio::test]
async fn extensions_are_documented_where_they_select_a_representation() {
    let help = client().get("/_internal/help.json").send().await.json::<Value>();
    let extension = |name: &str| {
        let resources = help["resources"].as_array().expect("resources");
        let resource = resources.iter().find(|it| it["name"] == name).expect("a resource");
        resource["representations"][0]["extension"].clone()
    };
    assert_eq!(extension("Address"), "json");
    assert_eq!(extension("File"), Value::Null);
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(future)
}

proptest! {
    #[test]
    fn a_path_leads_to_the_value_that_it_was_made_of(
        name in "\\PC{1,8}(\\.json|\\.xml|\\.html|)",
        rest in "(\\PC{0,4}/){0,2}\\PC{1,8}(\\.json|\\.xml|)",
        word in "[a-z]{1,5}(\\.json)?",
        ip: IpAddr,
        number: f64,
        numbers in prop::collection::vec(any::<u32>(), 1..4),
    ) {
        let client = client();
        let got = |target: String| run(async { client.get(&target).send().await.json::<Value>() });
        prop_assert_eq!(got(Name::path(&name)), format!("{name:?}"));
        prop_assert_eq!(got(Version::path(&name)), format!("{name:?}"));
        prop_assert_eq!(got(Rest::path(&rest)), format!("{rest:?}"));
        prop_assert_eq!(got(Word::path(&word)), format!("{word:?}"));
        prop_assert_eq!(got(Address::path(ip)), format!("{ip:?}"));
        prop_assert_eq!(got(Number::path(number)), format!("{number:?}"));
        let segments: Vec<_> = numbers.iter().map(u32::to_string).collect();
        prop_assert_eq!(got(Numbers::path(segments.join("/"))), format!("{numbers:?}"));
    }
}
