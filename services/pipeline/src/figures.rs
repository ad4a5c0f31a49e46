//! What the service tells of its spool: how much waits, what becomes of it, and whether somebody has to look.

use database::{COUNTED, Database, Error, Row, counted, looked_up};
use test_hooks::now;
use wsgiservice::{
    Application,
    health::Health,
    statistics::{Counter, Gauge, Label},
};

use crate::spool::{DeliveryResult, Spool, Switch};

/// For how long a delivery may be due until the check `spool` warns, in milliseconds: a minute.
const LONGEST_LATE: i64 = 60 * 1_000;

/// What is counted of the spool. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    under_way: Gauge,
    attempts: Counter<Outcome>,
    replayed: Counter,
    messages: Gauge,
    bytes: Gauge,
    oldest: Gauge,
    late: Gauge,
    dead: Gauge,
}

/// A delivery that is under way, until this is dropped: it can panic, or be aborted.
#[derive(Debug)]
pub(crate) struct UnderWay(Gauge);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.add((), -1.0);
    }
}

/// What an attempt has come to.
#[derive(Clone, Copy, Debug, Label)]
enum Outcome {
    Delivered,
    Repeated,
    Dead,
    Dropped,
}

/// How much is in the spool.
struct Found {
    messages: i64,
    bytes: i64,
    /// When the first message was accepted that has not ended.
    first: Option<i64>,
    /// Since when a delivery is due.
    due: Option<i64>,
    dead: i64,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            under_way: Gauge::new(
                "deliveries_under_way",
                "Deliveries that this process is sending.",
            ),
            attempts: Counter::new(
                "delivery_attempts",
                "Attempts to deliver, by what they have come to.",
            ),
            replayed: Counter::new(
                "replayed_requests",
                "Messages that came again with their Idempotency-Key.",
            ),
            messages: Gauge::new("spool_messages", "Messages that have not ended."),
            bytes: Gauge::new("spool_content_bytes", "Bytes of the contents in the spool."),
            oldest: Gauge::new(
                "spool_oldest_seconds",
                "For how long the oldest message has not ended, of 10,000 at most.",
            ),
            late: Gauge::new("spool_late_seconds", "For how long a delivery is due."),
            dead: Gauge::new("dead_deliveries", "Dead deliveries; at most 10,000 are counted."),
        }
    }
}

impl Figures {
    /// A delivery begins.
    pub(crate) fn begin(&self) -> UnderWay {
        self.under_way.add((), 1.0);
        UnderWay(self.under_way.clone())
    }

    /// Counts an attempt.
    pub(crate) fn ended(&self, result: &DeliveryResult) {
        let outcome = match result {
            DeliveryResult::Done => Outcome::Delivered,
            DeliveryResult::Later(_) => Outcome::Repeated,
            DeliveryResult::Dead => Outcome::Dead,
            DeliveryResult::Dropped | DeliveryResult::SwitchedOff(_) => Outcome::Dropped,
        };
        self.attempts.add(outcome, 1);
    }

    /// Counts a message that has come again.
    pub(crate) fn replayed(&self) {
        self.replayed.add((), 1);
    }

    fn set(&self, found: &Found) {
        self.messages.set((), found.messages as f64);
        self.bytes.set((), found.bytes as f64);
        self.oldest.set((), seconds(age(found.first)));
        self.late.set((), seconds(age(found.due)));
        self.dead.set((), found.dead as f64);
    }
}

impl Spool {
    /// Adds to an application the checks `database` and `spool`, and what is counted.
    pub(crate) fn observe(&self, application: Application) -> Application {
        let (spool, figures) = (self.clone(), self.figures());
        self.database()
            .observe(application)
            .metric(&figures.under_way)
            .metric(&figures.attempts)
            .metric(&figures.replayed)
            .metric(&figures.messages)
            .metric(&figures.bytes)
            .metric(&figures.oldest)
            .metric(&figures.late)
            .metric(&figures.dead)
            .check("spool", async move || looked_up(spool.health()).await)
    }

    async fn health(&self) -> Result<Health, Error> {
        let found = self.found().await?;
        self.figures().set(&found);
        let mut warnings = Vec::new();
        if found.dead > 0 {
            warnings.push(format!("dead deliveries: {}, see /1/dead", counted(found.dead)));
        }
        let late = age(found.due);
        if late > LONGEST_LATE {
            warnings.push(format!("a delivery is late by {} s", late / 1_000));
        }
        if self.is_nearly_full(found.messages, found.bytes) {
            warnings.push("the spool is nearly full: more messages are refused then".to_owned());
        }
        Ok(match warnings.is_empty() {
            true => Health::Pass,
            false => Health::Warn(warnings.join("; ")),
        })
    }

    async fn found(&self) -> Result<Found, Error> {
        let known = self.listeners().await?.into_iter().filter(|known| known.switch == Switch::On);
        let names: Vec<_> = known.map(|known| known.listener.name).collect();
        let due = self.next(&names).await?.into_iter().flatten().min();
        let amount = one(self.database(), "SELECT messages, bytes FROM spool").await?;
        // By the indexes of what has no end, and of what is dead.
        let waiting = format!(
            "SELECT COUNT(*), COALESCE(MIN(at), 0) FROM \
             (SELECT at FROM message WHERE ended IS NULL LIMIT {COUNTED}) AS counted"
        );
        let waiting = one(self.database(), &waiting).await?;
        let dead = format!(
            "SELECT COUNT(*) FROM (SELECT dead FROM delivery WHERE dead > 0 LIMIT {COUNTED}) AS counted"
        );
        Ok(Found {
            messages: amount.get(0)?,
            bytes: amount.get(1)?,
            first: (waiting.get::<i64>(0)? > 0).then(|| waiting.get(1)).transpose()?,
            due,
            dead: one(self.database(), &dead).await?.get(0)?,
        })
    }
}

async fn one(database: &Database, select: &str) -> Result<Row, Error> {
    let row = database.optional(select, &[]).await?;
    row.ok_or_else(|| Error::other("a statement with one row has none"))
}

/// How long ago something was, in milliseconds; 0 if it was not, or is to come.
fn age(at: Option<i64>) -> i64 {
    at.map_or(0, |at| now().saturating_sub(at).max(0))
}

fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1_000.0
}
