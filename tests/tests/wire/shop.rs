//! The documentation of a large service, and of the examples in its commands: what a client is told works.

use std::path::Path;

use serde_json::Value;
use wsgiservice::{
    Application,
    testing::{Client, TestResponse, assert_openapi},
};

use super::strict;

/// The request of a `curl` command.
#[derive(Debug, Default)]
struct Command {
    method: String,
    target: String,
    fields: Vec<(String, String)>,
    content: String,
}

impl Command {
    /// Parses a command; `None` if it sends a file.
    fn parse(text: &str) -> Option<Self> {
        let mut command = Self { method: "GET".to_owned(), ..Self::default() };
        let mut words = words(text).into_iter().skip(1);
        while let Some(word) = words.next() {
            if let Some(target) = word.strip_prefix("http://127.0.0.1:8001") {
                target.clone_into(&mut command.target);
                continue;
            }
            let value = words.next().expect("a value");
            match word.as_str() {
                "-X" => command.method = value,
                "-H" => {
                    let (name, value) = value.split_once(": ").expect("a field");
                    command.fields.push((name.to_owned(), value.to_owned()));
                }
                "--data-urlencode" => {
                    let separator = if command.content.is_empty() { "" } else { "&" };
                    command.content += &format!("{separator}{value}");
                    let form = "application/x-www-form-urlencoded".to_owned();
                    command.fields = vec![("content-type".to_owned(), form)];
                }
                "--data-binary" if value != "@FILE" => command.content = value,
                _ => return None,
            }
        }
        Some(command)
    }

    async fn send(self, client: &Client) -> TestResponse {
        let request = client.request(&self.method, &self.target);
        let request =
            self.fields.iter().fold(request, |request, (name, value)| request.header(name, value));
        request.header("authorization", "Bearer secret").body(self.content).send().await
    }
}

/// The words of a shell command.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let last = words.last_mut().expect("a word");
        match character {
            '\'' => is_quoted = !is_quoted,
            '\\' if !is_quoted => last.extend(characters.next()),
            ' ' if !is_quoted => words.push(String::new()),
            other => last.push(other),
        }
    }
    words
}

/// The commands on the help page of an application.
async fn commands(application: Application) -> Vec<Command> {
    let page = Client::new(application).get("/_internal/help.html").send().await;
    let commands = page.text().split("<code data-origin").skip(1).map(|part| {
        let (_, text) = part.split_once('>').expect("a start tag");
        let (text, _) = text.split_once('<').expect("an end tag");
        let text = text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
        text.replace("&amp;", "&").replace("http://localhost", "http://127.0.0.1:8001")
    });
    commands.filter_map(|text| Command::parse(&text)).collect()
}

async fn document() -> Value {
    Client::new(shop::application()).get("/_internal/openapi").send().await.json::<Value>()
}

#[tokio::test]
async fn the_service_accepts_each_request_that_its_help_page_shows() {
    let client = strict(shop::application());
    let commands = commands(shop::application()).await;
    assert!(commands.len() > 80, "{}", commands.len());
    for command in commands {
        let shown = format!("{command:?}");
        let response = command.send(&client).await;
        let status = response.status().as_u16();
        assert!(![400, 406, 413, 415].contains(&status), "{status} {shown}\n{}", response.text());
    }
}

#[test]
fn the_openapi_document_of_the_shop_is_pinned() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("shop/openapi.json");
    assert_openapi(shop::application(), file);
}

#[tokio::test]
async fn each_reference_in_the_document_leads_somewhere() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = document().await;
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100);
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("a reference within the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn the_names_of_schemas_do_not_depend_on_other_resources() {
    use wsgiservice::{mount, resource};

    #[derive(serde::Serialize, schemars::JsonSchema)]
    struct Money {
        boats: u8,
    }

    #[mount("/aaa")]
    struct Boats;

    #[resource]
    impl Boats {
        fn get(&self) -> Vec<Money> {
            vec![Money { boats: 1 }]
        }
    }

    let names = |document: Value| -> Vec<(String, Value)> {
        let schemas = document["components"]["schemas"].as_object().expect("schemas").clone();
        schemas.into_iter().collect()
    };
    let before = names(document().await);
    let client = Client::new(shop::application().mount(Boats));
    let after = names(client.get("/_internal/openapi").send().await.json::<Value>());
    let missing: Vec<_> = before.iter().filter(|schema| !after.contains(schema)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(after.len(), before.len() + 1);
}

#[tokio::test]
async fn a_response_has_the_members_that_are_sent() {
    let document = document().await;
    let schema = |name: &str| document["components"]["schemas"][name].clone();
    let required = schema("Order")["required"].clone();
    for name in ["id", "old", "placed"] {
        assert!(required.as_array().expect("a list").contains(&name.into()), "{name}: {required}");
    }
    assert_eq!(schema("Order")["properties"]["voucher"], Value::Null);
    assert_eq!(schema("OrderInput")["properties"]["id"], Value::Null);
    assert!(schema("OrderInput")["properties"]["voucher"].is_object());
    let post = &document["paths"]["/orders"]["post"];
    let content = |value: &Value| value["content"]["application/json"]["schema"]["$ref"].clone();
    assert_eq!(content(&post["requestBody"]), "#/components/schemas/OrderInput");
    assert_eq!(content(&post["responses"]["201"]), "#/components/schemas/Order");
}

#[tokio::test]
async fn only_media_types_that_can_carry_a_value_are_offered() {
    let document = document().await;
    let offered = |path: &str, method: &str| -> Vec<String> {
        let content = &document["paths"][path][method]["requestBody"]["content"];
        content.as_object().expect("media types").keys().cloned().collect()
    };
    assert_eq!(offered("/orders", "post"), ["application/json", "application/xml", "text/xml"]);
    assert_eq!(
        offered("/orders/{id}", "patch"),
        ["application/json", "application/merge-patch+json", "application/xml", "text/xml"]
    );
    assert_eq!(offered("/tree", "put"), ["application/json", "application/xml", "text/xml"]);
    assert!(offered("/parcels", "post").contains(&"multipart/form-data".to_owned()));

    let client = strict(shop::application());
    let options = client.request("OPTIONS", "/orders/7").send().await;
    let expected = "application/json, application/merge-patch+json, application/xml, text/xml";
    assert_eq!(options.field("accept-patch"), Some(expected));
    let form = client.put("/tree").header("content-type", "application/x-www-form-urlencoded");
    let response = form.body("name=a").send().await;
    assert_eq!(response.status(), 415);
    assert_eq!(response.field("accept"), Some("application/json, application/xml, text/xml"));
}

#[tokio::test]
async fn each_media_type_has_a_schema() {
    fn contents(value: &Value, place: &str) {
        match value {
            Value::Object(members) => {
                if let Some(Value::Object(content)) = members.get("content") {
                    for (name, media_type) in content {
                        assert!(media_type["schema"].is_object(), "{place} {name}");
                    }
                }
                for (name, member) in members {
                    contents(member, &format!("{place}/{name}"));
                }
            }
            Value::Array(items) => items.iter().for_each(|item| contents(item, place)),
            _ => {}
        }
    }
    let document = document().await;
    contents(&document["paths"], "");
    let report = &document["paths"]["/reports/{year}"]["get"]["responses"]["200"]["content"];
    assert_eq!(report["text/csv"]["schema"], serde_json::json!({"type": "string"}));
    let picture = &document["paths"]["/pictures/{sku}"]["get"]["responses"]["200"]["content"];
    assert_eq!(picture["*/*"]["schema"]["format"], "binary");
}
