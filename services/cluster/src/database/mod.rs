//! The rows of the directory, and how they change.
//!
//! Each change of what a row says draws a version from one counter, which outlives the rows, and is made only if the row still
//! has the version that was read. The counter is drawn first: so such changes come one after the other, on every engine.

mod clusters;
mod row;

use database::{
    Database, Error, Transaction,
    data::{Data, OUTBOX, Version},
    values,
};
use test_hooks::now;
use wsgiservice::{EntityTag, Preconditions};

pub(crate) use self::{
    clusters::{ClusterEntry, ClusterState, Listed},
    row::{Phase, Row, State},
};
use crate::{refusal::Refusal, rendezvous};

/// How long a visit is not written again.
const HOUR: i64 = 60 * 60 * 1000;

/// How often a change is tried that another one was in the way of.
pub(crate) const TRIES: u32 = 20;

/// Repeats a change that another one was in the way of, which reads the row again.
macro_rules! repeated {
    ($change:expr) => {{
        let mut left = $crate::database::TRIES;
        loop {
            match $change.await {
                Err($crate::refusal::Refusal::Stale) if left > 0 => left -= 1,
                result => break result,
            }
        }
    }};
}

pub(crate) use repeated;

const SCHEMA: [&str; 7] = [
    "CREATE TABLE counter (id {integer} PRIMARY KEY, number {integer} NOT NULL)",
    "INSERT INTO counter (id, number) VALUES (1, 0)",
    "CREATE TABLE cluster (name {key} PRIMARY KEY, weight {real} NOT NULL, state {key} NOT NULL)",
    // The columns are those of `Row`.
    "CREATE TABLE assignment (user_id {key} PRIMARY KEY, cluster {key} NOT NULL, version {integer} NOT NULL, \
     state {key} NOT NULL, anonymous {integer} NOT NULL, last_seen {integer} NOT NULL, touched {integer} NOT NULL, \
     unfinished {integer} NOT NULL, other {key}, move_to {key}, phase {key}, begun {integer}, error {text})",
    "CREATE INDEX assignment_unfinished ON assignment (unfinished, touched)",
    "CREATE INDEX assignment_idle ON assignment (anonymous, last_seen, user_id)",
    // That of the data services, so that one relay reads both.
    OUTBOX,
];

/// Which cluster holds each user. It is cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Directory(Database);

/// What a visit says.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) anonymous: Option<bool>,
    pub(crate) cluster: Option<String>,
    pub(crate) preconditions: Preconditions,
}

/// What a visit has found.
#[derive(Debug)]
pub(crate) struct Visited {
    pub(crate) row: Row,
    pub(crate) is_new: bool,
}

impl Directory {
    pub(crate) fn new(database: Database) -> Self {
        Self(database)
    }

    /// Creates the tables, and the clusters that are not there yet.
    pub(crate) async fn migrate(&self, clusters: Vec<String>) -> Result<(), Error> {
        self.0.migrate(&SCHEMA).await?;
        self.add_clusters(clusters).await
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0
    }

    pub(crate) async fn close(&self) {
        self.0.close().await;
    }

    /// The row of a user.
    pub(crate) async fn find(&self, user: &str) -> Result<Option<Row>, Error> {
        let select = format!("SELECT {} FROM assignment WHERE user_id = ?", row::columns());
        self.0.optional(&select, &values![user]).await?.map(|row| Row::of(&row)).transpose()
    }

    /// The cluster that a user would get.
    pub(crate) async fn candidate(&self, user: &str) -> Result<String, Refusal> {
        let clusters = self.clusters().await?;
        let chosen = rendezvous::choose(user, &clusters).ok_or(Refusal::NoOpenCluster)?;
        Ok(chosen.to_owned())
    }

    /// A visit of a user: assigns a cluster at first, promotes, takes a sweep back, and notes when it was.
    pub(crate) async fn visit(&self, user: &str, visit: &Visit) -> Result<Visited, Refusal> {
        repeated!(self.visit_once(user, visit))
    }

    async fn visit_once(&self, user: &str, visit: &Visit) -> Result<Visited, Refusal> {
        let (row, is_new) = match self.find(user).await? {
            Some(row) => (self.visit_again(row, visit).await?, false),
            None => (self.assign(user.to_owned(), visit.clone()).await?, true),
        };
        Ok(Visited { row, is_new })
    }

