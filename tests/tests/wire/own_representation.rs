//! Representations of a resource's own, which can fail.

use serde::Serialize;
use serde_json::Value;
use wsgiservice::{
    Application, Problem, mount, resource,
    schemars::{self, JsonSchema},
    testing::{Client, TestResponse},
};

use super::strict;

#[derive(Serialize, JsonSchema)]
struct Page {
    rows: u32,
}

#[derive(Debug, thiserror::Error, Problem)]
enum CannotWrite {
    /// The page has too many rows for a table.
    #[error("{0} rows do not fit a table")]
    #[problem(422)]
    TooLong(u32),
    #[error("/etc/template cannot be read")]
    #[problem(500)]
    Template,
}

#[mount("/page/{rows}")]
struct Pages;

#[resource]
impl Pages {
    fn get(&self, rows: u32) -> Page {
        Page { rows }
    }

    #[representation(".csv", "text/csv")]
    fn csv(&self, page: &Page) -> Result<String, CannotWrite> {
        match page.rows {
            0 => Err(CannotWrite::Template),
            rows @ 1..10 => Ok("row\n".repeat(rows as usize)),
            rows => Err(CannotWrite::TooLong(rows)),
        }
    }
}

fn client() -> Client {
    strict(Application::new("pages").mount(Pages))
}

async fn csv(rows: u32) -> TestResponse {
    client().get(&format!("/page/{rows}")).header("accept", "text/csv").send().await
}

#[tokio::test]
async fn a_representation_succeeds_or_is_a_problem() {
    assert_eq!(csv(2).await.text(), "row\nrow\n");
    let problem = client().get("/page/70.csv").send().await;
    assert_eq!(problem.status(), 422);
    assert_eq!(problem.json::<Value>()["detail"], "70 rows do not fit a table");
    assert_eq!(problem.field("content-type"), Some("application/problem+json"));
    assert_eq!(client().get("/page/70").send().await.status(), 200);
}

#[tokio::test]
async fn a_5xx_of_a_representation_hides_its_cause() {
    let response = csv(0).await;
    assert_eq!(response.status(), 500);
    assert!(!response.text().contains("template"), "{}", response.text());
}

#[tokio::test]
async fn its_problems_are_documented_and_its_text_has_no_schema_of_the_value() {
    let response = client().get("/_internal/openapi.json").send().await;
    let document = response.json::<Value>();
    let responses = &document["paths"]["/page/{rows}"]["get"]["responses"];
    let description = responses["422"]["description"].as_str();
    assert_eq!(description, Some("The page has too many rows for a table."));
    let content = &responses["200"]["content"];
    assert_eq!(content["text/csv"]["schema"], serde_json::json!({"type": "string"}));
    assert_eq!(content["application/json"]["schema"]["$ref"], "#/components/schemas/Page");
}
