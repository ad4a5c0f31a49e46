//! What the service tells of the users who are moved or removed.

use database::values;
use engines::{Engine, on_each_engine};
use wsgiservice::testing::Client;
use wsgiservice_test_support::{assert_metrics, health_of};

use super::{Setting, setting};
use crate::with;

on_each_engine! {
    moves_are_counted_by_how_they_end
    users_are_counted_whom_a_sweep_finds
    a_user_about_whom_nothing_is_done_warns
    a_copy_that_does_not_end_warns_until_it_does
}

impl Setting {
    /// A client whose checks have found nothing yet.
    fn fresh(&self) -> Client {
        Client::new(with(&self.mover, self.mover.client()))
    }

    /// The status and the message of the check `mover`.
    async fn health(&self) -> (String, String) {
        health_of(&self.fresh(), "mover").await
    }

    async fn assert_metrics(&self, expected: &[&str]) {
        assert_metrics(&self.fresh(), expected).await;
    }

    async fn ask(&self, user: &str) {
        let put = self.cluster.put(&format!("/1/user/{user}/move")).form([("to", "c2")]);
        assert_eq!(put.send().await.status(), 202);
    }
}

async fn moves_are_counted_by_how_they_end(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    for user in ["u", "v"] {
        it.begin(user).await;
        it.ask(user).await;
    }
    it.assert_metrics(&["unfinished_users 2"]).await;
    // One that has not begun is none.
    let row = it.row("v").await.expect("a row");
    it.mover.step(&row, false).await.expect("frozen");
    it.cluster.delete("/1/user/v/move").send().await;
    // To its end: a mover that stops counts no move that it has just noted.
    for user in ["u", "v"] {
        it.mover.settle(user).await.expect("a database");
    }
    it.assert_metrics(&[
        "unfinished_users 0",
        "unfinished_oldest_seconds 0",
        r#"moves_ended_total{outcome="moved"} 1"#,
        r#"moves_ended_total{outcome="aborted"} 1"#,
    ])
    .await;
}

async fn users_are_counted_whom_a_sweep_finds(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    for user in ["u", "v", "w"] {
        it.begin(user).await;
    }
    it.is_idle("u").await;
    let update = "UPDATE assignment SET last_seen = ? WHERE user_id = 'v'";
    it.execute(update, values![1_i64].into()).await;
    assert_eq!(it.sweep().await, (1, 1));
    it.assert_metrics(&[
        r#"users_swept_total{sweep="expired"} 1"#,
        r#"users_swept_total{sweep="kept"} 1"#,
        "users_removed_total 1",
    ])
    .await;
}

async fn a_user_about_whom_nothing_is_done_warns(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("u").await;
    it.ask("u").await;
    assert_eq!(it.health().await.0, "pass");
    let update = "UPDATE assignment SET touched = touched - 90000, error = 'no response'";
    it.execute(update, values![].into()).await;
    let (status, message) = it.health().await;
    assert_eq!(status, "warn");
    assert!(message.starts_with("nothing was done about u for 9"), "{message}");
    assert!(message.ends_with(" s: no response"), "{message}");
}

async fn a_copy_that_does_not_end_warns_until_it_does(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("u").await;
    it.ask("u").await;
    it.mover.hold().at("mover::before_copy");
    let test = async {
        it.mover.hold().is_reached().await;
        assert_eq!(it.health().await, ("pass".to_owned(), String::new()));
        it.mover.copies().age(90_000);
        let (status, message) = it.health().await;
        assert_eq!(status, "warn");
        assert!(
            message.starts_with("what note has of u has been copied from c1 to c2 for 9"),
            "{message}"
        );
        it.mover.hold().leave();
    };
    let (ended, ()) = tokio::join!(it.mover.settle("u"), test);
    ended.expect("a database");
    assert_eq!(it.health().await, ("pass".to_owned(), String::new()));
    it.assert_metrics(&["copies_oldest_seconds 0"]).await;
}
