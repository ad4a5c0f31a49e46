//! Problems that clients can tell apart by their type (RFC 9457, section 3.1.1).

use serde_json::{Value, json};
use wsgiservice::{Application, Problem, mount, resource, testing::Client};

use super::strict;

#[derive(Debug, thiserror::Error, Problem)]
enum OrderError {
    /// The order was paid already.
    #[error("order {order} was paid already")]
    #[problem(409, type = "already-paid", only = [put, delete])]
    Paid {
        order: u32,
        #[problem(extension)]
        invoice: String,
        #[problem(extension = "paid-on")]
        day: &'static str,
    },
    #[error("the order is locked")]
    #[problem(409, type = "locked", title = "Locked by a clerk")]
    Locked,
    #[error("order {0} is missing")]
    #[problem(404)]
    Missing(u32),
    /// The order is kept elsewhere.
    #[error("the order is kept in {cluster}")]
    #[problem(421, only = [put])]
    Elsewhere {
        #[problem(header = "X-Cluster")]
        cluster: String,
    },
    #[error(transparent)]
    #[problem(transparent)]
    Stock(#[from] StockError),
    #[error(transparent)]
    #[problem(transparent)]
    Other(#[from] Problem),
}

#[derive(Debug, thiserror::Error, Problem)]
#[problem(base = "https://example.org/problems/")]
enum StockError {
    /// Nothing is left.
    #[error("{0} are left")]
    #[problem(422, type = "sold-out")]
    SoldOut(#[problem(extension = "left")] u32),
}

#[mount("/orders/{id}")]
struct Order;

#[resource]
impl Order {
    fn get(&self, id: u32) -> Result<u32, OrderError> {
        Err(OrderError::Missing(id))
    }

    fn put(&self, id: u32) -> Result<u32, OrderError> {
        match id {
            1 => Err(OrderError::Paid { order: id, invoice: "R-7".to_owned(), day: "2026-11-28" }),
            2 => Err(OrderError::Locked),
            3 => Err(StockError::SoldOut(0).into()),
            4 => Err(Problem::gone().detail("It was eaten.").into()),
            5 => Err(OrderError::Elsewhere { cluster: "c2".to_owned() }),
            6 => Err(OrderError::Elsewhere { cluster: "c\n2".to_owned() }),
            _ => Ok(id),
        }
    }
}

fn client() -> Client {
    strict(Application::new("orders").mount(Order))
}

async fn problem(target: &str) -> Value {
    client().put(target).send().await.json::<Value>()
}

#[tokio::test]
async fn a_problem_has_the_type_the_title_and_the_members_of_its_variant() {
    let document = problem("/orders/1").await;
    assert_eq!(
        document,
        json!({
            "type": "/_internal/problems/already-paid",
            "title": "Already paid",
            "status": 409,
            "detail": "order 1 was paid already",
            "instance": "/orders/1",
            "invoice": "R-7",
            "paid-on": "2026-11-28",
            "error": "order 1 was paid already",
        })
    );
    let locked = problem("/orders/2").await;
    assert_eq!(locked["title"], "Locked by a clerk");
    assert_eq!(problem("/orders/3").await["type"], "https://example.org/problems/sold-out");
    assert_eq!(client().get("/orders/9").send().await.json::<Value>()["type"], "about:blank");
}

#[tokio::test]
async fn a_transparent_variant_passes_on_all_that_the_other_error_says() {
    let stock = problem("/orders/3").await;
    assert_eq!((&stock["status"], &stock["left"]), (&json!(422), &json!(0)));
    let other = problem("/orders/4").await;
    assert_eq!((&other["status"], &other["detail"]), (&json!(410), &json!("It was eaten.")));
}

#[tokio::test]
async fn a_field_of_a_variant_is_a_header_field_of_the_response() {
    let response = client().put("/orders/5").send().await;
    assert_eq!((response.status().as_u16(), response.field("x-cluster")), (421, Some("c2")));
    assert_eq!(response.json::<Value>()["cluster"], Value::Null);
    // What a header field cannot have is left out.
    assert_eq!(client().put("/orders/6").send().await.field("x-cluster"), None);
}

#[tokio::test]
async fn members_are_in_xml_and_types_in_html() {
    let xml = client().put("/orders/1").header("accept", "application/xml").send().await;
    let text = xml.text();
    assert!(text.contains("<type>/_internal/problems/already-paid</type>"), "{text}");
    assert!(text.contains("<invoice>R-7</invoice>"), "{text}");
    let html = client().put("/orders/1").header("accept", "text/html, */*;q=0.1").send().await;
    let link = r#"<a href="/_internal/problems/already-paid">already-paid</a>"#;
    assert!(html.text().contains(link), "{}", html.text());
}

#[tokio::test]
async fn the_type_leads_to_its_page_also_behind_a_prefix() {
    let nested = Application::new("outer").nest("/shop", Application::new("orders").mount(Order));
    let client = Client::new(nested.base("/api"));
    let document = client.put("/shop/orders/1").send().await.json::<Value>();
    assert_eq!(document["type"], "/api/_internal/problems/already-paid");
    let page = client.get("/_internal/problems/already-paid").send().await;
    assert_eq!(
        page.json::<Value>(),
        json!({
            "name": "already-paid",
            "title": "Already paid",
            "status": 409,
            "description": "The order was paid already.",
            "members": ["invoice", "paid-on"],
            "methods": ["PUT /shop/orders/{id}"],
        })
    );
    let page = client.get("/_internal/problems/already-paid").header("accept", "text/html");
    assert!(page.send().await.text().contains("<h1>Already paid</h1>"));
    assert_eq!(client.get("/_internal/problems/sold-out").send().await.status(), 404);
}

#[tokio::test]
async fn the_members_of_a_type_are_in_the_schema_of_its_response() {
    let document = client().get("/_internal/openapi").send().await.json::<Value>();
    let schema = |method: &str| {
        let response = &document["paths"]["/orders/{id}"][method]["responses"]["409"];
        response["content"]["application/problem+json"]["schema"].clone()
    };
    let problem = json!({"$ref": "#/components/schemas/Problem"});
    let members = json!({"properties": {"invoice": {}, "paid-on": {}}});
    assert_eq!(schema("put"), json!({"allOf": [problem, members]}));
    assert_eq!(schema("get"), problem);
}

#[tokio::test]
async fn only_the_methods_that_can_fail_with_a_problem_document_it() {
    let document = client().get("/_internal/openapi").send().await.json::<Value>();
    let responses = |method: &str| document["paths"]["/orders/{id}"][method]["responses"].clone();
    let put = responses("put")["409"]["description"].clone();
    let expected = "- `already-paid`: The order was paid already.\n- `locked`: Locked by a clerk";
    assert_eq!(put, expected);
    assert_eq!(responses("get")["409"]["description"], "- `locked`: Locked by a clerk");
    assert_eq!(responses("get")["422"]["description"], "- `sold-out`: Nothing is left.");
    assert!(responses("put")["default"].is_object(), "what is passed on can be any problem");
}

#[test]
fn types_of_the_same_name_are_reported_at_start_up() {
    #[derive(Debug, thiserror::Error, Problem)]
    enum Another {
        #[error("not now")]
        #[problem(403, type = "locked")]
        Locked,
    }

    #[mount("/doors")]
    struct Doors;

    #[resource]
    impl Doors {
        fn get(&self) -> Result<u8, Another> {
            Err(Another::Locked)
        }
    }

    let error = Application::new("a").mount(Order).mount(Doors).build().unwrap_err().to_string();
    assert!(error.contains("two types of problems have the name `locked`"), "{error}");
}

/// Of an error that several resources return, each documents only what it can fail with.
#[tokio::test]
async fn a_problem_can_be_of_a_resource_or_of_one_of_its_methods() {
    #[derive(Debug, thiserror::Error, Problem)]
    enum NoteError {
        #[error("the title is taken")]
        #[problem(409, type = "title-taken", only = [Notes::post, Note])]
        Taken,
        #[error("the note is locked")]
        #[problem(423, only = [delete, Note::put])]
        Locked,
        #[error("the store is full")]
        #[problem(507)]
        Full,
    }

    #[mount("/notes")]
    struct Notes;

    #[resource]
    impl Notes {
        fn get(&self) -> Result<u8, NoteError> {
            Err(NoteError::Full)
        }

        fn post(&self) -> Result<u8, NoteError> {
            Err(NoteError::Taken)
        }

        fn delete(&self) -> Result<u8, NoteError> {
            Err(NoteError::Locked)
        }
    }

    #[mount("/note")]
    struct Note;

    #[resource]
    impl Note {
        fn put(&self) -> Result<u8, NoteError> {
            Err(NoteError::Taken)
        }

        fn post(&self) -> Result<u8, NoteError> {
            Err(NoteError::Taken)
        }
    }

    let client = strict(Application::new("notes").mount(Notes).mount(Note));
    let document = client.get("/_internal/openapi").send().await.json::<Value>();
    let statuses = |path: &str, method: &str| {
        let responses =
            document["paths"][path][method]["responses"].as_object().expect("responses");
        [409, 423, 507].map(|status| responses.contains_key(&status.to_string()))
    };
    assert_eq!(statuses("/notes", "get"), [false, false, true]);
    assert_eq!(statuses("/notes", "post"), [true, false, true]);
    assert_eq!(statuses("/notes", "delete"), [false, true, true]);
    assert_eq!(statuses("/note", "put"), [true, true, true]);
    assert_eq!(statuses("/note", "post"), [true, false, true]);
    let page = client.get("/_internal/problems/title-taken").send().await.json::<Value>();
    assert_eq!(page["methods"], json!(["POST /notes", "PUT /note", "POST /note"]));
    // What is not documented is still sent.
    assert_eq!(client.post("/note").send().await.status(), 409);
}
