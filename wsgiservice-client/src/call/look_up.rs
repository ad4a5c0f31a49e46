//! Asks the cluster service where a user is.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::time::timeout;

use super::Call;
use crate::{
    body::Body,
    context::CallContext,
    directory::Directory,
    error::{Error, ErrorKind, Result, SharedError},
    locate::{Locate, Target},
    path::{Path, sealed::Sealed},
    response::Response,
    shared::Shared,
    users::{self, Directions, Purpose, Running},
};

/// How long an assignment is fresh, if the response does not say.
const ASSIGNED: Duration = Duration::from_secs(300);

/// Returns the cluster of a user. What was known in the last day is used after a while, or if there is an error.
pub(super) async fn cluster_of(
    shared: &Arc<Shared>,
    directory: &Directory,
    user: &str,
    purpose: Purpose,
    patience: Duration,
) -> Result<Arc<str>> {
    if let Some(only) = directory.only_cluster()
        && directory.service(users::SERVICE).is_err()
    {
        return Ok(only.into());
    }
    if let Some(cluster) = shared.users().fresh(user, purpose) {
        return Ok(cluster);
    }
    // A refresh is asked for because what is known is wrong.
    let stale = shared.users().stale(user).filter(|_| purpose != Purpose::Refresh);
    let mut found = join(shared, user, purpose);
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
fn join(shared: &Arc<Shared>, user: &str, purpose: Purpose) -> Running {
    let (receiver, begun) = shared.users().join(user, purpose);
    if let Some(sender) = begun {
        let (shared, user) = (Arc::clone(shared), user.to_owned());
        tokio::spawn(async move {
            let found = look_up(&shared, &user, purpose).await;
            shared.users().end(user, purpose);
            sender.send_replace(Some(found.map_err(|error| SharedError(Arc::new(error)))));
        });
    }
    receiver
}

async fn look_up(shared: &Arc<Shared>, user: &str, purpose: Purpose) -> Result<Arc<str>> {
    let response = ask(shared, user, purpose).await?.error_for_status()?;
    let max_age = max_age(response.headers());
    let directions: Directions = response.json().await?;
    let max_age = max_age.or(match purpose {
        Purpose::Assign => Some(ASSIGNED),
        Purpose::Find | Purpose::Refresh => None,
    });
    let max_age = max_age.filter(|_| directions.assigned || purpose == Purpose::Assign);
    Ok(shared.users().remember(user, &directions, max_age))
}

async fn ask(shared: &Arc<Shared>, user: &str, purpose: Purpose) -> Result<Response> {
    let path = Path::default().literal("/1/user/").variable("user", &user).into_checked()?;
    let method = match purpose {
        Purpose::Assign => Method::PUT,
        Purpose::Find | Purpose::Refresh => Method::GET,
    };
    let mut headers = HeaderMap::new();
    if purpose == Purpose::Refresh {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    // The look-up is nobody's request.
    let call = Call {
        shared: Arc::clone(shared),
        context: CallContext::new(),
        method,
        service: users::SERVICE.to_owned(),
        target: Target::One(Locate::Closest),
        path,
        headers,
        content: Body::default(),
        timeout: None,
        hedges: false,
        problem: None,
    };
    Box::new(call).response().await
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
