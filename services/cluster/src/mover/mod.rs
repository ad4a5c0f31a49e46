//! What carries out what the directory says: moves, their aborts, the ends of sweeps, removals.
//!
//! A row says what is decided, and whether services may not know it yet. The mover reads the row, does what it says, and reads
//! it again, until nothing is left. Each step may be repeated, and may come late: it carries the version of the row, and the
//! services refuse an older one. So a crash at any point needs no other recovery than to begin again, and two movers at once
//! are harmless.

mod copies;
mod copy;
mod placements;
mod run;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use database::Error;
use test_hooks::now;
use tokio::sync::{Notify, Semaphore};
use wsgiservice_client::RestClient;

pub(crate) use self::copies::Copying;
use self::{copies::Copies, placements::Holder};
use crate::{
    database::{Directory, Phase, Row, State, repeated},
    figures::{Figures, Outcome},
    refusal::Refusal,
};

/// How many users are worked on at the same time.
const AT_A_TIME: usize = 16;

/// How long a user is held without a step that is done.
const LONGEST_HOLD: i64 = 30_000;

/// The wait after a step that has failed, at first; each further one is twice as long, up to the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// Carries out what the directory says. It is cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Mover(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    directory: Directory,
    client: RestClient,
    places: Semaphore,
    /// The users about whom something was decided.
    woken: Mutex<BTreeSet<String>>,
    bell: Notify,
    figures: Figures,
    copies: Copies,
    #[cfg(test)]
    hold: test_hooks::Hold,
}

/// Why a step is not done.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The row has changed: it says what is to be done now.
    Stale,
    /// A service has written for the user since the time of a sweep.
    Written,
    /// Something that can be done later.
    Failed(String),
}

/// A step that fails again and again.
struct Failing {
    version: i64,
    phase: Option<Phase>,
    since: i64,
    pause: Duration,
}

impl Mover {
    pub(crate) fn new(directory: Directory, client: RestClient) -> Self {
        Self(Arc::new(Inner {
            directory,
            client,
            places: Semaphore::new(AT_A_TIME),
            woken: Mutex::default(),
            bell: Notify::new(),
            figures: Figures::default(),
            copies: Copies::default(),
            #[cfg(test)]
            hold: test_hooks::Hold::default(),
        }))
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.0.directory
    }

    pub(crate) fn figures(&self) -> &Figures {
        &self.0.figures
    }

    pub(crate) fn copies(&self) -> &Copies {
        &self.0.copies
    }

    #[cfg(test)]
    pub(crate) fn client(&self) -> &RestClient {
        &self.0.client
    }

    #[cfg(test)]
    pub(crate) fn hold(&self) -> &test_hooks::Hold {
        &self.0.hold
    }

    /// Decides that a user is moved. The same move again changes nothing.
    pub(crate) async fn begin(&self, user: &str, to: &str) -> Result<Row, Refusal> {
        let row = repeated!(self.begin_once(user, to))?;
        self.wake(user);
        Ok(row)
    }

    async fn begin_once(&self, user: &str, to: &str) -> Result<Row, Refusal> {
        let row = self.directory().find(user).await?.ok_or(Refusal::Missing)?;
        row.check_exists()?;
        if row.is_moving_to(to) {
            return Ok(row);
        }
        row.check_free()?;
        if row.cluster == to {
            let (move_to, phase) = (Some(to.to_owned()), Some(Phase::Done));
            return Ok(Row { move_to, phase, begun: None, error: None, ..row });
        }
        if !self.directory().clusters().await?.iter().any(|cluster| cluster.name == to) {
            return Err(Refusal::UnknownCluster(to.to_owned()));
        }
        self.check_services(&row.cluster, to)?;
        self.check_target(&row, to).await?;
        self.directory().swap(&row, row.to_be_moved(to)).await
    }

    /// Decides that a user is not moved, unless that is committed.
    pub(crate) async fn abort(&self, user: &str) -> Result<(), Refusal> {
        repeated!(self.abort_once(user))?;
        self.wake(user);
        Ok(())
    }

    async fn abort_once(&self, user: &str) -> Result<(), Refusal> {
        let row = self.directory().find(user).await?.ok_or(Refusal::Missing)?;
        row.check_exists()?;
        let to = row.move_to.clone().ok_or(Refusal::Missing)?;
        match row.phase {
            None | Some(Phase::Aborting | Phase::Aborted) => Ok(()),
            Some(Phase::Committed | Phase::Away | Phase::Done) => Err(Refusal::Committed(to)),
            Some(_) => self.directory().swap(&row, row.aborted()).await.map(|_| ()),
        }
    }

    /// Something was decided about a user.
    pub(crate) fn wake(&self, user: &str) {
        self.0.woken.lock().unwrap_or_else(PoisonError::into_inner).insert(user.to_owned());
        self.0.bell.notify_one();
    }