    async fn assign(&self, user: String, visit: Visit) -> Result<Row, Refusal> {
        visit.preconditions.check(None, None).map_err(|_| Refusal::Changed)?;
        let work = async move |transaction: &mut Transaction| {
            let version = draw(transaction).await?;
            let clusters = clusters::all(transaction).await?;
            let cluster = visit.assigned(&user, &clusters)?;
            let row = Row::new(&user, cluster, version, visit.anonymous.unwrap_or(true));
            let insert = transaction.dialect().insert_or_ignore("assignment", &row::COLUMNS);
            match transaction.execute(&insert, &row.values()).await? {
                // Another one was first: its cluster is that of the user.
                0 => Err(Refusal::Stale),
                _ => Ok(row),
            }
        };
        self.0.write(work).await
    }

    async fn visit_again(&self, row: Row, visit: &Visit) -> Result<Row, Refusal> {
        visit.check(&row)?;
        let is_promoted = visit.anonymous == Some(false) && row.anonymous;
        let is_taken_back = row.state == State::Expiring;
        if is_promoted || is_taken_back {
            let mut new = if is_taken_back { row.taken_back() } else { row.clone() };
            new.anonymous &= !is_promoted;
            new.last_seen = now();
            return self.swap(&row, new).await;
        }
        if row.last_seen < now() - HOUR {
            let update = "UPDATE assignment SET last_seen = ? WHERE user_id = ? AND version = ?";
            self.update(update, values![now(), &row.user, row.version].into()).await?;
        }
        Ok(row)
    }

    /// Removes a user. One who does not exist, or was removed, is removed.
    pub(crate) async fn remove(
        &self,
        user: &str,
        preconditions: &Preconditions,
    ) -> Result<(), Refusal> {
        repeated!(self.remove_once(user, preconditions))
    }

    async fn remove_once(&self, user: &str, preconditions: &Preconditions) -> Result<(), Refusal> {
        let Some(row) = self.find(user).await?.filter(|row| row.state != State::Gone) else {
            return Ok(());
        };
        preconditions.check(Some(&row.tag()), None).map_err(|_| Refusal::Changed)?;
        self.swap(&row, row.removed()).await.map(|_| ())
    }

    /// Replaces a row that still has its version, and returns the new one with the next version.
    ///
    /// Whoever becomes `gone` is told to others by an event in the same transaction.
    pub(crate) async fn swap(&self, old: &Row, new: Row) -> Result<Row, Refusal> {
        let old = old.clone();
        let work = async move |transaction: &mut Transaction| {
            let version = draw(transaction).await?;
            if new.phase == Some(Phase::Waiting)
                && let Some(to) = &new.move_to
                && !clusters::exists(transaction, to).await?
            {
                return Err(Refusal::UnknownCluster(to.clone()));
            }
            let row = Row { version, touched: now(), ..new.clone() };
            // A visit changes when the user was seen, and not the version.
            let update = format!(
                "UPDATE assignment SET {} = ? WHERE user_id = ? AND version = ? AND last_seen = ?",
                row::COLUMNS.join(" = ?, ")
            );
            let mut values = row.values();
            values.extend(values![&old.user, old.version, old.last_seen]);
            if transaction.execute(&update, &values).await? == 0 {
                return Err(Refusal::Stale);
            }
            if row.state == State::Gone {
                user_removed(transaction, &row).await?;
            }
            Ok(row)
        };
        self.0.write(work).await
    }

    /// Notes that a step of a move is done.
    pub(crate) async fn progress(&self, row: &Row, phase: Phase) -> Result<(), Refusal> {
        let update = "UPDATE assignment SET phase = ?, touched = ?, error = NULL \
                      WHERE user_id = ? AND version = ?";
        self.update(update, values![phase.as_str(), now(), &row.user, row.version].into()).await
    }

    /// Notes that a step goes on.
    pub(crate) async fn touch(&self, row: &Row) -> Result<(), Refusal> {
        let update = "UPDATE assignment SET touched = ? WHERE user_id = ? AND version = ?";
        self.update(update, values![now(), &row.user, row.version].into()).await
    }

    /// Notes why a step has failed, unless the row has changed since.
    pub(crate) async fn failed(&self, row: &Row, error: &str) -> Result<(), Refusal> {
        let update = "UPDATE assignment SET error = ? WHERE user_id = ? AND version = ?";
        match self.update(update, values![error, &row.user, row.version].into()).await {
            Err(Refusal::Stale) => Ok(()),
            result => result,
        }
    }

    /// Notes that every service knows what the row says.
    pub(crate) async fn told(&self, row: &Row) -> Result<(), Refusal> {
        let phase = row.phase.map(Phase::ended);
        // Why a move was aborted stays to be read.
        let error = row.error.as_deref().filter(|_| phase == Some(Phase::Aborted));
        let phase = phase.map(Phase::as_str);
        let update = "UPDATE assignment SET unfinished = 0, other = NULL, phase = ?, touched = ?, error = ? \
                      WHERE user_id = ? AND version = ?";
        self.update(update, values![phase, now(), error, &row.user, row.version].into()).await
    }

