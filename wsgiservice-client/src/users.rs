//! Which cluster holds a user, as the cluster service says.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use crate::{
    client::RestClient,
    error::{Error, ErrorKind, Result, SharedError},
    locate::Locate,
    path::{Path, sealed::Sealed},
    response::Response,
};

/// The name of the service that knows the clusters of users.
pub(crate) const SERVICE: &str = "cluster";

/// The users that are remembered.
const REMEMBERED: usize = 100_000;

/// How long what was found is of use while the cluster service is down.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// How long an assignment is fresh, if the response does not say.
const ASSIGNED: Duration = Duration::from_secs(300);

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
type Running = watch::Receiver<Option<Found>>;

type Found = std::result::Result<Arc<str>, SharedError>;

/// Where a user is.
struct Place {
    cluster: Arc<str>,
    version: u64,
    found: Instant,
    fresh_until: Instant,
}

/// What the cluster service says of a user.
#[derive(Deserialize)]
struct Directions {
    cluster: String,
    #[serde(default)]
    version: u64,
    #[serde(default)]
    assigned: bool,
}

impl Users {
    pub(crate) fn new() -> Self {
        Self { known: quick_cache::sync::Cache::new(REMEMBERED), running: Mutex::default() }
    }

    /// The cluster of a user, if what is known of it is fresh.
    fn fresh(&self, user: &str, purpose: Purpose) -> Option<Arc<str>> {
        let place = self.known.get(user).filter(|_| purpose != Purpose::Refresh)?;
        (Instant::now() < place.fresh_until).then(|| Arc::clone(&place.cluster))
    }

    /// What was known of a user in the last day.
    fn stale(&self, user: &str) -> Option<Arc<str>> {
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
    fn remember(&self, user: &str, directions: &Directions, max_age: Option<Duration>) -> Arc<str> {
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
}

/// Returns the cluster of a user. What was known in the last day is used after a while, or if there is an error.
pub(crate) async fn cluster_of(
    client: &RestClient,
    user: &str,
    purpose: Purpose,
    patience: Duration,
) -> Result<Arc<str>> {
    if let Some(cluster) = client.users().fresh(user, purpose) {
        return Ok(cluster);
    }
    // A refresh is asked for because what is known is wrong.
    let stale = client.users().stale(user).filter(|_| purpose != Purpose::Refresh);
    let mut found = join(client, user, purpose);
    let waiting = async { found.wait_for(Option::is_some).await.ok().and_then(|it| it.clone()) };
    let found = match stale {
        None => waiting.await,
        Some(stale) => match timeout(patience, waiting).await {
            Ok(Some(Err(error))) if error.0.status() != Some(StatusCode::GONE) => return Ok(stale),
            Ok(found) => found,
            Err(_) => return Ok(stale),
        },
    };
    match found {
        Some(Ok(cluster)) => Ok(cluster),
        Some(Err(error)) => Err(unresolved(user, error)),
        None => {
            Err(Error::new(ErrorKind::Unresolved, format!("the look-up of user `{user}` ended")))
        }
    }
}

/// Waits for the look-up of a user that is running, or begins one.
fn join(client: &RestClient, user: &str, purpose: Purpose) -> Running {
    let key = (user.to_owned(), purpose);
    let mut running = client.users().running.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = running.get(&key).filter(|found| found.has_changed().is_ok()) {
        return found.clone();
    }
    let (sender, receiver) = watch::channel(None);
    running.insert(key.clone(), receiver.clone());
    // The look-up is nobody's request.
    let client = client.with_context(crate::CallContext::new());
    tokio::spawn(async move {
        let found = look_up(&client, &key.0, purpose).await;
        let mut running = client.users().running.lock().unwrap_or_else(PoisonError::into_inner);
        running.remove(&key);
        drop(running);
        sender.send_replace(Some(found.map_err(|error| SharedError(Arc::new(error)))));
    });
    receiver
}

async fn look_up(client: &RestClient, user: &str, purpose: Purpose) -> Result<Arc<str>> {
    let response = ask(client, user, purpose).await?.error_for_status()?;
    let max_age = max_age(response.headers());
    let directions: Directions = response.json().await?;
    let max_age = max_age.or(match purpose {
        Purpose::Assign => Some(ASSIGNED),
        Purpose::Find | Purpose::Refresh => None,
    });
    let max_age = max_age.filter(|_| directions.assigned || purpose == Purpose::Assign);
    Ok(client.users().remember(user, &directions, max_age))
}

async fn ask(client: &RestClient, user: &str, purpose: Purpose) -> Result<Response> {
    let path = Path::default().literal("/1/user/").variable("user", &user).into_checked()?;
    let method = match purpose {
        Purpose::Assign => Method::PUT,
        Purpose::Find | Purpose::Refresh => Method::GET,
    };
    let mut call = client.request(method, SERVICE, Locate::Closest, path);
    if purpose == Purpose::Refresh {
        call = call.header(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    call.await
}

/// How long a response is fresh, if it can be stored (RFC 9111, section 5.2.2).
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|it| it.to_str().ok());
    let directives: Vec<_> =
        values.flat_map(|it| it.split(',')).map(|it| it.trim().to_ascii_lowercase()).collect();
    if directives.iter().any(|it| matches!(it.as_str(), "no-store" | "no-cache")) {
        return None;
    }
    let seconds = directives.iter().find_map(|it| it.strip_prefix("max-age=")?.parse().ok());
    let age = headers.get(header::AGE).and_then(|age| age.to_str().ok()?.parse().ok()).unwrap_or(0);
    seconds.map(|seconds: u64| Duration::from_secs(seconds.saturating_sub(age).min(1 << 31)))
}

fn unresolved(user: &str, error: SharedError) -> Error {
    let status = error.0.status();
    let message = format!("the cluster of user `{user}` is unknown: {error}");
    let unresolved = Error::new(ErrorKind::Unresolved, message).because(error);
    match status {
        Some(status) => unresolved.with_status(status),
        None => unresolved,
    }
}
