//! Changes of the state with which the preconditions were compared, in one step of the store.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use wsgiservice::{
    Application, EntityTag, NoContent, Preconditions, Problem, mount, resource,
    testing::{Client, TestResponse},
};

use super::strict;

/// A counter that another client changes right after its tag was read, as often as it is told.
#[mount("/counter")]
#[derive(Clone, Default)]
struct Counter {
    value: Arc<AtomicU64>,
    intruders: Arc<AtomicU64>,
}

impl Counter {
    /// Adds to the counter if it still has this value.
    fn add(&self, expected: Option<u64>) -> Option<u64> {
        let add = |value: u64| expected.is_none_or(|it| it == value).then_some(value + 10);
        self.value.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).ok()
    }
}

fn expected(preconditions: &Preconditions) -> Option<u64> {
    preconditions.tag().map(|tag| tag.opaque().parse().expect("the tag of the hook"))
}

#[resource]
impl Counter {
    fn etag(&self) -> Option<EntityTag> {
        let tag = EntityTag::strong(self.value.load(Ordering::Relaxed));
        let left = |left: u64| left.checked_sub(1);
        if self.intruders.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok() {
            self.add(None);
        }
        Some(tag)
    }

    fn get(&self, preconditions: Preconditions) -> String {
        format!("{:?}", preconditions.tag())
    }

    fn put(&self, preconditions: Preconditions) -> Option<u64> {
        self.add(expected(&preconditions))
    }

    fn delete(&self, preconditions: Preconditions) -> Result<Option<NoContent>, Problem> {
        Ok(self.add(expected(&preconditions)).map(|_| NoContent))
    }

    /// Finds something else missing.
    fn patch(&self, preconditions: Preconditions) -> Result<u64, Problem> {
        self.add(expected(&preconditions)).ok_or_else(Problem::not_found)
    }

    fn post(&self, preconditions: Preconditions) -> String {
        format!("{:?}", expected(&preconditions))
    }
}

fn client(intruders: u64) -> Client {
    let intruders = Arc::new(AtomicU64::new(intruders));
    strict(Application::new("counter").mount(Counter { intruders, ..Counter::default() }))
}

async fn send(client: &Client, method: &str, fields: &[(&str, &str)]) -> TestResponse {
    let request = client.request(method, "/counter");
    fields.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await
}

#[tokio::test]
async fn a_change_of_the_compared_state_succeeds() {
    for (method, status) in [("PUT", 200), ("DELETE", 204), ("PATCH", 200)] {
        let response = send(&client(0), method, &[("if-match", r#""0_json""#)]).await;
        assert_eq!(response.status(), status, "{method}");
    }
}

#[tokio::test]
async fn none_is_a_412_if_another_client_was_faster() {
    for method in ["PUT", "DELETE"] {
        for field in [("if-match", r#""0_json""#), ("if-none-match", r#""7_json""#)] {
            let response = send(&client(1), method, &[field]).await;
            assert_eq!(response.status(), 412, "{method} {field:?}");
            // The tag that was compared is no longer that of the state.
            assert_eq!(response.field("etag"), None);
        }
    }
}

#[tokio::test]
async fn a_problem_of_the_method_stays_what_it_is() {
    let response = send(&client(1), "PATCH", &[("if-match", r#""0_json""#)]).await;
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn any_state_may_be_changed_without_a_tag() {
    for fields in [&[][..], &[("if-match", "*")]] {
        assert_eq!(send(&client(1), "PUT", fields).await.status(), 200, "{fields:?}");
    }
}

#[tokio::test]
async fn the_tag_is_that_of_the_hook_if_the_preconditions_are_about_a_state() {
    let client = client(0);
    for (fields, expected) in [
        (&[][..], "None"),
        (&[("if-match", "*")], "None"),
        (&[("if-match", r#""0_json", "1_json""#)], "Some(0)"),
        (&[("if-none-match", r#""1_json""#)], "Some(0)"),
        (&[("if-unmodified-since", "Sat, 28 Nov 2026 12:00:00 GMT")], "Some(0)"),
    ] {
        let response = send(&client, "POST", fields).await;
        assert_eq!(response.json::<String>(), expected, "{fields:?}");
    }
    let response = send(&client, "GET", &[("if-match", r#""0_json""#)]).await;
    assert_eq!(response.json::<String>(), "None", "nothing is changed");
}

#[tokio::test]
async fn of_several_clients_with_the_same_tag_one_wins() {
    let client = client(0);
    let put = || send(&client, "PUT", &[("if-match", r#""0_json""#)]);
    let (a, b, c) = tokio::join!(put(), put(), put());
    let mut statuses = [a, b, c].map(|response| response.status().as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412]);
}
