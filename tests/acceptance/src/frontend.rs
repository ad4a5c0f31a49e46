//! Calls as a frontend makes them: each change with a key, again until the answer is known.

use std::time::{Duration, Instant};

use http::{HeaderMap, Method};
use serde_json::{Value as Json, json};
use wsgiservice_client::{Cluster, Locate, RequestBuilder, Response, RestClient, path};

use crate::LONGEST;

/// How long the frontend waits for one answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A frontend of a product.
#[derive(Clone, Debug)]
pub struct Frontend {
    client: RestClient,
}

/// What a service has answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The fields.
    pub fields: HeaderMap,
    /// The content; `null` if it is not JSON.
    pub content: Json,
}

impl Reply {
    async fn of(response: Response) -> wsgiservice_client::Result<Self> {
        let (status, fields) = (response.status().as_u16(), response.headers().clone());
        let content = serde_json::from_str(&response.text().await?).unwrap_or(Json::Null);
        Ok(Self { status, fields, content })
    }

    /// The text of a field, empty if it is missing.
    #[must_use]
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default()
    }

    /// The ticket by which the change can be undone.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn ticket(&self) -> String {
        let ticket = self.field("x-undo-ticket");
        assert_eq!(ticket.len(), 32, "{self:?}");
        ticket.to_owned()
    }

    /// Returns the reply, which has this status.
    ///
    /// # Panics
    /// If it has another one.
    pub fn with(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

impl Frontend {
    /// A frontend that calls by this client.
    #[must_use]
    pub fn new(client: RestClient) -> Self {
        Self { client }
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> &RestClient {
        &self.client
    }

    /// A `GET`, again until there is an answer.
    ///
    /// # Panics
    /// If there is none in time.
    pub async fn get(&self, service: &str, locator: Locate, target: &str) -> Reply {
        let (path, query) = split(target);
        answer(target, || self.client.get(service, locator.clone(), path).query(&query)).await
    }

    /// A change with a key, again until there is an answer.
    ///
    /// # Panics
    /// If there is none in time.
    pub async fn change(
        &self,
        service: &str,
        locator: Locate,
        method: Method,
        target: &str,
        key: &str,
        content: Option<&Json>,
    ) -> Reply {
        let (path, query) = split(target);
        answer(target, || {
            let call = self.client.request(method.clone(), service, locator.clone(), path);
            let call = call.query(&query).header("idempotency-key", key);
            match content {
                Some(content) => call.json(content),
                None => call,
            }
        })
        .await
    }

    /// A change by the closest command service.
    ///
    /// # Panics
    /// If there is no answer in time.
    pub async fn command(
        &self,
        method: Method,
        target: &str,
        key: &str,
        content: Option<&Json>,
    ) -> Reply {
        self.change("command", Locate::Closest, method, target, key, content).await
    }

    /// Undoes a change.
    ///
    /// # Panics
    /// If there is no answer in time.
    pub async fn undo(&self, user: &str, ticket: &str) -> Reply {
        let target = format!("/1/undo/{user}/{ticket}");
        self.command(Method::POST, &target, &key(), None).await
    }

    /// Undoes a change, whatever others have changed since.
    ///
    /// # Panics
    /// If there is no answer in time.
    pub async fn undo_by_force(&self, user: &str, ticket: &str) -> Reply {
        let target = format!("/1/undo/{user}/{ticket}?force=1");
        self.command(Method::POST, &target, &key(), None).await
    }

    /// Clips an item: the item, a label, the item in the label, and an event.
    ///
    /// # Panics
    /// If there is no answer in time.
    pub async fn clip(&self, user: &str, item: &str, text: &str, key: &str) -> Reply {
        let batch = json!({
            "steps": [
                {"method": "PUT", "path": format!("/1/item/{user}/{item}"), "body": {"text": text}},
                {"method": "PUT", "path": format!("/1/label/{user}/inbox"), "body": {"title": "Inbox"}, "ensure": true},
                {"method": "PUT", "path": format!("/1/label_item/{user}/inbox/{item}"), "body": {"position": 1}},
            ],
            "event": format!("/1/clip/{user}/{item}"),
        });
        self.command(Method::POST, &format!("/1/batch/{user}"), key, Some(&batch)).await
    }

    /// The cluster of a user.
    ///
    /// # Panics
    /// If the cluster service does not answer in time.
    pub async fn home(&self, user: &str) -> String {
        let reply = self.get("cluster", Locate::Closest, &format!("/1/user/{user}")).await;
        reply.content["cluster"].as_str().unwrap_or_default().to_owned()
    }

    /// Lets the dependents of each cluster listen to its pipeline. Mails wait for this long.
    ///
    /// # Panics
    /// If a pipeline does not take a listener.
    pub async fn listen(&self, undo_window: Duration) {
        for (name, topic, window) in [
            ("search", "item", Duration::ZERO),
            ("picture", "item", Duration::ZERO),
            ("mail", "clip", undo_window),
        ] {
            let listener = json!({
                "topics": [topic], "service": "dependents",
                "path": format!("/1/{name}_event"), "undo_window_ms": window.as_millis(),
            });
            for cluster in self.client.topology().clusters() {
                let call =
                    self.client.put("pipeline", Cluster(cluster), path!("/1/listener/{name}"));
                let response = call.json(&listener).await.expect("a response");
                assert!(response.status().is_success(), "{:?}", response.text().await);
            }
        }
    }
}

/// A key that no other call has.
#[must_use]
pub fn key() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Sends a call again until it is answered: not by an error of the server, nor by one that has to be waited for.
async fn answer(target: &str, call: impl Fn() -> RequestBuilder<Response>) -> Reply {
    let deadline = Instant::now() + LONGEST;
    loop {
        let last = match call().timeout(TIMEOUT).await {
            Ok(response) => Reply::of(response).await,
            Err(error) => Err(error),
        };
        match &last {
            Ok(reply) if is_final(reply) => return reply.clone(),
            _ => assert!(Instant::now() < deadline, "no answer to {target}: {last:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn is_final(reply: &Reply) -> bool {
    let waits = reply.fields.contains_key("retry-after") || matches!(reply.status, 421 | 423);
    reply.status < 500 && !waits
}

/// A path, and its query.
fn split(target: &str) -> (&str, Vec<(&str, &str)>) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = query.split('&').filter(|it| !it.is_empty());
    (path, pairs.map(|it| it.split_once('=').unwrap_or((it, ""))).collect())
}
