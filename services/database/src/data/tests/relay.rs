//! The relay, before a pipeline that loses answers and refuses.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use engines::{Engine, on_each_engine};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use wsgiservice_client::{Body, RestClient, service_fn};
use wsgiservice_test_support::assert_fails_without;

use super::super::{Data, Failure, OUTBOX, Relay, Version};
use crate::{Database, Error, Transaction};

on_each_engine! {
    events_are_told_in_the_order_of_their_changes
    an_event_whose_answer_was_lost_is_told_again_with_its_key
    an_event_that_is_not_taken_holds_back_those_of_its_user_alone
    an_event_that_is_refused_holds_back_nothing
    more_events_than_one_portion_are_all_told
    many_events_of_one_user_do_not_hold_up_the_others
    an_event_that_is_unknown_to_the_pipeline_is_given_up_after_a_day
    an_event_that_cannot_be_sent_holds_back_nothing
    a_pipeline_that_is_not_there_is_left_alone
}

/// What the pipeline was told: a path, a key, a ticket, and a content.
type Told = (String, String, Option<String>, Json);

/// The statuses with which the pipeline answers, after which it takes what it is told. 0 loses the answer.
#[derive(Default)]
struct Pipeline {
    told: Vec<Told>,
    refusals: Vec<(&'static str, u16)>,
}

struct Setting {
    _folder: TempDir,
    database: Database,
    relay: Relay,
    pipeline: Arc<Mutex<Pipeline>>,
}

async fn setting(engine: Engine) -> Option<Setting> {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(&engines::database(engine, folder.path())?).expect("a database");
    database.migrate(&[OUTBOX]).await.expect("a table");
    let pipeline: Arc<Mutex<Pipeline>> = Arc::default();
    let service = {
        let pipeline = Arc::clone(&pipeline);
        service_fn(move |request| answer(Arc::clone(&pipeline), request))
    };
    let client = RestClient::builder().service("pipeline", service).build().expect("a client");
    let relay = Relay::new(database.clone(), client);
    Some(Setting { _folder: folder, database, relay, pipeline })
}

async fn answer(
    pipeline: Arc<Mutex<Pipeline>>,
    request: Request<Body>,
) -> Result<Response<Full<bytes::Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let field = |name| Some(head.headers.get(name)?.to_str().expect("a text").to_owned());
    let path = head.uri.path().to_owned();
    let (key, ticket) = (field("idempotency-key").expect("a key"), field("x-undo-ticket"));
    let content = body.collect().await.expect("a content").to_bytes();
    let content = serde_json::from_slice(&content).expect("JSON");
    let mut pipeline = pipeline.lock().expect("a pipeline");
    let refusal = pipeline.refusals.iter().position(|(refused, _)| *refused == path);
    let status = refusal.map_or(202, |index| pipeline.refusals.remove(index).1);
    if matches!(status, 202 | 504) {
        pipeline.told.push((path, key, ticket, content));
    }
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    Ok(response)
}

impl Setting {
    async fn event(&self, user: &'static str, number: i64) {
        let work = async move |transaction: &mut Transaction| {
            let (path, version) = (format!("/1/note/{user}/{number}"), Version { number, at: 0 });
            Data::event(transaction, user, &path, version, false).await
        };
        self.database.write::<_, Failure, _>(work).await.expect("an event");
    }

    /// For each try, the pipeline answers a call of this path with a status, once. A client tries a call three times.
    fn refuse(&self, path: &'static str, status: u16, times: usize) {
        let refusals = std::iter::repeat_n((path, status), times);
        self.pipeline.lock().expect("a pipeline").refusals.extend(refusals);
    }

    /// The paths that were told since this was asked, in their order.
    fn told(&self) -> Vec<String> {
        let told = std::mem::take(&mut self.pipeline.lock().expect("a pipeline").told);
        told.into_iter().map(|(path, ..)| path).collect()
    }

    async fn left(&self) -> i64 {
        let rows = self.database.query("SELECT COUNT(*) FROM outbox", &[]).await.expect("rows");
        rows[0].get(0).expect("a count")
    }
}

