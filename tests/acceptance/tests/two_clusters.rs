//! A user in two clusters: assigned, written, found.

use acceptance::Services;
use serde_json::{Value as Json, json};
use wsgiservice_client::{AllClusters, Cluster, FirstCluster, Response, RestClient, path};

/// What the cluster service says of a user.
async fn directions(client: &RestClient, user: &str) -> Json {
    let call = client.get("cluster", Cluster("c1"), path!("/1/user/{user}"));
    json_of(call.await.expect("a response")).await
}

async fn json_of(response: Response) -> Json {
    let response = response.error_for_status().expect("a success");
    response.json().await.expect("JSON")
}

/// How many data services know a user.
async fn knowing(client: &RestClient, user: &str) -> usize {
    let mut knowing = 0;
    for service in client.topology().data_services() {
        let call = client.get(service, AllClusters, path!("/1/placement/{user}"));
        for (_, result) in call.await.expect("responses") {
            knowing += usize::from(result.expect("a response").status() == 200);
        }
    }
    knowing
}

async fn put(client: &RestClient, service: &str, user: &str, target: String, content: Json) {
    let response = client.put(service, user, target).json(&content).await.expect("a response");
    assert_eq!(response.status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_who_only_looks_leaves_no_row() {
    let services = Services::start(env!("CARGO_BIN_EXE_services-under-test"));
    let client = services.client();
    let found = directions(&client, "u").await;
    assert_eq!(found["assigned"], json!(false));
    assert_eq!(found["version"], json!(0));
    let item = client.get("storage", "u", "/1/item/u/i").await.expect("a response");
    assert_eq!(item.status(), 404);
    assert_eq!(directions(&client, "u").await["assigned"], json!(false), "it was only looked at");
    assert_eq!(knowing(&client, "u").await, 0);

    written_and_found(&client).await;
}

/// A user who writes has a cluster, where the data are found, and nowhere else.
async fn written_and_found(client: &RestClient) {
    put(client, "storage", "u", "/1/item/u/i".to_owned(), json!({"text": "buy milk"})).await;
    put(client, "label", "u", "/1/label/u/inbox".to_owned(), json!({"title": "Inbox"})).await;
    put(client, "label", "u", "/1/label_item/u/inbox/i".to_owned(), json!({"position": 1})).await;
    let found = directions(client, "u").await;
    assert_eq!((&found["assigned"], &found["anonymous"]), (&json!(true), &json!(true)));
    let home = found["cluster"].as_str().expect("a cluster").to_owned();
    let other = if home == "c1" { "c2" } else { "c1" };

    let list = client.get("label", "u", "/1/label_item/u/inbox");
    let list = list.query(&[("start", 1), ("count", 10)]).await;
    let members = json_of(list.expect("a response")).await;
    assert_eq!((&members["total"], &members["items"][0]["item"]), (&json!(1), &json!("i")));

    let first = client.get("storage", FirstCluster, "/1/item/u/i").await.expect("a response");
    assert_eq!((first.status().as_u16(), first.cluster()), (200, home.as_str()));
    let elsewhere = client.get("storage", Cluster(other), "/1/item/u/i").await.expect("a response");
    assert!([404, 421].contains(&elsewhere.status().as_u16()), "{}", elsewhere.status());
    let misdirected = client.put("storage", Cluster(other), "/1/item/u/i").json(&json!({}));
    let misdirected = misdirected.await.expect("a response");
    assert_eq!(misdirected.status(), 421);
    assert_eq!(misdirected.headers()["x-cluster"], home.as_str());

    let all = client.get("storage", AllClusters, "/1/item/u/i").await.expect("responses");
    assert_eq!(all.into_iter().count(), 2);
}
