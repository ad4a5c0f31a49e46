//! Users who register, and anonymous ones who do not come back.

use std::time::Duration;

use acceptance::{Services, until_async};
use serde_json::{Value as Json, json};
use wsgiservice_client::{AllClusters, Cluster, RestClient, path};

const DAY: Duration = Duration::from_hours(24);

/// Visits as a user, and returns the status and what is said of the user.
async fn visit(client: &RestClient, user: &str, form: &[(&str, &str)]) -> (u16, Json) {
    let call = client.put("cluster", Cluster("c1"), path!("/1/user/{user}")).form(form);
    let response = call.await.expect("a response");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

async fn look(client: &RestClient, user: &str) -> (u16, Json) {
    let call = client.get("cluster", Cluster("c1"), path!("/1/user/{user}"));
    let response = call.await.expect("a response");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

async fn put(client: &RestClient, user: &str, item: &str) -> u16 {
    let call = client.put("storage", user, path!("/1/item/{user}/{item}"));
    let call = call.json(&json!({ "item": item })).timeout(Duration::from_secs(10));
    call.await
        .map_or_else(|error| error.status().map_or(0, |it| it.as_u16()), |it| it.status().as_u16())
}

async fn get(client: &RestClient, user: &str, item: &str) -> u16 {
    let call = client.get("storage", user, path!("/1/item/{user}/{item}"));
    call.await
        .map_or_else(|error| error.status().map_or(0, |it| it.as_u16()), |it| it.status().as_u16())
}

/// A user with data in each service.
async fn with_data(client: &RestClient, user: &str) {
    assert_eq!(put(client, user, "i").await, 201);
    let bytes = client.put("storage", user, path!("/1/attachment/{user}/i/a.txt"));
    let bytes = bytes.header("content-type", "text/plain").body("some bytes").await;
    assert_eq!(bytes.expect("a response").status(), 201);
    let label = client.put("label", user, path!("/1/label/{user}/inbox"));
    let label = label.json(&json!({"title": "Inbox"})).await;
    assert_eq!(label.expect("a response").status(), 201);
}

/// What the data services say of the placement of a user, in both clusters, without those that do not know the user.
async fn placements(client: &RestClient, user: &str) -> Vec<String> {
    let mut states = Vec::new();
    for service in client.topology().data_services() {
        let call = client.get(service, AllClusters, path!("/1/placement/{user}"));
        for (_, result) in call.await.expect("responses") {
            let response = result.expect("a response");
            if response.status() == 200 {
                let placement: Json = response.json().await.expect("JSON");
                states.push(placement["state"].as_str().expect("a state").to_owned());
            }
        }
    }
    states
}

/// The files with bytes of a user.
fn files(services: &Services, user: &str) -> Vec<std::path::PathBuf> {
    let mut folders = vec![services.folder().to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.components().any(|it| it.as_os_str() == user) => files.push(path),
                false => {}
            }
        }
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn who_registers_stays_and_who_does_not_come_back_goes_with_all_data() {
    let services = Services::start(env!("CARGO_BIN_EXE_services-under-test"));
    let client = services.client();
    with_data(&client, "registered").await;
    with_data(&client, "visitor").await;
    let (status, found) = visit(&client, "registered", &[("anonymous", "false")]).await;
    assert_eq!((status, &found["anonymous"]), (200, &json!(false)));
    assert_eq!(files(&services, "visitor").len(), 1);

    services.set_clock(31 * DAY);
    until_async("the visitor is gone", async || look(&client, "visitor").await.0 == 410).await;
    let marks = || async { placements(&client, "visitor").await };
    until_async("each data service knows", async || {
        let marks = marks().await;
        marks.len() >= 2 && marks.iter().all(|state| state == "gone")
    })
    .await;
    assert_eq!(look(&client, "registered").await.0, 200);
    assert_eq!(get(&client, "registered", "i").await, 200);

    services.set_clock(31 * DAY + Duration::from_hours(2));
    until_async("the bytes are gone", async || files(&services, "visitor").is_empty()).await;
    assert_eq!(files(&services, "registered").len(), 1);

    services.set_clock(39 * DAY);
    until_async("nothing is known of the visitor", async || {
        placements(&client, "visitor").await.is_empty()
            && look(&client, "visitor").await.1["assigned"] == json!(false)
    })
    .await;
    assert_eq!(visit(&client, "visitor", &[]).await.0, 201, "it is another user now");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_takes_a_sweep_back_until_it_is_decided() {
    let services = Services::start(env!("CARGO_BIN_EXE_services-under-test"));
    let client = services.client();
    let steps = [
        ("sweep::after_expiring", 200),
        ("sweep::after_freeze", 200),
        ("sweep::after_commit", 410),
        ("sweep::after_purge", 410),
    ];
    let mut days = 0;
    for (point, status) in steps {
        let user = point.rsplit(':').next().expect("a step");
        with_data(&client, user).await;
        services.set_fail_points(&format!("hold {point}\n"));
        days += 31;
        services.set_clock(days * DAY);
        until_async(point, async || services.fail_points() == format!("held {point}\n")).await;
        assert_eq!(visit(&client, user, &[]).await.0, status, "{point}");
        services.set_fail_points("");
        if status == 410 {
            until_async("the user is gone", async || get(&client, user, "i").await == 410).await;
            continue;
        }
        until_async("the user is back", async || {
            let states = placements(&client, user).await;
            !states.is_empty() && states.iter().all(|state| state == "here")
        })
        .await;
        assert_eq!(get(&client, user, "i").await, 200, "{point}");
        assert_eq!(put(&client, user, "j").await, 201, "{point}");
        assert_eq!(visit(&client, user, &[("anonymous", "false")]).await.0, 200, "it stays");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_wrote_without_a_visit_is_kept() {
    let services = Services::start(env!("CARGO_BIN_EXE_services-under-test"));
    let client = services.client();
    with_data(&client, "u").await;
    services.set_fail_points("hold sweep::after_expiring\n");
    services.set_clock(31 * DAY);
    until_async("the sweep has begun", async || {
        services.fail_points() == "held sweep::after_expiring\n"
    })
    .await;
    assert_eq!(put(&client, "u", "j").await, 201, "the client knows where the user is");
    services.set_fail_points("");
    until_async("the user is kept", async || {
        look(&client, "u").await.1["state"] == json!("active")
            && placements(&client, "u").await.iter().all(|state| state == "here")
    })
    .await;
    assert_eq!((get(&client, "u", "i").await, get(&client, "u", "j").await), (200, 200));
}