async fn events_are_told_in_the_order_of_their_changes(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    for number in [2, 10, 1, 9] {
        it.event("u", number).await;
    }
    let work = async |transaction: &mut Transaction| {
        let (version, content) = (Version { number: 11, at: 0 }, json!({"steps": []}));
        Data::announce(transaction, "u", "/1/clip/u/i", version, &content, Some("t")).await
    };
    it.database.write::<_, Failure, _>(work).await.expect("an event");
    assert_eq!(it.relay.tell().await.ok(), Some(true));
    let told = it.pipeline.lock().expect("a pipeline").told.clone();
    let expected = |number: i64| {
        let path = format!("/1/note/u/{number}");
        (path.clone(), None, json!({"path": path, "version": number, "gone": false}))
    };
    let clip = ("/1/clip/u/i".to_owned(), Some("t".to_owned()), json!({"steps": []}));
    let found: Vec<_> = told.into_iter().map(|(path, _, ticket, it)| (path, ticket, it)).collect();
    assert_eq!(found, [expected(1), expected(2), expected(9), expected(10), clip]);
    assert_eq!(it.left().await, 0);
}

async fn an_event_whose_answer_was_lost_is_told_again_with_its_key(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.event("u", 1).await;
    it.refuse("/1/note/u/1", 504, 3);
    while it.relay.tell().await.ok() != Some(true) {}
    let told = std::mem::take(&mut it.pipeline.lock().expect("a pipeline").told);
    assert!(told.len() > 1);
    assert!(told.iter().all(|it| *it == told[0]), "{told:?}");
    assert_eq!(it.left().await, 0);
}

async fn an_event_that_is_not_taken_holds_back_those_of_its_user_alone(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    for (user, number) in [("u", 1), ("u", 2), ("v", 1)] {
        it.event(user, number).await;
    }
    it.refuse("/1/note/u/1", 500, 3);
    assert_eq!(it.relay.tell().await.ok(), Some(false));
    assert_eq!(it.told(), ["/1/note/v/1"]);
    assert_eq!(it.left().await, 2);
    while it.relay.tell().await.ok() != Some(true) {}
    assert_eq!(it.told(), ["/1/note/u/1", "/1/note/u/2"]);
}

async fn an_event_that_is_refused_holds_back_nothing(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    for status in [400, 413, 414, 415, 422, 431] {
        it.event("u", 1).await;
        it.event("u", 2).await;
        it.refuse("/1/note/u/1", status, 1);
        assert_eq!(it.relay.tell().await.ok(), Some(true), "{status}");
        assert_eq!((it.told(), it.left().await), (vec!["/1/note/u/2".to_owned()], 0));
    }
}

async fn more_events_than_one_portion_are_all_told(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let work = async |transaction: &mut Transaction| {
        for (user, count) in [("a", 1), ("u", 600), ("v", 1)] {
            for number in 0..count {
                let version = Version { number, at: 0 };
                Data::event(transaction, user, "/1/note/u/n", version, false).await?;
            }
        }
        Ok(())
    };
    it.database.write::<_, Failure, _>(work).await.expect("events");
    while it.left().await > 0 {
        it.relay.tell().await.expect("a database");
    }
    assert_eq!(it.told().len(), 602);
}

async fn many_events_of_one_user_do_not_hold_up_the_others(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let work = async |transaction: &mut Transaction| {
        for (user, count) in [("u", 600), ("v", 1), ("w", 1)] {
            for number in 0..count {
                let (path, version) = (format!("/1/note/{user}/n"), Version { number, at: 0 });
                Data::event(transaction, user, &path, version, false).await?;
            }
        }
        Ok(())
    };
    it.database.write::<_, Failure, _>(work).await.expect("events");
    assert_eq!(it.relay.tell().await.ok(), Some(true));
    let told = it.told();
    assert_eq!(told.len(), 602);
    let position = |path: &str| told.iter().position(|told| told == path).expect("an event");
    assert!(position("/1/note/v/n") <= 100, "{}", position("/1/note/v/n"));
    assert!(position("/1/note/w/n") <= 100, "{}", position("/1/note/w/n"));
}

