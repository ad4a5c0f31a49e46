//! The relay: it takes events from the outbox to the pipeline of its cluster.
//!
//! The events of a user are told one after the other, each after the pipeline has the one before. Those of several users are told
//! at the same time. An event whose answer was lost is told again: the pipeline knows it by its key.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt, stream};
use http::{HeaderName, header};
use tokio::sync::Notify;
use wsgiservice::{
    Application,
    health::Health,
    server::Stopping,
    statistics::{Counter, Gauge, Label},
};
use wsgiservice_client::{Cluster, ErrorKind, RestClient};

use crate::{COUNTED, Database, Error, Row, Transaction, counted, looked_up, values};

/// The name of the service in the topology.
const PIPELINE: &str = "pipeline";

/// The field with the ticket by which the change can be undone.
const TICKET: HeaderName = HeaderName::from_static("x-undo-ticket");

/// How many events are read at once.
const PORTION: usize = 500;

/// Of how many users events are told at the same time.
const USERS: usize = 32;

/// How many events of a user are told before the other users have their turn.
const TURN: usize = 50;

/// For how long an event is told again though the pipeline refuses it, in milliseconds: a day.
const LONGEST_REFUSED: i64 = 24 * 60 * 60 * 1_000;

/// How long the relay waits for a change of this process before it looks what others have left.
const PERIOD: Duration = Duration::from_secs(1);

/// For how long an event may wait until the check `outbox` warns, in milliseconds: a minute.
const LONGEST_WAIT: i64 = 60 * 1_000;

/// Takes events from an outbox to the pipeline. It is cheap to clone.
#[derive(Clone, Debug)]
pub struct Relay {
    database: Database,
    client: RestClient,
    changed: Arc<Notify>,
    figures: Figures,
    /// Why the last event was not taken that is told again.
    refusal: Arc<Mutex<Option<String>>>,
}

/// What is told of an outbox.
#[derive(Clone, Debug)]
struct Figures {
    waiting: Gauge,
    oldest: Gauge,
    calls: Counter<Outcome>,
}

/// What the call of an event has come to.
#[derive(Clone, Copy, Debug, Label)]
enum Outcome {
    /// The pipeline has it.
    Told,
    /// It is refused for good, and lost.
    Lost,
    /// It is told again.
    Repeated,
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
    at: i64,
}

/// What a call of the pipeline has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// There is nothing more to do about the event.
    Told,
    /// The pipeline does not take it now.
    Refused,
    /// There is no pipeline, as far as it can be seen.
    Unanswered,
}

/// What is left when all users have had their turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    Nothing,
    /// Events that the pipeline does not take now.
    Refused,
    /// Events that had no turn yet.
    Waiting,
}

/// The events of a user that are told now.
struct Turn {
    events: Vec<Event>,
    /// Whether there are more of them.
    has_more: bool,
}

impl Relay {
    /// The relay of the outbox in this database ([`OUTBOX`](super::OUTBOX)).
    #[must_use]
    pub fn new(database: Database, client: RestClient) -> Self {
        let figures = Figures {
            waiting: Gauge::new(
                "outbox_events",
                "Events that wait for the pipeline; at most 10,000 are counted.",
            ),
            oldest: Gauge::new(
                "outbox_oldest_seconds",
                "For how long the oldest event waits for the pipeline.",
            ),
            calls: Counter::new("outbox_calls", "Calls of the pipeline, by what they came to."),
        };
        Self { database, client, changed: Arc::default(), figures, refusal: Arc::default() }
    }

    /// Adds the task that tells the events to an application, the check `outbox`, which warns if an event waits for more than a
    /// minute, and what is counted.
    pub fn mount(&self, application: Application) -> Application {
        let (running, looking) = (self.clone(), self.clone());
        application
            .metric(&self.figures.waiting)
            .metric(&self.figures.oldest)
            .metric(&self.figures.calls)
            .check("outbox", async move || looked_up(looking.health()).await)
            .background("relay", async move |stopping| running.run(&stopping).await)
    }

