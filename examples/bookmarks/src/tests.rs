//! What a client of the service sees.

use serde_json::{Value, json};
use wsgiservice::testing::{Client, Multipart};

use super::*;

fn service() -> Application {
    let options =
        Options { database: "sqlite::memory:".to_owned(), token: Secret::new("a".to_owned()) };
    application(options).expect("a URL of a database")
}

/// A client that is logged in.
async fn client() -> Client {
    let client = Client::after_set_up(service()).await.expect("set up");
    client.strict().header("authorization", "Bearer a")
}

/// Creates a bookmark with this address, whose tag is "a" and whose note is "n".
async fn create(client: &Client, url: &str) -> Value {
    let new = json!({"url": url, "title": "Title", "tag": "a", "note": "n"});
    let created = client.post("/bookmarks").json(&new).send().await;
    assert_eq!(created.status(), 201, "{}", created.text());
    created.json()
}

#[tokio::test]
async fn the_openapi_document_matches_its_snapshot() {
    wsgiservice::testing::assert_openapi(service(), "openapi.json");
}

#[tokio::test]
async fn only_a_user_reads_bookmarks() {
    let client = Client::after_set_up(service()).await.expect("set up");
    assert_eq!(client.get("/bookmarks").send().await.status(), 401);
    assert_eq!(client.get("/bookmarks").bearer("b").send().await.status(), 401);
    assert_eq!(client.get("/bookmarks").bearer("a").send().await.status(), 200);
}

#[tokio::test]
async fn bookmarks_are_listed_by_tag_and_in_pages() {
    let client = client().await;
    for number in 1..=3 {
        create(&client, &format!("https://example.org/{number}")).await;
    }
    let form = [("url", "https://example.org/untagged"), ("title", "\"T\"")];
    assert_eq!(client.post("/bookmarks").form(form).send().await.status(), 201);
    let ids = async |target: &str| {
        let page = client.get(target).send().await.json::<Value>();
        let items = page["items"].as_array().expect("items");
        items.iter().filter_map(|bookmark| bookmark["id"].as_i64()).collect::<Vec<_>>()
    };
    assert_eq!(ids("/bookmarks").await, [4, 3, 2, 1]);
    assert_eq!(ids("/bookmarks?tag=a&count=2").await, [3, 2]);
    assert_eq!(ids("/bookmarks?tag=a&count=2&start=2").await, [1]);
    let page = client.get("/bookmarks?tag=a&count=2").send().await;
    assert_eq!(page.field("link"), Some("</bookmarks?tag=a&start=2&count=2>; rel=\"next\""));
    let csv = client.get("/bookmarks.csv?count=1").send().await;
    assert_eq!(csv.text(), "\"https://example.org/untagged\",\"\"\"T\"\"\"\r\n");
}

#[tokio::test]
async fn an_address_is_bookmarked_once() {
    let client = client().await;
    create(&client, "https://example.org/").await;
    let twice = client.post("/bookmarks").form([("url", "https://example.org/"), ("title", "T")]);
    let problem = twice.send().await;
    assert_eq!(problem.status(), 409);
    assert_eq!(problem.json::<Value>()["type"], "/_internal/problems/bookmarked-already");
}

#[tokio::test]
async fn a_change_has_the_tag_of_what_it_changes() {
    let client = client().await;
    create(&client, "https://example.org/").await;
    let patch = json!({"note": null});
    let patched = client.patch("/bookmarks/1").header("if-match", "\"1_json\"").json(&patch);
    let patched = patched.header("content-type", "application/merge-patch+json").send().await;
    assert_eq!(patched.status(), 200);
    assert_eq!(patched.field("etag"), Some("\"2_json\""));
    assert_eq!(patched.json::<Value>()["note"], Value::Null);
    let new = json!({"url": "https://example.org/new", "title": "New"});
    for (tag, status) in [("\"1_json\"", 412), ("\"2_json\"", 200)] {
        let put = client.put("/bookmarks/1").header("if-match", tag).json(&new).send().await;
        assert_eq!(put.status(), status);
    }
    assert_eq!(client.delete("/bookmarks/1").send().await.status(), 204);
    assert_eq!(client.get("/bookmarks/1").send().await.status(), 404);
}

#[tokio::test]
async fn of_several_changes_of_one_revision_one_succeeds() {
    let client = client().await;
    create(&client, "https://example.org/").await;
    let put = async |title: &str| {
        let new = json!({"url": "https://example.org/", "title": title});
        let put = client.put("/bookmarks/1").header("if-match", "\"1_json\"").json(&new);
        put.send().await.status().as_u16()
    };
    let (a, b) = tokio::join!(put("A"), put("B"));
    assert_eq!([a.min(b), a.max(b)], [200, 412]);
    create(&client, "https://example.org/other").await;
    let taken = json!({"url": "https://example.org/other", "title": "T"});
    assert_eq!(client.put("/bookmarks/1").json(&taken).send().await.status(), 409);
    for missing in [client.put("/bookmarks/7").json(&taken), client.delete("/bookmarks/7")] {
        assert_eq!(missing.send().await.status(), 404);
    }
}

#[tokio::test]
async fn a_picture_is_uploaded() {
    let client = client().await;
    create(&client, "https://example.org/").await;
    assert_eq!(client.get("/bookmarks/1/shot").send().await.status(), 404);
    let form = Multipart::new().file("shot", "shot.png", "image/png", "png");
    assert_eq!(client.put("/bookmarks/1/shot").multipart(form).send().await.status(), 204);
    let shot = client.get("/bookmarks/1/shot").header("range", "bytes=1-").send().await;
    assert_eq!((shot.status().as_u16(), shot.content()), (206, &b"ng"[..]));
}

#[tokio::test]
async fn its_health_tells_of_the_database() {
    let health = Client::new(service()).get("/_internal/health").send().await;
    let health: Value = serde_json::from_str(health.text()).expect("JSON");
    assert_eq!(health["checks"]["database"][0]["status"], "pass");
    assert_eq!(health["status"], "pass");
}