async fn an_event_that_is_unknown_to_the_pipeline_is_given_up_after_a_day(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let add = async |number: i64, at: i64| {
        let work = async move |transaction: &mut Transaction| {
            let (path, version) = (format!("/1/note/u/{number}"), Version { number, at });
            Data::event(transaction, "u", &path, version, false).await
        };
        it.database.write::<_, Failure, _>(work).await.expect("an event");
    };
    let (now, day) = (test_hooks::now(), 24 * 60 * 60 * 1_000);
    add(1, now - day).await;
    add(2, now - day + 60_000).await;
    it.refuse("/1/note/u/1", 404, 1);
    it.refuse("/1/note/u/2", 404, 1);
    assert_eq!(it.relay.tell().await.ok(), Some(false));
    assert_eq!((it.told().len(), it.left().await), (0, 1), "the first one is lost");
    assert_eq!(it.relay.tell().await.ok(), Some(true));
    assert_eq!(it.told(), ["/1/note/u/2"]);
}

async fn an_event_that_cannot_be_sent_holds_back_nothing(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let work = async |transaction: &mut Transaction| {
        for (number, path) in (1..).zip(["/1/clip/u/%2e%2e/a", "/1/clip/u/a b", "/1/clip/u/i"]) {
            let version = Version { number, at: test_hooks::now() };
            Data::event(transaction, "u", path, version, false).await?;
        }
        Ok(())
    };
    it.database.write::<_, Failure, _>(work).await.expect("events");
    assert_eq!(it.relay.tell().await.ok(), Some(true));
    assert_eq!((it.told().pop(), it.left().await), (Some("/1/clip/u/i".to_owned()), 0));
}

async fn a_pipeline_that_is_not_there_is_left_alone(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let work = async |transaction: &mut Transaction| {
        for user in 0..200 {
            let version = Version { number: 1, at: 0 };
            Data::event(transaction, &format!("u{user}"), "/1/note/u/n", version, false).await?;
        }
        Ok(())
    };
    it.database.write::<_, Failure, _>(work).await.expect("events");
    let many = 10_000;
    it.refuse("/1/note/u/n", 503, many);
    assert_eq!(it.relay.tell().await.ok(), Some(false));
    let left = it.pipeline.lock().expect("a pipeline").refusals.len();
    assert!(many - left < 3 * 100, "{} calls", many - left);
    it.pipeline.lock().expect("a pipeline").refusals.clear();
    assert_eq!(it.relay.tell().await.ok(), Some(true));
    assert_eq!(it.left().await, 0);
}

#[test]
fn the_rules_are_seen() {
    let test = "an_event_that_is_not_taken_holds_back_those_of_its_user_alone";
    let test = format!("data::tests::relay::on_sqlite::{test}");
    assert_fails_without("relay::one_after_the_other", &test);
    let test = "data::tests::relay::on_sqlite::a_pipeline_that_is_not_there_is_left_alone";
    assert_fails_without("relay::leave_alone", test);
}

#[tokio::test]
async fn calls_are_counted_by_what_they_came_to() {
    let it = setting(Engine::Sqlite).await.expect("a file");
    for number in 1..=3 {
        it.event("u", number).await;
    }
    it.refuse("/1/note/u/1", 422, 1);
    it.refuse("/1/note/u/2", 409, 1);
    while !it.relay.tell().await.expect("a database") {}
    let application = it.relay.mount(wsgiservice::Application::new("note"));
    let client = wsgiservice::testing::Client::new(application);
    let metrics = client.get("/_internal/metrics").send().await.text().to_owned();
    for expected in [
        r#"outbox_calls_total{outcome="told"} 2"#,
        r#"outbox_calls_total{outcome="lost"} 1"#,
        r#"outbox_calls_total{outcome="repeated"} 1"#,
        "outbox_events 0",
        "outbox_oldest_seconds 0",
    ] {
        assert!(metrics.lines().any(|line| line == expected), "{expected}\n{metrics}");
    }
}

#[tokio::test]
async fn events_that_wait_say_why() {
    let it = setting(Engine::Sqlite).await.expect("a file");
    it.event("u", 1).await;
    it.refuse("/1/note/u/1", 429, 1);
    assert_eq!(it.relay.tell().await.ok(), Some(false));
    let work = async |transaction: &mut Transaction| {
        transaction.execute("UPDATE outbox SET at = at - 90000", &[]).await
    };
    it.database.write::<_, Error, _>(work).await.expect("an event");
    let application = it.relay.mount(wsgiservice::Application::new("note"));
    let client = wsgiservice::testing::Client::new(application);
    let health: Json = client.get("/_internal/health").send().await.json();
    let message = health["output"].as_str().expect("a message");
    assert!(message.contains(" s: ") && message.contains("429"), "{message}");
}