    async fn health(&self) -> Result<Health, Error> {
        let select = format!(
            "SELECT COUNT(*), COALESCE(MIN(at), 0) FROM (SELECT at FROM outbox LIMIT {COUNTED}) AS counted"
        );
        let row = self.database.optional(&select, &[]).await?;
        let (waiting, first): (i64, i64) = match &row {
            Some(row) => (row.get(0)?, row.get(1)?),
            None => (0, 0),
        };
        let age = if waiting == 0 { 0 } else { test_hooks::now().saturating_sub(first).max(0) };
        self.figures.waiting.set((), waiting as f64);
        self.figures.oldest.set((), age as f64 / 1_000.0);
        if age <= LONGEST_WAIT {
            return Ok(Health::Pass);
        }
        let missing = "there is no service `pipeline` in the topology";
        let refusal = self.refusal().clone();
        let reason = refusal.or_else(|| (!self.has_pipeline()).then(|| missing.to_owned()));
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        let (waiting, seconds) = (counted(waiting), age / 1_000);
        Ok(Health::Warn(format!(
            "events wait for the pipeline: {waiting}, the oldest for {seconds} s{reason}"
        )))
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
            let left = tokio::select! {
                left = self.look() => left,
                // What was told and is still there is told again.
                () = stopping.requested() => return,
            };
            if left == Left::Waiting {
                continue;
            }
            tokio::select! {
                // A pipeline that takes nothing now is left alone for a while, whatever changes.
                () = self.changed.notified(), if left == Left::Nothing => {}
                _ = stopping.pause(PERIOD) => {}
            }
        }
    }

    fn refusal(&self) -> MutexGuard<'_, Option<String>> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_pipeline(&self) -> bool {
        self.client.topology().services().any(|service| service == PIPELINE)
    }

    async fn look(&self) -> Left {
        if !self.has_pipeline() {
            *self.refusal() = None;
            return Left::Refused;
        }
        self.give_turns().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the events cannot be read; it is tried again in a second");
            Left::Refused
        })
    }

    /// Tells the events of all users, and returns whether the pipeline has taken all.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn tell(&self) -> Result<bool, Error> {
        loop {
            match self.give_turns().await? {
                Left::Nothing => return Ok(true),
                Left::Refused => return Ok(false),
                Left::Waiting => {}
            }
        }
    }

    /// Gives each user a turn, unless there is no pipeline: then the users that are left are not tried.
    async fn give_turns(&self) -> Result<Left, Error> {
        let (mut last, mut left, mut unanswered) = (String::new(), Left::Nothing, 0);
        loop {
            let events = self.events_after(&last).await?;
            let Some(event) = events.last() else { return Ok(left) };
            last.clone_from(&event.user);
            let turns = turns(events).into_iter().map(|turn| self.take(turn));
            let mut turns = stream::iter(turns).buffer_unordered(USERS);
            while let Some((call, more)) = turns.next().await {
                left = left.max(more);
                unanswered = if call == Call::Unanswered { unanswered + 1 } else { 0 };
                if unanswered >= USERS && test_hooks::rule("relay::leave_alone") {
                    return Ok(Left::Refused);
                }
            }
        }
    }

    /// Some events of the users after this one. What is missing of the last of them comes in the next turn.
    async fn events_after(&self, user: &str) -> Result<Vec<Event>, Error> {
        let select = format!(
            "SELECT user_id, version, id, path, content, ticket, at FROM outbox WHERE user_id > ? \
             ORDER BY user_id, version, id LIMIT {PORTION}"
        );
        self.database.query(&select, &values![user]).await?.iter().map(Event::of).collect()
    }

    /// Tells the events of a user, one after the other, and forgets those that the pipeline has. Returns what has become of the
    /// last one, and what is left.
    async fn take(&self, Turn { events, has_more }: Turn) -> (Call, Left) {
        let (mut last, mut left) =
            (Call::Told, if has_more { Left::Waiting } else { Left::Nothing });
        let mut told = Vec::new();
        for event in events {
            last = self.call(&event).await;
            if last == Call::Told {
                told.push(event);
                continue;
            }
            left = Left::Refused;
            if test_hooks::rule("relay::one_after_the_other") {
                break;
            }
        }
        test_hooks::reached("relay::after_told").await;
        if let Err(error) = self.forget(told).await {
            tracing::warn!(%error, "events that were told cannot be removed; they are told again");
            left = Left::Refused;
        }
        (last, left)
    }

    /// Tells an event.
    async fn call(&self, event: &Event) -> Call {
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
        let Err(error) = answer else {
            self.figures.calls.add(Outcome::Told, 1);
            return Call::Told;
        };
        // What is wrong with an event, no repetition mends, and the user's other events wait for it.
        if event.is_refused_for_good(&error) {
            self.figures.calls.add(Outcome::Lost, 1);
            tracing::error!(%error, path = event.path, id = event.id, "the pipeline refuses an event, which is lost");
            return Call::Told;
        }
        self.figures.calls.add(Outcome::Repeated, 1);
        tracing::debug!(%error, path = event.path, "an event is told again later");
        *self.refusal() = Some(error.to_string());
        match error.status().map(|status| status.as_u16()) {
            None | Some(502..=504) => Call::Unanswered,
            Some(_) => Call::Refused,
        }
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
            at: row.get(6)?,
        })
    }

    /// Whether it is refused again, however often it is told. What the pipeline could learn to take is refused for a day first.
    fn is_refused_for_good(&self, error: &wsgiservice_client::Error) -> bool {
        let is_old = test_hooks::now().saturating_sub(self.at) >= LONGEST_REFUSED;
        match error.status().map(|status| status.as_u16()) {
            None => error.kind() == ErrorKind::InvalidRequest,
            Some(400 | 413 | 414 | 415 | 422 | 431) => true,
            Some(408 | 409 | 421 | 423 | 425 | 429) => false,
            Some(400..=499) => is_old,
            Some(_) => false,
        }
    }
}

/// The events of each user that are told now, in their order. There may be more of the last user than were read.
fn turns(events: Vec<Event>) -> Vec<Turn> {
    let is_portion = events.len() == PORTION;
    let mut turns: Vec<Turn> = Vec::new();
    for event in events {
        let of_user = turns
            .last_mut()
            .filter(|it| it.events.last().is_some_and(|last| last.user == event.user));
        match of_user {
            Some(turn) if turn.events.len() == TURN => turn.has_more = true,
            Some(turn) => turn.events.push(event),
            None => turns.push(Turn { events: vec![event], has_more: false }),
        }
    }
    if let Some(last) = turns.last_mut() {
        last.has_more |= is_portion;
    }
    turns
}
