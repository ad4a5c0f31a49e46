//! What carries out what the directory says: moves, their aborts, the ends of sweeps, removals.
//!
//! A row says what is decided, and whether services may not know it yet. The mover reads the row, does what it says, and reads
//! it again, until nothing is left. Each step may be repeated, and may come late: it carries the version of the row, and the
//! services refuse an older one. So a crash at any point needs no other recovery than to begin again, and two movers at once
//! are harmless.

mod copies;
mod copy;
mod decisions;
mod placements;
mod run;
mod steps;

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
    database::{Directory, Phase, Row},
    figures::Figures,
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
