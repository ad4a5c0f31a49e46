//! A clip: a batch of changes in several services, with one ticket that undoes it, and an event that others act on.

use std::time::Duration;

use acceptance::{Frontend, Reply, Services, key, of, until_async};
use database::values;
use http::Method;
use serde_json::{Value as Json, json};
use wsgiservice_client::{AllClusters, FirstCluster, Locate};

/// How long mails wait. The test's clock passes it.
const UNDO_WINDOW: Duration = Duration::from_hours(1);

/// A user of the frontend.
struct User<'a> {
    services: &'a Services,
    frontend: &'a Frontend,
    name: &'static str,
}

impl User<'_> {
    fn locator(&self) -> Locate {
        Locate::User(self.name.to_owned())
    }

    async fn get(&self, service: &str, target: &str) -> Reply {
        self.frontend.get(service, self.locator(), &target.replace("{user}", self.name)).await
    }

    /// The status and the tag of an item.
    async fn item(&self, id: &str) -> (u16, String) {
        let item = self.get("storage", &format!("/1/item/{{user}}/{id}")).await;
        (item.status, item.field("etag").to_owned())
    }

    /// Changes a thing by the command service, with a ticket.
    async fn change(&self, method: Method, target: &str, content: Option<&Json>) -> Reply {
        let target = target.replace("{user}", self.name);
        self.frontend.command(method, &target, &key(), content).await
    }

    /// The state of a ticket, as the closest command service knows it.
    async fn state(&self, ticket: &str) -> Json {
        let target = format!("/1/undo/{}/{ticket}", self.name);
        let found = self.frontend.get("command", Locate::Closest, &target).await;
        found.with(200).content["state"].clone()
    }

    async fn undo(&self, ticket: &str) -> Reply {
        self.frontend.undo(self.name, ticket).await
    }

    /// Whether the picture of an item is attached.
    async fn has_picture(&self, id: &str) -> bool {
        self.get("storage", &format!("/1/attachment/{{user}}/{id}/picture")).await.status == 200
    }

    /// The items with a word.
    async fn found(&self, word: &str) -> Json {
        let cluster = Locate::Cluster(self.frontend.home(self.name).await);
        let target = format!("/1/search/{}?q={word}", self.name);
        self.frontend.get("dependents", cluster, &target).await.content["items"].clone()
    }

    async fn mails(&self) -> Json {
        let cluster = Locate::Cluster(self.frontend.home(self.name).await);
        let target = format!("/1/mail/{}", self.name);
        self.frontend.get("dependents", cluster, &target).await.content["mails"].clone()
    }

    /// Waits until a picture is attached to the item, and it is found.
    async fn depends_on(&self, id: &str, word: &str) {
        until_async("a picture is attached", async || self.has_picture(id).await).await;
        until_async("the search finds it", async || self.found(word).await == json!([id])).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clip_is_undone_and_done_again() {
    let services = Services::start(env!("CARGO_BIN_EXE_services-under-test"));
    let frontend = Frontend::new(services.client());
    frontend.listen(UNDO_WINDOW).await;
    // Users of both clusters, by a frontend in the first.
    for name in ["ann", "bob", "carol"] {
        let user = User { services: &services, frontend: &frontend, name };
        let ticket = clipped(&user).await;
        found_in_its_cluster(&user).await;
        undone_and_redone(&user, &ticket).await;
        conflicts_are_named(&user).await;
        undone_and_redone_in_turn(&user).await;
    }
    let homes =
        [frontend.home("ann").await, frontend.home("bob").await, frontend.home("carol").await];
    assert!(homes.contains(&"c1".to_owned()) && homes.contains(&"c2".to_owned()), "{homes:?}");
    services.settle().await;
    services.set_clock(2 * UNDO_WINDOW);
    mailed_once(&User { services: &services, frontend: &frontend, name: "dave" }).await;
}

/// Steps 1 and 2: three changes by one call, which comes again.
async fn clipped(user: &User<'_>) -> String {
    let key = key();
    let clip = async |text| user.frontend.clip(user.name, "i", text, &key).await;
    let first = clip("buy milk").await.with(200);
    let statuses: Vec<_> = first.content["steps"].as_array().expect("steps").iter().collect();
    assert!(statuses.iter().all(|step| step["status"] == 201), "{statuses:?}");
    assert_eq!(first.field("x-cluster"), user.frontend.home(user.name).await);
    let again = clip("buy milk").await.with(200);
    assert_eq!((&again.content, again.ticket()), (&first.content, first.ticket()));
    assert_eq!(again.field("idempotency-replayed"), "true");
    let other = clip("buy tea").await.with(422);
    assert_eq!(other.content["code"], json!("key-reused"));
    first.ticket()
}

/// Step 3: the item is in its label, in the cluster of its user.
async fn found_in_its_cluster(user: &User<'_>) {
    let (frontend, client) = (user.frontend, user.frontend.client());
    let target = format!("/1/label_item/{}/inbox?start=1&count=10", user.name);
    let list = frontend.get("command", Locate::Closest, &target).await.with(200);
    assert_eq!(list.content["items"], json!([{"item": "i", "position": 1.0}]));
    let item = format!("/1/item/{}/i", user.name);
    let first = client.get("storage", FirstCluster, &item).await.expect("a response");
    assert_eq!((first.status().as_u16(), first.cluster()), (200, &*frontend.home(user.name).await));
    let all = client.get("storage", AllClusters, &item).await.expect("responses");
    let statuses = all.into_iter().map(|(_, it)| it.expect("a response").status().as_u16());
    let mut statuses: Vec<_> = statuses.collect();
    statuses.sort_unstable();
    assert!(statuses == [200, 404] || statuses == [200, 421], "{statuses:?}");
}

/// Steps 4 to 6: what depends on the clip goes and comes with it.
async fn undone_and_redone(user: &User<'_>, ticket: &str) {
    let (_, tag) = user.item("i").await;
    user.depends_on("i", "milk").await;
    assert_eq!(user.item("i").await, (200, tag.clone()), "a picture does not change the item");

    assert_eq!(user.state(ticket).await, json!("open"));
    let undone = user.undo(ticket).await.with(200);
    assert_eq!(user.state(ticket).await, json!("undone"));
    let outcomes = undone.content["steps"].as_array().expect("steps");
    assert!(outcomes.iter().all(|step| step["outcome"] == "reverted"), "{outcomes:?}");
    let again = user.undo(ticket).await.with(200);
    assert_eq!((&again.content, again.ticket()), (&undone.content, undone.ticket()));
    assert_eq!(user.item("i").await.0, 404);
    assert_eq!(user.get("label", "/1/label/{user}/inbox").await.status, 404);
    until_async("the search forgets it", async || user.found("milk").await == json!([])).await;

    user.undo(&undone.ticket()).await.with(200);
    let (status, new_tag) = user.item("i").await;
    assert_eq!(status, 200);
    assert_ne!(new_tag, tag);
    assert!(user.has_picture("i").await, "it comes back with its picture");
    until_async("the search finds it", async || user.found("milk").await == json!(["i"])).await;
}

/// Step 6: what others have changed is named, and undone by force only.
async fn conflicts_are_named(user: &User<'_>) {
    let put = async |text: &str| {
        user.change(Method::PUT, "/1/item/{user}/j", Some(&json!({ "text": text }))).await
    };
    put("one").await.with(201);
    let ticket = put("two").await.with(200).ticket();
    let target = format!("/1/item/{}/j", user.name);
    let (content, key) = (json!({"text": "three"}), key());
    let (locator, method) = (user.locator(), Method::PUT);
    let direct = user.frontend.change("storage", locator, method, &target, &key, Some(&content));
    direct.await.with(200);
    let refused = user.undo(&ticket).await.with(409);
    assert_eq!(refused.content["code"], json!("changed-since"));
    assert_eq!(refused.content["conflicts"], json!([target]));
    let forced = user.frontend.undo_by_force(user.name, &ticket).await.with(200);
    assert_eq!(user.get("storage", &target).await.content, json!({"text": "one"}));
    user.undo(&forced.ticket()).await.with(200);
    assert_eq!(user.get("storage", &target).await.content, json!({"text": "three"}));
}

/// Step 6: two changes of one thing, undone one after the other, and then done again one after the other.
async fn undone_and_redone_in_turn(user: &User<'_>) {
    let text = async || user.get("storage", "/1/item/{user}/k").await.content["text"].clone();
    let put = async |text: &str| {
        user.change(Method::PUT, "/1/item/{user}/k", Some(&json!({ "text": text }))).await.ticket()
    };
    let (one, two) = (put("one").await, put("two").await);
    let undone_two = user.undo(&two).await.with(200).ticket();
    assert_eq!(text().await, json!("one"));
    let undone_one = user.undo(&one).await.with(200).ticket();
    assert_eq!(text().await, Json::Null);
    user.undo(&undone_one).await.with(200);
    assert_eq!(text().await, json!("one"));
    user.undo(&undone_two).await.with(200);
    assert_eq!(text().await, json!("two"));
}

/// Steps 4, 5 and 7: one mail about a clip, none about one that was undone before, and no undo of one that is too old.
async fn mailed_once(user: &User<'_>) {
    let kept = user.frontend.clip(user.name, "kept", "tea", &key()).await.with(200).ticket();
    let undone = user.frontend.clip(user.name, "undone", "tea", &key()).await.with(200).ticket();
    user.undo(&undone).await.with(200);
    user.depends_on("kept", "tea").await;
    assert_eq!(user.mails().await, json!([]), "they wait");
    user.services.set_clock(4 * UNDO_WINDOW);
    user.services.settle().await;
    assert_eq!(user.mails().await, json!(["dave/kept"]));

    user.services.set_clock(Duration::from_hours(29));
    until_async("the ticket is too old", async || user.undo(&kept).await.status == 410).await;
    assert_eq!(user.item("kept").await.0, 200);
    let cluster = user.frontend.home(user.name).await;
    until_async("no image is left", async || {
        let images = "SELECT COUNT(*) FROM inverse WHERE user_id = ? AND ticket = ?";
        let values = values![user.name, &kept];
        let rows = user.services.rows(&format!("{cluster}/command"), images, &values).await;
        of::<i64>(&rows[0], 0) == 0
    })
    .await;
}
