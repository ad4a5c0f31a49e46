//! Rules and documentation of a type, which apply wherever it is an argument.

use serde_json::{Value, json};
use wsgiservice::{Application, Parameter, Secret, mount, resource, testing::Client};

use super::{strict, violations};

const LONGEST: usize = 5;

/// The name of a thing.
#[derive(Debug, Parameter)]
#[validate(re = "[a-z]+", len = 1..=LONGEST, example = "chair")]
struct Name(String);

#[derive(Debug, Parameter)]
#[validate(len = ..=2, doc = "A short name.")]
struct Short(Name);

#[derive(Debug, Parameter)]
#[validate(range = 1..=100)]
struct Count<T: Parameter>(T);

#[derive(Debug, Parameter)]
#[validate(len = 8..)]
struct Password(Secret<String>);

/// How to sort.
#[derive(Debug, Parameter)]
enum Order {
    Newest,
    MostRead,
}

#[mount("/things/{name}")]
#[validate(struct_name, len = 1..=3)]
struct Thing;

#[resource]
impl Thing {
    fn get(
        &self,
        name: Name,
        short: Option<Short>,
        #[validate(re = "[A-Z]+", doc = "Another name.")] loud: Option<Name>,
        struct_name: Option<Name>,
        names: Vec<Name>,
        #[validate(default = 10)] count: Count<u32>,
        #[from(query = "sort")] order: Option<Order>,
        #[from(header = "X-Name")] field: Option<Name>,
    ) -> String {
        format!(
            "{name:?} {short:?} {loud:?} {struct_name:?} {names:?} {count:?} {order:?} {field:?}"
        )
    }

    fn post(&self, name: Name, password: Password, title: Name) -> String {
        format!("{name:?} {password:?} {title:?}")
    }
}

fn client() -> Client {
    strict(Application::new("things").mount(Thing))
}

async fn broken(target: &str) -> Vec<(String, String)> {
    let response = client().get(target).send().await;
    let violations = violations(&response);
    violations.into_iter().map(|(name, _, code)| (name, code)).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, code)| ((*name).to_owned(), (*code).to_owned())).collect()
}

#[tokio::test]
async fn the_rules_of_a_type_are_checked_in_each_place_and_all_at_once() {
    let target = "/things/Table?short=SHORT&names=a&names=B&count=0&sort=oldest";
    let expected = [
        ("name", "pattern"),
        ("short", "length"),
        ("names", "pattern"),
        ("count", "range"),
        ("sort", "invalid"),
    ];
    assert_eq!(broken(target).await, pairs(&expected));
    let response = client().get("/things/a").header("x-name", "A").send().await;
    let expected = [("X-Name".to_owned(), "header".to_owned(), "pattern".to_owned())];
    assert_eq!(violations(&response), expected);
}

#[tokio::test]
async fn what_satisfies_the_rules_of_a_type_is_accepted() {
    let target = "/things/table?short=ab&loud=ABC&struct_name=abc&names=a&count=100&sort=most_read";
    let response = client().get(target).send().await;
    let expected = "Name(\"table\") Some(Short(Name(\"ab\"))) Some(Name(\"ABC\")) Some(Name(\"abc\")) \
                    [Name(\"a\")] Count(100) Some(MostRead) None";
    assert_eq!(response.json::<Value>(), expected);
}

#[tokio::test]
async fn the_rule_that_is_nearest_to_the_argument_wins() {
    assert_eq!(broken("/things/a?loud=abc").await, pairs(&[("loud", "pattern")]));
    assert_eq!(broken("/things/a?loud=ABCDEF").await, pairs(&[("loud", "length")]));
    assert_eq!(broken("/things/a?struct_name=abcd").await, pairs(&[("struct_name", "length")]));
    assert_eq!(broken("/things/a?struct_name=A").await, pairs(&[("struct_name", "pattern")]));
    // The rule of the outer type, which has none for the pattern.
    assert_eq!(broken("/things/a?short=abc").await, pairs(&[("short", "length")]));
    assert_eq!(broken("/things/a?short=1").await, pairs(&[("short", "pattern")]));
}

