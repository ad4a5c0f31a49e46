//! What the service tells of the users who are moved or removed.

use database::{COUNTED, Error, looked_up, values};
use test_hooks::now;
use wsgiservice::{
    Application,
    health::Health,
    statistics::{Counter, Gauge, Label},
};

use crate::mover::{Copying, Mover};

/// For how long nothing may be done about a user until the check `mover` warns, in milliseconds: a minute, twice as long as a
/// user is held without hope.
const LONGEST_UNTOUCHED: i64 = 60 * 1_000;

/// How long the copy of what a service has of a user may take until the check `mover` warns, in milliseconds: the user cannot write
/// until it ends.
const LONGEST_COPY: i64 = 60 * 1_000;

/// What is counted of users. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    moves: Counter<Outcome>,
    swept: Counter<Sweep>,
    removed: Counter,
    unfinished: Gauge,
    oldest: Gauge,
    oldest_copy: Gauge,
}

/// How a move has ended.
#[derive(Clone, Copy, Debug, Label)]
pub(crate) enum Outcome {
    Moved,
    Aborted,
}

/// What a sweep has found of a user who was idle.
#[derive(Clone, Copy, Debug, Label)]
enum Sweep {
    Expired,
    Kept,
}

/// A user of whom a service does not know yet what is decided.
#[derive(Debug)]
pub(crate) struct Unfinished {
    user: String,
    touched: i64,
    error: Option<String>,
}

impl Default for Figures {
    fn default() -> Self {
        let unfinished = "Users of whom a service has to be told; at most 10,000 are counted.";
        Self {
            moves: Counter::new("moves_ended", "Moves of users that have begun and ended."),
            swept: Counter::new("users_swept", "Users who were idle, by what a sweep has found."),
            removed: Counter::new("users_removed", "Users of whom no service has data any more."),
            unfinished: Gauge::new("unfinished_users", unfinished),
            oldest: Gauge::new(
                "unfinished_oldest_seconds",
                "For how long nothing was done about the unfinished user that waits longest.",
            ),
            oldest_copy: Gauge::new(
                "copies_oldest_seconds",
                "For how long the oldest copy of the data that a service has of a user has been running.",
            ),
        }
    }
}

impl Figures {
    pub(crate) fn moved(&self, outcome: Outcome) {
        self.moves.add(outcome, 1);
    }

    pub(crate) fn swept(&self, is_expired: bool) {
        self.swept.add(if is_expired { Sweep::Expired } else { Sweep::Kept }, 1);
    }

    pub(crate) fn removed(&self) {
        self.removed.add((), 1);
    }
}

impl Mover {
    /// Adds to an application the checks `database` and `mover`, and what is counted.
    pub(crate) fn observe(&self, application: Application) -> Application {
        let (mover, figures) = (self.clone(), self.figures());
        self.directory()
            .database()
            .observe(application)
            .metric(&figures.moves)
            .metric(&figures.swept)
            .metric(&figures.removed)
            .metric(&figures.unfinished)
            .metric(&figures.oldest)
            .metric(&figures.oldest_copy)
            .check("mover", async move || looked_up(mover.health()).await)
    }

    async fn health(&self) -> Result<Health, Error> {
        let copy = self.slow_copy();
        let untouched = self.untouched().await?;
        let found: Vec<_> = copy.into_iter().chain(untouched).collect();
        Ok(match found.is_empty() {
            true => Health::Pass,
            false => Health::Warn(found.join("; ")),
        })
    }

    /// What is wrong with the copy that has begun first.
    fn slow_copy(&self) -> Option<String> {
        let oldest = self.copies().oldest();
        let age = oldest.as_ref().map_or(0, |it| age(it.since));
        self.figures().oldest_copy.set((), age as f64 / 1_000.0);
        let Copying { user, service, from, to, .. } = oldest.filter(|_| age > LONGEST_COPY)?;
        Some(format!(
            "what {service} has of {user} has been copied from {from} to {to} for {} s, and {user} cannot write meanwhile: look at \
             {service} in both clusters, or take the move back",
            age / 1_000
        ))
    }

    /// What is wrong with the user about whom nothing was done for the longest time.
    async fn untouched(&self) -> Result<Option<String>, Error> {
        let (count, oldest) = self.unfinished().await?;
        let age = oldest.as_ref().map_or(0, |it| age(it.touched));
        self.figures().unfinished.set((), count as f64);
        self.figures().oldest.set((), age as f64 / 1_000.0);
        Ok(oldest.filter(|_| age > LONGEST_UNTOUCHED).map(|Unfinished { user, error, .. }| {
            let error = error.unwrap_or_else(|| "no step has failed".to_owned());
            format!("nothing was done about {user} for {} s: {error}", age / 1_000)
        }))
    }

    /// How many users are unfinished, and the one about whom nothing was done for the longest time, both by their index.
    async fn unfinished(&self) -> Result<(i64, Option<Unfinished>), Error> {
        let database = self.directory().database();
        let count = format!(
            "SELECT COUNT(*) FROM (SELECT touched FROM assignment WHERE unfinished = 1 LIMIT {COUNTED}) AS counted"
        );
        let oldest = "SELECT user_id, touched, error FROM assignment WHERE unfinished = 1 \
                      ORDER BY touched LIMIT 1";
        let count = database.optional(&count, &values![]).await?;
        let oldest = database.optional(oldest, &values![]).await?;
        let oldest = oldest.map(|row| {
            Ok::<_, Error>(Unfinished {
                user: row.get(0)?,
                touched: row.get(1)?,
                error: row.get(2)?,
            })
        });
        Ok((count.map_or(Ok(0), |row| row.get(0))?, oldest.transpose()?))
    }
}

/// How long ago a time is, in milliseconds.
fn age(since: i64) -> i64 {
    now().saturating_sub(since).max(0)
}