    /// The users of whom some service does not know yet what their rows say, and whose rows have not changed since a time.
    pub(crate) async fn unfinished(
        &self,
        touched_before: i64,
        count: i64,
    ) -> Result<Vec<String>, Error> {
        let select = "SELECT user_id FROM assignment WHERE unfinished = 1 AND touched < ? \
                      ORDER BY touched LIMIT ?";
        let rows = self.0.query(select, &values![touched_before, count]).await?;
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Anonymous users who were last seen before a time, after this one in their order.
    pub(crate) async fn idle(
        &self,
        before: i64,
        after: &(i64, String),
        count: i64,
    ) -> Result<Vec<Row>, Error> {
        let select = format!(
            "SELECT {} FROM assignment WHERE anonymous = 1 AND last_seen < ? AND state = 'active' \
             AND unfinished = 0 AND (last_seen > ? OR last_seen = ? AND user_id > ?) \
             ORDER BY last_seen, user_id LIMIT ?",
            row::columns()
        );
        let (seen, user) = after;
        let rows = self.0.query(&select, &values![before, *seen, *seen, user, count]).await?;
        rows.iter().map(Row::of).collect()
    }

    /// Forgets the users whose removal has ended before a time.
    pub(crate) async fn forget(&self, before: i64) -> Result<(), Error> {
        let delete =
            "DELETE FROM assignment WHERE unfinished = 0 AND touched < ? AND state = 'gone'";
        let values = values![before];
        let work = async move |transaction: &mut Transaction| {
            transaction.execute(delete, &values).await.map(|_| ())
        };
        self.0.write(work).await
    }

    /// Updates the row of a user; it must still have its version.
    async fn update(&self, sql: &'static str, values: Vec<database::Value>) -> Result<(), Refusal> {
        let work = async move |transaction: &mut Transaction| match transaction
            .execute(sql, &values)
            .await?
        {
            0 => Err(Refusal::Stale),
            _ => Ok(()),
        };
        self.0.write(work).await
    }
}

impl Visit {
    /// The cluster that a new user gets.
    fn assigned(&self, user: &str, clusters: &[ClusterEntry]) -> Result<String, Refusal> {
        let Some(wanted) = &self.cluster else {
            let chosen = rendezvous::choose(user, clusters).ok_or(Refusal::NoOpenCluster)?;
            return Ok(chosen.to_owned());
        };
        match clusters.iter().find(|cluster| cluster.name == *wanted) {
            Some(cluster) if cluster.is_open() => Ok(wanted.clone()),
            Some(_) if clusters.iter().any(ClusterEntry::is_open) => {
                Err(Refusal::Closed(wanted.clone()))
            }
            Some(_) => Err(Refusal::NoOpenCluster),
            None => Err(Refusal::UnknownCluster(wanted.clone())),
        }
    }

    /// Refuses what cannot be said of a user who is there.
    fn check(&self, row: &Row) -> Result<(), Refusal> {
        row.check_exists()?;
        self.preconditions.check(Some(&row.tag()), None).map_err(|_| Refusal::Changed)?;
        if self.cluster.as_ref().is_some_and(|cluster| *cluster != row.cluster) {
            return Err(Refusal::Elsewhere(row.cluster.clone()));
        }
        match self.anonymous == Some(true) && !row.anonymous {
            true => Err(Refusal::Demoted),
            false => Ok(()),
        }
    }
}

impl Row {
    pub(crate) fn tag(&self) -> EntityTag {
        EntityTag::strong(self.version)
    }

    pub(crate) fn check_exists(&self) -> Result<(), Refusal> {
        match self.state {
            State::Gone => Err(Refusal::user_gone()),
            _ => Ok(()),
        }
    }
}

/// The next version. No other change of the directory comes before the end of this transaction.
async fn draw(transaction: &mut Transaction) -> Result<i64, Error> {
    transaction.execute("UPDATE counter SET number = number + 1 WHERE id = 1", &[]).await?;
    let row = transaction.optional("SELECT number FROM counter WHERE id = 1", &[]).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

async fn user_removed(transaction: &mut Transaction, row: &Row) -> Result<(), Refusal> {
    let path = format!("/1/user_removed/{}", row.user);
    let version = Version { number: row.version, at: row.touched };
    let written = Data::event(transaction, &row.user, &path, version, true).await;
    written.map_err(Refusal::Event)
}