#[tokio::test]
async fn the_rules_of_a_type_hold_for_members_of_the_content() {
    let content = json!({ "password": "s3cr3t", "title": "A" });
    let response = client().post("/things/a").json(&content).send().await;
    let expected = [("password", "content", "length"), ("title", "content", "pattern")]
        .map(|(name, place, code)| (name.to_owned(), place.to_owned(), code.to_owned()));
    assert_eq!(violations(&response), expected);
    assert!(!response.text().contains("s3cr3t"), "{}", response.text());
}

#[tokio::test]
async fn a_required_value_of_a_type_with_rules_is_not_empty() {
    let content = json!({ "password": "long enough", "title": "" });
    let response = client().post("/things/a").json(&content).send().await;
    assert_eq!(violations(&response).first().map(|it| it.2.clone()), Some("empty".to_owned()));
}

#[tokio::test]
async fn the_rules_of_a_type_are_documented() {
    let document: Value = client().get("/_internal/openapi.json").send().await.json();
    let parameters = document["paths"]["/things/{name}"]["get"]["parameters"].as_array();
    let parameter = |name: &str| {
        let mut all = parameters.expect("parameters").iter();
        let found = all.find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name}"));
        (found["description"].clone(), found["schema"].clone())
    };
    let (description, schema) = parameter("name");
    assert_eq!(description, "The name of a thing.");
    assert_eq!(schema["pattern"], "^(?:[a-z]+)$");
    assert_eq!((&schema["minLength"], &schema["maxLength"]), (&json!(1), &json!(5)));
    assert_eq!(schema["examples"], json!(["chair"]));
    let (description, schema) = parameter("short");
    assert_eq!(description, "A short name.");
    assert_eq!(schema["maxLength"], 2);
    // The example of the type is longer than that.
    assert_ne!(schema["examples"], json!(["chair"]));
    assert_eq!(schema["pattern"], "^(?:[a-z]+)$");
    let (description, schema) = parameter("loud");
    assert_eq!(description, "Another name.");
    assert_eq!(schema["pattern"], "^(?:[A-Z]+)$");
    assert_eq!(parameter("struct_name").1["maxLength"], 3);
    assert_eq!(parameter("count").1["maximum"], 100);
    assert_eq!(parameter("sort").0, "How to sort.");
    let page = client().get("/_internal/help").send().await;
    assert!(page.text().contains("matches `[a-z]+`"), "{}", page.text());
}

#[test]
fn a_path_has_the_text_that_a_parameter_is_read_from() {
    #[mount("/{order}/{name}/{*rest}")]
    struct Typed;

    #[resource]
    impl Typed {
        fn get(&self, order: Order, name: Name, rest: String) -> String {
            format!("{order:?} {name:?} {rest}")
        }
    }

    let name = Name("a b".to_owned());
    assert_eq!(Typed::path(Order::MostRead, &name, "c/d e"), "/most_read/a%20b/c/d%20e");
    assert_eq!(Typed::path(&Order::Newest, Short(name), 7), "/newest/a%20b/7");
    assert_eq!(Typed::path("x", Count(7_u8), format_args!("{}", 1)), "/x/7/1");
}

impl std::fmt::Display for Order {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the newest first")
    }
}

/// A type may be displayed in words of its own, which are not those of its path.
#[test]
fn a_type_can_be_displayed_otherwise() {
    #[mount("/sorted/{order}")]
    struct Sorted;

    #[resource]
    impl Sorted {
        fn get(&self, order: Order) -> String {
            order.to_string()
        }
    }

    assert_eq!(Sorted::path(Order::Newest), "/sorted/newest");
}

#[test]
fn a_rule_of_a_type_is_checked_with_the_example_of_the_struct() {
    #[mount("/names")]
    #[validate(name, example = "Chair")]
    struct Names;

    #[resource]
    impl Names {
        fn get(&self, name: Option<Name>) -> bool {
            name.is_some()
        }
    }

    let error = Application::new("names").mount(Names).build().expect_err("an example");
    assert!(error.to_string().contains("the example \"Chair\" violates a rule"), "{error}");
}
