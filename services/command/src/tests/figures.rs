//! What the service tells of its commands.

use database::{Error, Transaction, values};
use engines::{Engine, on_each_engine};
use serde_json::json;
use wsgiservice::testing::Client;
use wsgiservice_test_support::{assert_metrics, health_of};

use super::{Process, batches::clip, recovery::dies, with, world};

on_each_engine! {
    commands_are_told_by_state_and_how_they_end
    a_command_that_was_given_up_warns_and_is_named
    a_command_that_runs_for_long_warns_until_it_ends
}

impl Process {
    /// A client whose checks have found nothing yet.
    fn fresh(&self) -> Client {
        Client::new(with(&self.runner, "c1".to_owned()))
    }

    /// The status and the message of the check `commands`.
    async fn health(&self) -> (String, String) {
        health_of(&self.fresh(), "commands").await
    }

    async fn assert_metrics(&self, expected: &[&str]) {
        assert_metrics(&self.fresh(), expected).await;
    }
}

async fn commands_are_told_by_state_and_how_they_end(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    it.put_item("/1/item/u/a", json!(1)).await;
    let failing = json!([
        {"method": "PUT", "path": "/1/item/u/b", "body": 1},
        {"method": "PUT", "path": "/1/label_item/u/none/a"},
    ]);
    assert_eq!(it.batch(&failing).send().await.status(), 424);
    dies(&it, "command::after_step", it.batch(&clip()).header("idempotency-key", "k")).await;
    it.assert_metrics(&[
        r#"commands{state="open"} 1"#,
        r#"commands{state="running"} 1"#,
        r#"commands{state="given_up"} 0"#,
        r#"commands_ended_total{outcome="done"} 1"#,
        r#"commands_ended_total{outcome="compensated"} 1"#,
        r#"compensated_steps_total{compensation="undone"} 1"#,
        r#"compensated_steps_total{compensation="kept"} 0"#,
    ])
    .await;
    assert_eq!(it.health().await, ("pass".to_owned(), String::new()));
    let next = world.process().await;
    next.recover().await;
    assert_eq!(next.batch(&clip()).header("idempotency-key", "k").send().await.status(), 200);
    next.assert_metrics(&[
        "replayed_requests_total 1",
        r#"commands{state="open"} 2"#,
        r#"commands{state="running"} 0"#,
        "commands_recovered_total 1",
        r#"commands_ended_total{outcome="done"} 1"#,
    ])
    .await;
}

async fn a_command_that_was_given_up_warns_and_is_named(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let put = it.put("/1/item/u/a", &json!(1)).header("idempotency-key", "k");
    dies(&it, "command::after_prepare", put).await;
    it.age(25).await;
    let next = world.process().await;
    next.recover().await;
    let rows = next.runner.data().database().query("SELECT id FROM ticket", &[]).await;
    let id: String = rows.expect("rows")[0].get(0).expect("an ID");
    let warns = format!("commands given up after a day, with an unknown outcome: 1, u/{id}");
    assert_eq!(next.health().await, ("warn".to_owned(), warns));
    next.assert_metrics(&[
        r#"commands{state="given_up"} 1"#,
        r#"commands_ended_total{outcome="given_up"} 1"#,
    ])
    .await;
    // As the README says.
    let removed = async move |transaction: &mut Transaction| {
        for statement in [
            "DELETE FROM inverse WHERE user_id = 'u' AND ticket = ?",
            "DELETE FROM ticket WHERE user_id = 'u' AND id = ?",
        ] {
            transaction.execute(statement, &values![&id]).await?;
        }
        Ok::<_, Error>(())
    };
    next.runner.data().database().write(removed).await.expect("a database");
    assert_eq!(next.health().await, ("pass".to_owned(), String::new()));
}

async fn a_command_that_runs_for_long_warns_until_it_ends(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    it.put_item("/1/item/u/open", json!(1)).await;
    let put = it.put("/1/item/u/a", &json!(1)).header("idempotency-key", "k");
    dies(&it, "command::after_prepare", put).await;
    assert_eq!(it.health().await, ("pass".to_owned(), String::new()));
    it.age(2).await;
    let rows =
        it.runner.data().database().query("SELECT id FROM ticket WHERE state = 'prepared'", &[]);
    let id: String = rows.await.expect("rows")[0].get(0).expect("an ID");
    let (status, message) = it.health().await;
    assert_eq!(status, "warn");
    assert!(message.starts_with("a command has been running for 720"), "{message}");
    assert!(message.ends_with(&format!(" s: u/{id}, the log says what it waits for")), "{message}");

    let next = world.process().await;
    next.recover().await;
    assert_eq!(next.health().await, ("pass".to_owned(), String::new()));
    next.assert_metrics(&["commands_oldest_seconds 0"]).await;
}
