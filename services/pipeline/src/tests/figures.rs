//! What the service tells of its spool.

use engines::{Engine, on_each_engine};
use wsgiservice_test_support::{assert_metrics, health_of};

use super::{Setting, Work, listener, setting, setting_with};

on_each_engine! {
    what_waits_is_told
    attempts_are_counted_by_what_they_have_come_to
    deliveries_that_are_given_up_are_under_way_no_more
    a_dead_delivery_warns_until_it_is_dropped
    a_delivery_that_is_late_warns
    a_spool_that_is_nearly_full_warns
}

impl Setting {
    /// The status and the message of the check `spool`. What it found a moment ago is not looked for again.
    async fn health(&self) -> (String, String) {
        health_of(&self.fresh().await, "spool").await
    }

    async fn fresh(&self) -> wsgiservice::testing::Client {
        let application = super::with(&self.dispatcher, self.settings.clone());
        wsgiservice::testing::Client::new(application)
    }

    pub(super) async fn assert_metrics(&self, expected: &[&str]) {
        assert_metrics(&self.fresh().await, expected).await;
    }
}

async fn what_waits_is_told(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index")]).await else { return };
    it.assert_metrics(&["spool_messages 0", "spool_oldest_seconds 0", "spool_late_seconds 0"])
        .await;
    it.fakes[0].respond(&[503]);
    it.post("/1/item/u7/a", "12345").await;
    it.settle().await;
    it.assert_metrics(&["spool_messages 1", "spool_content_bytes 5", "deliveries_under_way 0"])
        .await;
    assert_eq!(it.health().await, ("pass".to_owned(), String::new()));
}

async fn attempts_are_counted_by_what_they_have_come_to(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index")]).await else { return };
    for status in [200, 200, 503, 400] {
        it.fakes[0].respond(&[status]);
        it.post("/1/item/u7/a", "{}").await;
        it.settle().await;
    }
    it.assert_metrics(&[
        r#"delivery_attempts_total{outcome="delivered"} 2"#,
        r#"delivery_attempts_total{outcome="repeated"} 1"#,
        r#"delivery_attempts_total{outcome="dead"} 1"#,
        r#"delivery_attempts_total{outcome="dropped"} 0"#,
    ])
    .await;
}

async fn deliveries_that_are_given_up_are_under_way_no_more(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index")]).await else { return };
    it.fakes[0].hold();
    it.post("/1/item/u7/a", "{}").await;
    it.work.round().await.expect("a spool");
    it.assert_metrics(&["deliveries_under_way 1"]).await;
    it.work = Work::new(it.dispatcher.clone());
    it.assert_metrics(&["deliveries_under_way 0"]).await;
}

async fn a_dead_delivery_warns_until_it_is_dropped(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index")]).await else { return };
    it.fakes[0].respond(&[400]);
    let id = it.post("/1/item/u7/a", "{}").await;
    it.settle().await;
    let warns = ("warn".to_owned(), "dead deliveries: 1, see /1/dead".to_owned());
    assert_eq!(it.health().await, warns);
    it.assert_metrics(&["dead_deliveries 1"]).await;
    it.client.delete(&format!("/1/dead/{id}-index")).send().await;
    assert_eq!(it.health().await, ("pass".to_owned(), String::new()));
}

async fn a_delivery_that_is_late_warns(engine: Engine) {
    let Some(it) = setting(engine, vec![listener("index")]).await else { return };
    it.post("/1/item/u7/a", "{}").await;
    assert_eq!(it.health().await.0, "pass");
    it.pass(90).await;
    let (status, message) = it.health().await;
    assert_eq!(status, "warn");
    assert!(message.starts_with("a delivery is late by 9"), "{message}");
}

async fn a_spool_that_is_nearly_full_warns(engine: Engine) {
    let setting = setting_with(engine, |settings| {
        settings.spool_messages = 10;
        settings.listeners = vec![listener("index")];
    });
    let Some(it) = setting.await else { return };
    for number in 0..9 {
        assert_eq!(it.health().await.0, "pass");
        it.post(&format!("/1/item/u7/{number}"), "{}").await;
    }
    let (status, message) = it.health().await;
    assert_eq!((&*status, &message[..26]), ("warn", "the spool is nearly full: "));
}
