//! What is known of the clusters of users.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Deserialize;
use tokio::{sync::watch, time::Instant};

use crate::error::SharedError;

/// The name of the service that knows the clusters of users.
pub(crate) const SERVICE: &str = "cluster";

/// The users that are remembered.
const REMEMBERED: usize = 100_000;

/// How long what was found is of use while the cluster service is down.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// What the cluster of a user is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    /// For a call that only looks.
    Find,
    /// For a call that changes something: a user without a cluster gets one.
    Assign,
    /// Since what was known is wrong.
    Refresh,
}

/// The clusters of users.
pub(crate) struct Users {
    known: quick_cache::sync::Cache<String, Arc<Place>>,
    /// The look-ups that are running. Each is for all calls that need it, and no call ends it.
    running: Mutex<HashMap<(String, Purpose), Running>>,
}

/// A look-up that is running, and then what was found.
pub(crate) type Running = watch::Receiver<Option<Found>>;

/// The cluster of a user, or why it is unknown.
pub(crate) type Found = Result<Arc<str>, SharedError>;

/// Where a user is.
struct Place {
    cluster: Arc<str>,
    version: u64,
    found: Instant,
    fresh_until: Instant,
}

/// What the cluster service says of a user.
#[derive(Deserialize)]
pub(crate) struct Directions {
    cluster: String,
    #[serde(default)]
    version: u64,
    #[serde(default)]
    pub(crate) assigned: bool,
}

impl Users {
    pub(crate) fn new() -> Self {
        Self { known: quick_cache::sync::Cache::new(REMEMBERED), running: Mutex::default() }
    }

    /// The cluster of a user, if what is known of it is fresh.
    pub(crate) fn fresh(&self, user: &str, purpose: Purpose) -> Option<Arc<str>> {
        let place = self.known.get(user).filter(|_| purpose != Purpose::Refresh)?;
        (Instant::now() < place.fresh_until).then(|| Arc::clone(&place.cluster))
    }

    /// What was known of a user in the last day.
    pub(crate) fn stale(&self, user: &str) -> Option<Arc<str>> {
        let place = self.known.get(user)?;
        (place.found.elapsed() < STALE).then(|| Arc::clone(&place.cluster))
    }

    /// Remembers where a service has said that a user is, while the cluster service does not say so.
    pub(crate) fn correct(&self, user: &str, cluster: &Arc<str>) {
        if let Some(known) = self.known.get(user) {
            let now = Instant::now();
            let (version, cluster) = (known.version, Arc::clone(cluster));
            let place = Place { cluster, version, found: now, fresh_until: now };
            self.known.insert(user.to_owned(), Arc::new(place));
        }
    }

    /// Remembers what a response says, unless something newer is known.
    pub(crate) fn remember(
        &self,
        user: &str,
        directions: &Directions,
        max_age: Option<Duration>,
    ) -> Arc<str> {
        let cluster: Arc<str> = directions.cluster.as_str().into();
        if let Some(known) = self.known.get(user)
            && known.version > directions.version
        {
            return Arc::clone(&known.cluster);
        }
        if let Some(max_age) = max_age {
            let now = Instant::now();
            let (version, fresh_until) = (directions.version, now + max_age);
            let place = Place { cluster: Arc::clone(&cluster), version, found: now, fresh_until };
            self.known.insert(user.to_owned(), Arc::new(place));
        }
        cluster
    }

    /// The look-up of a user that is running, or the sender of one that begins.
    pub(crate) fn join(
        &self,
        user: &str,
        purpose: Purpose,
    ) -> (Running, Option<watch::Sender<Option<Found>>>) {
        let key = (user.to_owned(), purpose);
        let mut running = self.running();
        if let Some(found) = running.get(&key).filter(|found| found.has_changed().is_ok()) {
            return (found.clone(), None);
        }
        let (sender, receiver) = watch::channel(None);
        running.insert(key, receiver.clone());
        (receiver, Some(sender))
    }

    /// The look-up of a user has ended.
    pub(crate) fn end(&self, user: String, purpose: Purpose) {
        self.running().remove(&(user, purpose));
    }

    fn running(&self) -> MutexGuard<'_, HashMap<(String, Purpose), Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
