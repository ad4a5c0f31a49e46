//! Documentation comments on arguments.

use std::collections::BTreeMap;

use serde_json::Value;
use wsgiservice::{Application, Content, mount, resource};

use super::strict;

macro_rules! documented {
    ($text:literal) => {
        #[mount("/generated")]
        struct Generated;

        #[resource]
        impl Generated {
            fn get(&self, #[doc = $text] q: Option<String>) -> String {
                q.unwrap_or_default()
            }
        }
    };
}

documented!("Of a macro.");

#[mount("/search/{user}")]
#[validate(user, doc = "Of the struct.")]
#[validate(q, doc = "Of the struct.")]
struct Search;

#[resource]
impl Search {
    #[validate(count, range = 1..=9, doc = "Of the method.")]
    fn get(
        &self,
        user: String,
        /// What to look for.
        ///
        /// It is *text*.
        #[validate(len = 1..=200)]
        q: String,
        /** Of the argument. */
        count: Option<u32>,
        #[doc = concat!("One ", "part.")]
        #[doc = "Another."]
        part: Option<String>,
        // Not documentation.
        other: Option<String>,
    ) -> String {
        format!("{user} {q} {count:?} {part:?} {other:?}")
    }

    fn put(
        &self,
        user: String,
        #[doc = "The members."] content: Content<BTreeMap<String, String>>,
    ) -> String {
        format!("{user} {}", content.into_inner().len())
    }
}

#[tokio::test]
async fn a_comment_is_the_documentation_of_the_argument() {
    let client = strict(Application::new("search").mount(Search).mount(Generated));
    let document = client.get("/_internal/openapi").send().await.json::<Value>();
    let path = &document["paths"]["/search/{user}"];
    let parameters = path["get"]["parameters"].as_array().expect("parameters").iter();
    let descriptions: Vec<_> = parameters.map(|it| it["description"].as_str()).collect();
    let expected = [
        Some("Of the struct."),
        Some("What to look for.\n\nIt is *text*."),
        Some("Of the argument."),
        Some("One part.\nAnother."),
        None,
    ];
    assert_eq!(descriptions, expected);
    assert_eq!(path["put"]["requestBody"]["description"], "The members.");
    let generated = &document["paths"]["/generated"]["get"]["parameters"][0];
    assert_eq!(generated["description"], "Of a macro.");
    let page = client.get("/_internal/help").header("accept", "text/html").send().await;
    assert!(page.text().contains("<p>The members.</p>"));
}

#[tokio::test]
async fn a_comment_changes_nothing_of_what_is_accepted() {
    let client = strict(Application::new("search").mount(Search));
    assert_eq!(client.get("/search/a?q=b&count=9&part=").send().await.status(), 200);
    assert_eq!(client.get("/search/a?q=b&count=10").send().await.status(), 400);
}
