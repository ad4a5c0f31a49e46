//! The relay: it takes events from the outbox to the pipeline of its cluster.
//!
//! The events of a user are told one after the other, each after the pipeline has the one before. Those of several users are told
//! at the same time. An event whose answer was lost is told again: the pipeline knows it by its key.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use http::{HeaderName, header};
use tokio::sync::Notify;
use wsgiservice::server::Stopping;
use wsgiservice_client::{Cluster, RestClient};

use crate::{Database, Error, Row, Transaction, values};

/// The name of the service in the topology.
const PIPELINE: &str = "pipeline";

/// The field with the ticket by which the change can be undone.
const TICKET: HeaderName = HeaderName::from_static("x-undo-ticket");

/// How many events are read at once.
const PORTION: usize = 500;

/// Of how many users events are told at the same time.
const USERS: usize = 32;

/// How long the relay waits for a change of this process before it looks what others have left.
const PERIOD: Duration = Duration::from_secs(1);

/// Takes events from an outbox to the pipeline. It is cheap to clone.
#[derive(Clone, Debug)]
pub struct Relay {
    database: Database,
    client: RestClient,
    changed: Arc<Notify>,
}

/// An event that waits to be told.
#[derive(Debug)]
struct Event {
    user: String,
    version: i64,
    id: String,
    path: String,
    content: String,
    ticket: Option<String>,
}

impl Relay {
    /// The relay of the outbox in this database ([`OUTBOX`](super::OUTBOX)).
    #[must_use]
    pub fn new(database: Database, client: RestClient) -> Self {
        Self { database, client, changed: Arc::default() }
    }

    /// Says that there may be an event.
    pub fn wake(&self) {
        self.changed.notify_one();
    }

    /// Tells the events, until the server stops.
    ///
    /// While there is no pipeline in the topology, they wait.
    pub async fn run(&self, stopping: &Stopping) {
        if !self.has_pipeline() {
            tracing::warn!("no service `pipeline` in the topology: events wait in the outbox");
        }
        while !stopping.is_requested() {
            let are_all_told = self.has_pipeline() && self.is_all_told().await;
            tokio::select! {
                // A pipeline that takes nothing now is left alone for a while, whatever changes.
                () = self.changed.notified(), if are_all_told => {}
                _ = stopping.pause(PERIOD) => {}
            }
        }
    }

    fn has_pipeline(&self) -> bool {
        self.client.topology().services().any(|service| service == PIPELINE)
    }

    async fn is_all_told(&self) -> bool {
        self.tell().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the events cannot be read; it is tried again in a second");
            false
        })
    }

    /// Tells the events of all users, and returns whether the pipeline has taken all.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn tell(&self) -> Result<bool, Error> {
        let (mut last, mut are_all_told) = (String::new(), true);
        loop {
            let events = self.events_after(&last).await?;
            let Some(event) = events.last() else { return Ok(are_all_told) };
            last.clone_from(&event.user);
            let told = stream::iter(by_user(events)).map(|events| self.tell_in_order(events));
            let told = told.buffer_unordered(USERS);
            are_all_told &= told.fold(true, async |all, told| all && told).await;
        }
    }

    /// Some events of the users after this one. What is missing of the last of them comes in the next turn.
    async fn events_after(&self, user: &str) -> Result<Vec<Event>, Error> {
        let select = format!(
            "SELECT user_id, version, id, path, content, ticket FROM outbox WHERE user_id > ? \
             ORDER BY user_id, version, id LIMIT {PORTION}"
        );
        self.database.query(&select, &values![user]).await?.iter().map(Event::of).collect()
    }

    /// Tells the events of a user, one after the other, and forgets those that the pipeline has. Returns whether it has all.
    async fn tell_in_order(&self, events: Vec<Event>) -> bool {
        let (count, mut told) = (events.len(), Vec::new());
        for event in events {
            if self.is_told(&event).await {
                told.push(event);
            } else if test_hooks::rule("relay::one_after_the_other") {
                break;
            }
        }
        test_hooks::reached("relay::after_told").await;
        let are_all_told = told.len() == count;
        if let Err(error) = self.forget(told).await {
            tracing::warn!(%error, "events that were told cannot be removed; they are told again");
        }
        are_all_told
    }

    /// Tells an event, and returns whether there is nothing more to do about it.
    async fn is_told(&self, event: &Event) -> bool {
        let cluster = self.client.topology().local_cluster().to_owned();
        let call = self.client.post(PIPELINE, Cluster(cluster), &event.path);
        let call = call.header("idempotency-key", &event.id);
        let call =
            call.header(header::CONTENT_TYPE, "application/json").body(event.content.clone());
        let call = match &event.ticket {
            Some(ticket) => call.header(TICKET, ticket),
            None => call,
        };
        let answer = call.await.and_then(|response| response.error_for_status());
        let Err(error) = answer else { return true };
        // What is wrong with an event, no repetition mends, and the user's other events wait for it.
        let is_refused =
            error.status().is_some_and(|it| matches!(it.as_u16(), 400 | 413 | 415 | 422));
        if is_refused {
            tracing::error!(%error, path = event.path, id = event.id, "the pipeline refuses an event, which is lost");
        } else {
            tracing::debug!(%error, path = event.path, "an event is told again later");
        }
        is_refused
    }

    async fn forget(&self, told: Vec<Event>) -> Result<(), Error> {
        if told.is_empty() {
            return Ok(());
        }
        let told = Arc::new(told);
        let work = async move |transaction: &mut Transaction| {
            let delete = "DELETE FROM outbox WHERE user_id = ? AND version = ? AND id = ?";
            for event in told.iter() {
                let values = values![&event.user, event.version, &event.id];
                transaction.execute(delete, &values).await?;
            }
            Ok::<_, Error>(())
        };
        self.database.write(work).await
    }
}

impl Event {
    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            user: row.get(0)?,
            version: row.get(1)?,
            id: row.get(2)?,
            path: row.get(3)?,
            content: row.get(4)?,
            ticket: row.get(5)?,
        })
    }
}

/// The events of each user, in their order.
fn by_user(events: Vec<Event>) -> Vec<Vec<Event>> {
    let mut users: Vec<Vec<Event>> = Vec::new();
    for event in events {
        match users.last_mut().filter(|it| it.last().is_some_and(|last| last.user == event.user)) {
            Some(of_user) => of_user.push(event),
            None => users.push(vec![event]),
        }
    }
    users
}
