//! Constants in `#[validate]`.

use serde_json::{Value, json};
use wsgiservice::{Application, mount, resource};

use super::{strict, violations};

const MOST: u8 = 9;
const LANGUAGES: &[&str] = &["de", "fr"];
const GERMAN: &str = "de";
const LONGEST: usize = 3;
const STEP: f64 = 0.5;

mod limits {
    pub(crate) const LEAST: i64 = -2;

    pub(crate) const fn twice(number: u32) -> u32 {
        2 * number
    }
}

struct Sizes;

impl Sizes {
    const DEFAULT: u32 = 4;
    const IS_FULL: bool = true;
}

impl Search {
    const OTHER: &'static str = "b";
    const FEW: u8 = 2;
}

#[mount("/search")]
#[validate(count, range = 1..=MOST)]
struct Search;

#[resource]
impl Search {
    fn get(
        &self,
        #[validate(default = Sizes::DEFAULT)] count: u32,
        #[validate(range = limits::LEAST..=MOST as i64 - 1)] offset: Option<i64>,
        #[validate(range = ..=limits::twice(Sizes::DEFAULT), default = 8)] size: u32,
        #[validate(len = 1..=LONGEST)] word: Option<String>,
        #[validate(one_of = LANGUAGES, default = GERMAN)] language: String,
        #[validate(one_of = ["a", GERMAN, Self::OTHER], len = ..=Self::FEW as usize)] other: Option<
            String,
        >,
        #[validate(multiple_of = STEP, range = f64::MIN..=1e3, default = STEP, example = STEP)]
        price: f64,
        #[validate(default = Sizes::IS_FULL)] full: bool,
    ) -> String {
        format!("{count} {offset:?} {size} {word:?} {language} {other:?} {price} {full}")
    }
}

#[tokio::test]
async fn a_constant_is_a_default() {
    let client = strict(Application::new("search").mount(Search));
    let response = client.get("/search").send().await;
    assert_eq!(response.json::<Value>(), "4 None 8 None de None 0.5 true");
}

#[tokio::test]
async fn a_constant_is_an_operand() {
    let client = strict(Application::new("search").mount(Search));
    let right = "/search?count=9&offset=-2&size=0&word=abc&language=fr&other=de&price=1.5";
    assert_eq!(client.get(right).send().await.status(), 200);
    let wrong = "/search?count=10&offset=9&size=9&word=abcd&language=it&other=c&price=0.7";
    let codes: Vec<_> =
        violations(&client.get(wrong).send().await).into_iter().map(|it| it.2).collect();
    let expected = ["range", "range", "range", "length", "one_of", "one_of", "multiple_of"];
    assert_eq!(codes, expected);
}

#[tokio::test]
async fn a_constant_is_documented_with_its_value() {
    let client = strict(Application::new("search").mount(Search));
    let document = client.get("/_internal/openapi").send().await.json::<Value>();
    let parameters = &document["paths"]["/search"]["get"]["parameters"];
    assert_eq!(parameters[0]["schema"]["default"], 4);
    assert_eq!(parameters[0]["schema"]["maximum"], 9);
    assert_eq!(parameters[1]["schema"]["minimum"], -2);
    assert_eq!(parameters[4]["schema"]["enum"], json!(["de", "fr"]));
    assert_eq!(parameters[6]["schema"]["multipleOf"], 0.5);
    assert_eq!(parameters[6]["example"], 0.5);
    assert_eq!(parameters[7]["schema"]["default"], true);
}
