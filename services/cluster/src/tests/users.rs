//! Which cluster holds a user: the statuses of the table.

use engines::{Engine, on_each_engine};
use futures_util::future::join_all;
use serde_json::{Value as Json, json};

use super::{refusal, setting};

on_each_engine! {
    a_user_who_only_looks_leaves_no_row
    the_first_visit_assigns_a_cluster
    first_visits_at_the_same_time_agree
    a_visit_names_a_cluster
    a_user_is_promoted_and_not_demoted
    a_user_is_changed_by_who_has_seen_the_version
    a_visit_is_noted_once_in_an_hour
    a_user_who_was_removed_is_gone_for_a_week
    a_removal_is_told_to_the_pipeline_once
    a_removal_does_not_end_before_the_services_know
    a_user_without_an_open_cluster_is_refused
    a_key_is_ignored
}

async fn a_user_who_only_looks_leaves_no_row(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let found = it.cluster.get("/1/user/abc").send().await;
    assert_eq!((found.status().as_u16(), found.field("cache-control")), (200, Some("no-store")));
    assert_eq!(found.field("etag"), None);
    let cluster = found.json::<Json>()["cluster"].clone();
    let expected = json!({
        "user": "abc", "cluster": cluster, "version": 0, "assigned": false, "anonymous": true, "state": "active"
    });
    assert_eq!(found.json::<Json>(), expected);
    assert_eq!(it.row("abc").await, None);
    assert_eq!(it.cluster.delete("/1/user/abc").send().await.status(), 204);
    assert_eq!(it.row("abc").await, None);
    let put = it.cluster.put("/1/user/abc").send().await;
    assert_eq!(put.json::<Json>()["cluster"], cluster, "it is the one that was promised");
}

async fn the_first_visit_assigns_a_cluster(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let first = it.cluster.put("/1/user/abc").send().await;
    assert_eq!((first.status().as_u16(), first.field("location")), (201, Some("/1/user/abc")));
    let again = it.cluster.put("/1/user/abc").send().await;
    assert_eq!((again.status().as_u16(), again.field("location")), (200, None));
    assert_eq!(again.json::<Json>(), first.json::<Json>());
    assert_eq!(
        (again.json::<Json>()["version"].as_i64(), again.field("etag")),
        (Some(1), Some("\"1_json\""))
    );

    let found = it.cluster.get("/1/user/abc").send().await;
    assert_eq!(found.field("cache-control"), Some("max-age=300"));
    assert_eq!(found.json::<Json>(), first.json::<Json>());
    assert_eq!(found.json::<Json>()["assigned"], true);
    let tag = found.field("etag").expect("a tag");
    let same = it.cluster.get("/1/user/abc").header("if-none-match", tag).send().await;
    assert_eq!(same.status(), 304);
}

async fn first_visits_at_the_same_time_agree(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let responses = join_all((0..30).map(|_| it.cluster.put("/1/user/abc").send())).await;
    let statuses: Vec<_> = responses.iter().map(|it| it.status().as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 29, "{statuses:?}");
    let first = responses[0].json::<Json>();
    assert!(responses.iter().all(|it| it.json::<Json>() == first));
    let other = it.cluster.put("/1/user/def").send().await;
    assert_eq!(other.json::<Json>()["version"], 2, "who came too late has drawn no version");
}

async fn a_visit_names_a_cluster(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let put = async |user: &str, cluster: &str| {
        let form = [("cluster", cluster)];
        it.cluster.put(&format!("/1/user/{user}")).form(form).send().await.status().as_u16()
    };
    assert_eq!(put("abc", "c3").await, 422);
    assert_eq!(put("abc", "c2").await, 201);
    assert_eq!(put("abc", "c2").await, 200);
    assert_eq!(put("abc", "c1").await, 409);
    assert_eq!(
        it.cluster.put("/1/cluster/c1").form([("state", "closed")]).send().await.status(),
        200
    );
    assert_eq!(put("def", "c1").await, 409);
    for user in 0..20 {
        let put = it.cluster.put(&format!("/1/user/{user}")).send().await;
        assert_eq!(put.json::<Json>()["cluster"], "c2", "only an open cluster takes users");
    }
}

async fn a_user_is_promoted_and_not_demoted(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let put = async |anonymous: &str| {
        it.cluster.put("/1/user/abc").form([("anonymous", anonymous)]).send().await
    };
    assert_eq!(put("true").await.status(), 201);
    let promoted = put("false").await;
    assert_eq!(promoted.status(), 200);
    assert_eq!(
        (&promoted.json::<Json>()["anonymous"], &promoted.json::<Json>()["version"]),
        (&json!(false), &json!(2))
    );
    assert_eq!(put("false").await.json::<Json>()["version"], 2);
    assert_eq!(put("true").await.status(), 409);
    let visit = it.cluster.put("/1/user/abc").send().await;
    assert_eq!(
        visit.json::<Json>()["anonymous"],
        false,
        "a visit that says nothing demotes nobody"
    );
    let registered = it.cluster.put("/1/user/def").form([("anonymous", "false")]).send().await;
    assert_eq!(
        (registered.status().as_u16(), &registered.json::<Json>()["anonymous"]),
        (201, &json!(false))
    );
}