    /// Carries out what is decided about a user, until every service knows.
    pub(crate) async fn settle(&self, user: &str) -> Result<(), Error> {
        let mut failing: Option<Failing> = None;
        while let Some(row) = self.directory().find(user).await?.filter(|row| row.unfinished) {
            let before = failing.take().filter(|failing| failing.is_of(&row));
            let is_hopeless = row.touched < now() - LONGEST_HOLD
                || before.as_ref().is_some_and(|failing| failing.since < now() - LONGEST_HOLD);
            let done = {
                let _place = self.0.places.acquire().await;
                self.step(&row, is_hopeless).await
            };
            if let Err(stopped @ (Stopped::Failed(_) | Stopped::Written)) = done {
                let error = stopped.to_string();
                tracing::warn!(user, error, "a step of the mover has failed");
                // That it is not noted does not matter: it is tried again.
                let _ = self.directory().failed(&row, &error).await;
                let next = before.unwrap_or_else(|| Failing::new(&row));
                tokio::time::sleep(next.pause).await;
                failing = Some(Failing { pause: (next.pause * 2).min(PAUSES.1), ..next });
            }
        }
        Ok(())
    }

    /// Does what a row says. A user is held no longer than there is hope.
    pub(crate) async fn step(&self, row: &Row, is_hopeless: bool) -> Result<(), Stopped> {
        match row.state {
            State::Active if row.phase == Some(Phase::Waiting) => {
                self.directory().swap(row, row.frozen()).await?;
                self.reached("mover::after_frozen").await;
                Ok(())
            }
            State::Active => self.release(row).await,
            State::Frozen if is_hopeless => {
                self.directory().swap(row, row.aborted()).await?;
                Ok(())
            }
            State::Frozen => self.transfer(row).await,
            State::Expiring if is_hopeless => {
                self.directory().swap(row, row.taken_back()).await?;
                Ok(())
            }
            State::Expiring => self.expire(row).await,
            State::Gone => self.purge(row).await,
        }
    }

    /// A move, from the second step to the commit.
    async fn transfer(&self, row: &Row) -> Result<(), Stopped> {
        let Some(to) = &row.other else {
            return Err(Stopped::Failed("the row of a move has no other cluster".to_owned()));
        };
        let services = self.services_in(&row.cluster)?;
        for service in &services {
            let old = Holder::new(service, &row.cluster);
            self.place(&old, row, "frozen", &[]).await?;
        }
        if row.phase == Some(Phase::Frozen) {
            self.directory().progress(row, Phase::Held).await?;
        }
        self.reached("mover::after_hold").await;
        for service in &services {
            let _running = self.0.copies.begin(row, service, to);
            self.while_touched(row, self.copy(service, row, to)).await?;
        }
        self.directory().progress(row, Phase::Imported).await?;
        self.reached("mover::after_import").await;
        self.directory().swap(row, row.moved()).await?;
        self.reached("mover::after_commit").await;
        Ok(())
    }

    /// The end of a move, of its abort, or of a sweep that was taken back: the user is where the row says, and nowhere else.
    async fn release(&self, row: &Row) -> Result<(), Stopped> {
        // The old cluster says that the user has moved before the new one writes.
        if let Some(other) = &row.other {
            for service in self.services_in(other)? {
                self.place_away(&Holder::new(&service, other), row).await?;
            }
            if row.phase == Some(Phase::Committed) {
                self.directory().progress(row, Phase::Away).await?;
            }
            self.reached("mover::after_away").await;
        }
        let mut holders = self.holders_in(&row.cluster)?;
        if row.other.is_none() {
            holders.extend(self.global_holders());
        }
        for holder in holders {
            self.place_here(&holder, row).await?;
        }
        self.directory().told(row).await?;
        let Row { user, cluster, error, .. } = row;
        match (&row.other, row.phase) {
            (Some(to), Some(Phase::Aborting)) => {
                self.figures().moved(Outcome::Aborted);
                tracing::info!(user, cluster, to, error, "a move is aborted");
            }
            (Some(from), _) => {
                self.figures().moved(Outcome::Moved);
                tracing::info!(user, from, to = cluster, "a user has moved");
            }
            (None, _) => {}
        }
        self.reached("mover::after_here").await;
        Ok(())
    }

    /// A sweep, from the second step to the commit. It ends if a service has written for the user.
    pub(crate) async fn expire(&self, row: &Row) -> Result<(), Stopped> {
        let since = (now() - crate::sweep::IDLE).to_string();
        for holder in self.holders_in(&row.cluster)?.into_iter().chain(self.global_holders()) {
            match self.place(&holder, row, "frozen", &[("since", since.clone())]).await {
                Err(Stopped::Written) => {
                    // It is a candidate again when it is idle for as long from now on.
                    self.directory()
                        .swap(row, Row { last_seen: now(), ..row.taken_back() })
                        .await?;
                    return Ok(());
                }
                placed => placed?,
            }
        }
        self.reached("sweep::after_freeze").await;
        self.directory().swap(row, row.removed()).await?;
        self.reached("sweep::after_commit").await;
        Ok(())
    }

