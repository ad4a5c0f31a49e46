//! The clusters that users are assigned to.

use engines::{Engine, on_each_engine};
use futures_util::future::join;
use serde_json::{Value as Json, json};

use super::{refusal, setting};

on_each_engine! {
    the_clusters_of_the_topology_are_open
    a_cluster_is_created_and_changed
    a_cluster_with_users_is_not_removed
    a_cluster_is_not_removed_while_a_user_comes
    clusters_are_listed_in_parts
}

async fn the_clusters_of_the_topology_are_open(engine: Engine) {
    let Some(mut it) = setting(engine).await else { return };
    let listed = it.cluster.get("/1/cluster").send().await.json::<Json>();
    let entry =
        |name: &str, state: &str| json!({"name": name, "weight": 1.0, "state": state, "users": 0});
    assert_eq!(
        listed,
        json!({"items": [entry("c1", "open"), entry("c2", "open")], "start": 1, "count": 10, "total": 2})
    );
    it.cluster.put("/1/cluster/c2").form([("state", "closed")]).send().await;
    it.restart().await;
    let listed = it.cluster.get("/1/cluster").send().await.json::<Json>();
    assert_eq!(
        listed["items"][1],
        entry("c2", "closed"),
        "the topology changes none that is there"
    );
}

async fn a_cluster_is_created_and_changed(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let put =
        |form: Vec<(&'static str, &'static str)>| it.cluster.put("/1/cluster/c3").form(form).send();
    let created = put(vec![("weight", "2.5")]).await;
    assert_eq!(
        (created.status().as_u16(), created.json::<Json>()),
        (201, json!({"name": "c3", "weight": 2.5, "state": "open"}))
    );
    let replaced = put(vec![("state", "closed")]).await;
    assert_eq!(
        (replaced.status().as_u16(), replaced.json::<Json>()),
        (200, json!({"name": "c3", "weight": 1.0, "state": "closed"}))
    );
    for wrong in [("weight", "0"), ("weight", "-1"), ("weight", "NaN"), ("state", "ajar")] {
        assert_eq!(put(vec![wrong]).await.status(), 400, "{wrong:?}");
    }
    for _ in 0..2 {
        assert_eq!(it.cluster.delete("/1/cluster/c3").send().await.status(), 204);
    }
}

async fn a_cluster_with_users_is_not_removed(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("abc").await;
    let delete = async |name: &str| it.cluster.delete(&format!("/1/cluster/{name}")).send().await;
    assert_eq!(refusal(&delete("c1").await), (409, json!("not-empty")));
    it.cluster.put("/1/user/abc/move").form([("to", "c2")]).send().await;
    assert_eq!(refusal(&delete("c2").await), (409, json!("not-empty")), "a user is on the way");
    it.settle().await;
    assert_eq!(delete("c1").await.status(), 204);
    assert_eq!(refusal(&delete("c2").await), (409, json!("not-empty")));
    it.cluster.delete("/1/user/abc").send().await;
    assert_eq!(
        refusal(&delete("c2").await),
        (409, json!("not-empty")),
        "the services do not know yet"
    );
    it.settle().await;
    assert_eq!(delete("c2").await.status(), 204);
}

async fn a_cluster_is_not_removed_while_a_user_comes(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    for number in 0..10 {
        let user = format!("/1/user/u{number}");
        let cluster = format!("n{number}");
        let put = it.cluster.put(&format!("/1/cluster/{cluster}")).send().await;
        assert_eq!(put.status(), 201);
        let come = it.cluster.put(&user).form([("cluster", cluster.as_str())]).send();
        let remove = it.cluster.delete(&format!("/1/cluster/{cluster}")).send();
        let (come, removed) = join(come, remove).await;
        let statuses = (come.status().as_u16(), removed.status().as_u16());
        assert!([(201, 409), (422, 204)].contains(&statuses), "{statuses:?}");
    }
}

async fn clusters_are_listed_in_parts(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("abc").await;
    let listed = it.cluster.get("/1/cluster?start=2&count=1").send().await.json::<Json>();
    assert_eq!((&listed["items"][0]["name"], &listed["total"]), (&json!("c2"), &json!(2)));
    let listed = it.cluster.get("/1/cluster?count=1").send().await.json::<Json>();
    assert_eq!((&listed["items"][0]["users"], &listed["count"]), (&json!(1), &json!(1)));
    assert_eq!(
        it.cluster.get("/1/cluster?start=9").send().await.json::<Json>()["items"],
        json!([])
    );
    for target in ["/1/cluster?start=0", "/1/cluster?count=1001"] {
        assert_eq!(it.cluster.get(target).send().await.status(), 400);
    }
}