async fn a_user_is_changed_by_who_has_seen_the_version(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let put = |name: &str, tag: &str| it.cluster.put("/1/user/abc").header(name, tag).send();
    assert_eq!(put("if-match", "\"1\"").await.status(), 412);
    assert_eq!(put("if-none-match", "\"1\"").await.status(), 201);
    assert_eq!(put("if-none-match", "\"1\"").await.status(), 412);
    assert_eq!(put("if-match", "\"1\"").await.status(), 200);
    assert_eq!(put("if-match", "\"7\"").await.status(), 412);
    let delete = |tag: &str| it.cluster.delete("/1/user/abc").header("if-match", tag).send();
    assert_eq!(delete("\"7\"").await.status(), 412);
    assert_eq!(delete("\"1\"").await.status(), 204);
}

async fn a_visit_is_noted_once_in_an_hour(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.cluster.put("/1/user/abc").send().await;
    let seen = async || it.row("abc").await.expect("a row").last_seen;
    let first = seen().await;
    it.cluster.put("/1/user/abc").send().await;
    assert_eq!(seen().await, first);
    it.is_idle("abc").await;
    it.cluster.get("/1/user/abc").send().await;
    assert!(seen().await < first, "who looks does not visit");
    it.cluster.put("/1/user/abc").send().await;
    assert!(seen().await >= first);
    assert_eq!(it.row("abc").await.expect("a row").version, 1);
}

async fn a_user_who_was_removed_is_gone_for_a_week(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("abc").await;
    for _ in 0..2 {
        assert_eq!(it.cluster.delete("/1/user/abc").send().await.status(), 204);
    }
    it.settle().await;
    for method in ["GET", "PUT"] {
        let gone = match method {
            "GET" => it.cluster.get("/1/user/abc").send().await,
            _ => it.cluster.put("/1/user/abc").send().await,
        };
        assert_eq!(refusal(&gone), (410, json!("user-gone")), "{method}");
    }
    assert_eq!(it.notes[0].placement("abc").await, Some(("gone".to_owned(), 2)));
    assert_eq!(it.notes[0].count("abc").await, 0);
    assert_eq!(it.profiles.placement("abc").await, Some(("gone".to_owned(), 2)));
    assert_eq!(it.read("c1", "abc", "a").await, Err(410));
    assert_eq!(it.sweep().await, (0, 0));
    assert!(it.row("abc").await.is_some());

    let update = "UPDATE assignment SET touched = touched - 605000000";
    it.execute(update, Vec::new()).await;
    assert_eq!(it.sweep().await, (0, 0));
    assert_eq!(it.row("abc").await, None);
    let again = it.cluster.put("/1/user/abc").send().await;
    assert_eq!(
        (again.status().as_u16(), &again.json::<Json>()["version"]),
        (201, &json!(3)),
        "versions outlive rows"
    );
}

async fn a_removal_is_told_to_the_pipeline_once(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("abc").await;
    join_all((0..5).map(|_| it.cluster.delete("/1/user/abc").send())).await;
    let database = database::Database::open(&it.url).expect("a database");
    let rows = database.query("SELECT user_id, path, content FROM outbox", &[]).await;
    let rows = rows.expect("rows");
    let content = r#"{"path":"/1/user_removed/abc","version":2,"gone":true}"#;
    let expected = database::values!["abc", "/1/user_removed/abc", content];
    assert_eq!(rows.iter().map(database::Row::values).collect::<Vec<_>>(), [&expected[..]]);
}

async fn a_removal_does_not_end_before_the_services_know(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.cluster.put("/1/cluster/c3").send().await;
    it.cluster.put("/1/user/abc").form([("cluster", "c3")]).send().await;
    assert_eq!(it.cluster.delete("/1/user/abc").send().await.status(), 204);
    let failed = async {
        while it.row("abc").await.is_none_or(|row| row.error.is_none()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        ended = it.mover.settle("abc") => panic!("{ended:?}"),
        () = failed => {}
    }
    let error = it.row("abc").await.and_then(|row| row.error);
    assert_eq!(error.as_deref(), Some("cluster c3 is not in the topology"));
}

async fn a_user_without_an_open_cluster_is_refused(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.cluster.put("/1/user/abc").send().await;
    for cluster in ["c1", "c2"] {
        let put = it.cluster.put(&format!("/1/cluster/{cluster}")).form([("state", "closed")]);
        assert_eq!(put.send().await.status(), 200);
    }
    for refused in [it.cluster.get("/1/user/def"), it.cluster.put("/1/user/def")] {
        let refused = refused.send().await;
        assert_eq!((refused.status().as_u16(), refused.field("retry-after")), (503, Some("60")));
    }
    assert_eq!(it.cluster.put("/1/user/abc").send().await.status(), 200);
}

async fn a_key_is_ignored(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let put = |user: &str| {
        it.cluster.put(&format!("/1/user/{user}")).header("idempotency-key", "\"k\"").send()
    };
    assert_eq!(put("abc").await.status(), 201);
    assert_eq!(put("abc").await.status(), 200, "the user is the key");
    assert_eq!(put("def").await.status(), 201);
    let delete = it.cluster.delete("/1/user/abc").header("idempotency-key", "\"k\"");
    assert_eq!(delete.send().await.status(), 204);
}