    /// The end of a sweep or a removal: no service has data of the user.
    pub(crate) async fn purge(&self, row: &Row) -> Result<(), Stopped> {
        let mut holders = self.holders_in(&row.cluster)?;
        if let Some(other) = &row.other {
            holders.extend(self.holders_in(other)?);
        }
        holders.extend(self.global_holders());
        for holder in holders {
            self.place(&holder, row, "gone", &[]).await?;
        }
        self.directory().told(row).await?;
        self.figures().removed();
        tracing::info!(user = row.user, "a user is removed");
        self.reached("sweep::after_purge").await;
        Ok(())
    }

    /// Waits for a step that can take long, and notes that it goes on: its calls end if no byte comes.
    async fn while_touched(
        &self,
        row: &Row,
        step: impl Future<Output = Result<(), Stopped>>,
    ) -> Result<(), Stopped> {
        let mut step = std::pin::pin!(step);
        loop {
            tokio::select! {
                done = &mut step => return done,
                () = tokio::time::sleep(Duration::from_secs(5)) => self.directory().touch(row).await?,
            }
        }
    }

    /// Each service with data in one cluster must be in the other one.
    fn check_services(&self, from: &str, to: &str) -> Result<(), Refusal> {
        let busy = |stopped: Stopped| Refusal::Busy(stopped.to_string());
        let there = self.services_in(to).map_err(busy)?;
        match self
            .services_in(from)
            .map_err(busy)?
            .into_iter()
            .find(|service| !there.contains(service))
        {
            Some(service) => {
                Err(Refusal::Busy(format!("service {service} is not in cluster {to}")))
            }
            None => Ok(()),
        }
    }

    /// No service of the new cluster may have data of the user: they would not be replaced, and the user would be held in vain.
    async fn check_target(&self, row: &Row, to: &str) -> Result<(), Refusal> {
        let holders = self.holders_in(to).map_err(|stopped| Refusal::Busy(stopped.to_string()))?;
        for holder in holders {
            // One that does not answer now may do so later: the import is refused as well.
            if let Ok(Some(placement)) = self.placement(&holder, row).await
                && placement.state == "here"
            {
                let service = holder.service;
                let message = format!("service {service} in cluster {to} has data of the user");
                return Err(Refusal::Busy(message));
            }
        }
        Ok(())
    }

    /// The services with data in a cluster. One that the topology does not have cannot be told anything, and so has not been.
    fn services_in(&self, cluster: &str) -> Result<Vec<String>, Stopped> {
        let topology = self.0.client.topology();
        if !topology.clusters().any(|name| name == cluster) {
            return Err(Stopped::Failed(format!("cluster {cluster} is not in the topology")));
        }
        Ok(topology.data_services_in(cluster).map(str::to_owned).collect())
    }

    fn holders_in(&self, cluster: &str) -> Result<Vec<Holder>, Stopped> {
        let services = self.services_in(cluster)?;
        Ok(services.iter().map(|service| Holder::new(service, cluster)).collect())
    }

    fn global_holders(&self) -> Vec<Holder> {
        self.0.client.topology().global_data_services().map(Holder::global).collect()
    }

    /// Marks a point between two steps, at which a test kills or holds the mover.
    pub(crate) async fn reached(&self, name: &str) {
        #[cfg(test)]
        self.0.hold.reached(name).await;
        test_hooks::reached(name).await;
    }
}

impl Failing {
    fn new(row: &Row) -> Self {
        Self { version: row.version, phase: row.phase, since: now(), pause: PAUSES.0 }
    }

    fn is_of(&self, row: &Row) -> bool {
        (self.version, self.phase) == (row.version, row.phase)
    }
}

impl Row {
    /// Whether a move to this cluster is on.
    fn is_moving_to(&self, to: &str) -> bool {
        let is_on =
            !matches!(self.phase, None | Some(Phase::Done | Phase::Aborting | Phase::Aborted));
        self.unfinished && is_on && self.move_to.as_deref() == Some(to)
    }

    /// Refuses a move while something else is on.
    fn check_free(&self) -> Result<(), Refusal> {
        let busy = match self.state {
            State::Expiring => "a sweep is deciding whether the user is removed",
            _ if self.unfinished => "another move of the user, or the end of a sweep, is on",
            _ => return Ok(()),
        };
        Err(Refusal::Busy(busy.to_owned()))
    }
}

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stale => f.write_str("the row has changed"),
            Self::Written => f.write_str("a service has written for the user"),
            Self::Failed(message) => f.write_str(message),
        }
    }
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Stale => Self::Stale,
            refusal => Self::Failed(refusal.to_string()),
        }
    }
}

impl From<wsgiservice_client::Error> for Stopped {
    fn from(error: wsgiservice_client::Error) -> Self {
        Self::Failed(error.to_string())
    }
}
