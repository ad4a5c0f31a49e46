//! Parameters in header fields: lists, several lines, and values that are never echoed.

use serde_json::{Value, json};
use wsgiservice::{
    Application, Problem, mount, resource,
    testing::{Client, TestResponse},
};

use super::{strict, violations};

#[mount("/fields")]
struct Fields;

#[resource]
impl Fields {
    fn authorize(
        &self,
        #[from(header = "Authorization")] credentials: Option<String>,
    ) -> Result<(), Problem> {
        match credentials.as_deref() {
            None | Some("Bearer s3cr3t") => Ok(()),
            Some(_) => Err(Problem::forbidden()),
        }
    }

    fn get(
        &self,
        #[from(header = "Authorization")] credentials: Option<String>,
        #[from(header = "X-Ids")] ids: Vec<u32>,
        #[from(header = "X-Names")] names: Vec<String>,
        #[from(header = "Accept-Language")] language: Option<String>,
        #[from(header = "Cookie")] cookie: Option<String>,
        #[from(header = "X-Key")]
        #[validate(re = "[a-z]+")]
        key: Option<String>,
        #[from(header = "X-Count")] count: Option<u32>,
    ) -> String {
        format!("{credentials:?} {ids:?} {names:?} {language:?} {cookie:?} {key:?} {count:?}")
    }
}

fn client() -> Client {
    strict(Application::new("fields").mount(Fields))
}

async fn get(fields: &[(&str, &str)]) -> TestResponse {
    let request = fields
        .iter()
        .fold(client().get("/fields"), |request, (name, value)| request.header(name, value));
    request.send().await
}

#[tokio::test]
async fn one_line_is_the_same_list_as_several() {
    for fields in [
        &[("x-ids", "1, 2,3")][..],
        &[("x-ids", "1"), ("x-ids", "2, 3")],
        &[("x-ids", ", 1,\t2,, 3,")],
        &[("x-ids", "1"), ("x-ids", ""), ("x-ids", "2"), ("x-ids", "3")],
    ] {
        let response = get(fields).await;
        assert_eq!(response.json::<Value>(), "None [1, 2, 3] [] None None None None", "{fields:?}");
    }
}

#[tokio::test]
async fn a_comma_in_a_quoted_string_separates_nothing() {
    let response = get(&[("x-names", r#""a, b", c;d="\",""#)]).await;
    let expected = [r#""a, b""#, r#"c;d="\",""#];
    assert_eq!(
        response.json::<Value>(),
        json!(format!("None [] {expected:?} None None None None"))
    );
}

#[tokio::test]
async fn several_lines_of_a_standard_list_are_one_value() {
    let fields = [
        ("accept-language", "de"),
        ("accept-language", "fr"),
        ("cookie", "a=1"),
        ("cookie", "b=2"),
    ];
    let response = get(&fields).await;
    assert_eq!(response.json::<Value>(), r#"None [] [] Some("de, fr") Some("a=1; b=2") None None"#);
}

#[tokio::test]
async fn several_lines_of_another_field_are_a_violation() {
    let response = get(&[("x-key", "a"), ("x-key", "b")]).await;
    assert_eq!(violations(&response), [("X-Key".into(), "header".into(), "repeated".into())]);
    let response =
        get(&[("authorization", "Bearer s3cr3t"), ("authorization", "Bearer t0p")]).await;
    assert_eq!(
        violations(&response),
        [("Authorization".into(), "header".into(), "repeated".into())]
    );
}

#[tokio::test]
async fn the_value_of_a_field_is_never_echoed() {
    for fields in [
        &[("authorization", "Bearer s3cr3t"), ("authorization", "Bearer s3cr3t")][..],
        &[("x-key", "S3CR3T-s3cr3t")],
        &[("x-ids", "1, s3cr3t")],
        &[("x-count", "s3cr3t")],
    ] {
        for accept in ["application/json", "text/xml", "text/html, */*;q=0.1"] {
            let fields: Vec<_> = fields.iter().copied().chain([("accept", accept)]).collect();
            let response = get(&fields).await;
            assert!(response.status().is_client_error(), "{fields:?}");
            assert!(response.text().contains("does not validate."), "{}", response.text());
            assert!(!response.text().contains("s3cr3t"), "{}", response.text());
        }
    }
}
