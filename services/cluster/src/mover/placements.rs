//! Tells the services that hold data where a user is.

use serde::Deserialize;
use wsgiservice::http::StatusCode;
use wsgiservice_client::{Locate, Response, path};

use super::{Mover, Stopped};
use crate::database::{Phase, Row};

/// A service that holds data of users, in a cluster or for all of them.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    pub(super) service: String,
    pub(super) locate: Locate,
}

/// Why a service has refused something.
#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    code: String,
    #[serde(default)]
    detail: String,
}

/// The placement of a user, as a service knows it.
#[derive(Deserialize)]
pub(super) struct Placement {
    pub(super) state: String,
}

impl Holder {
    pub(super) fn new(service: &str, cluster: &str) -> Self {
        Self { service: service.to_owned(), locate: Locate::Cluster(cluster.to_owned()) }
    }

    pub(super) fn global(service: &str) -> Self {
        Self { service: service.to_owned(), locate: Locate::Closest }
    }
}

impl Mover {
    /// Tells a service where a user is, with the version of the row.
    pub(super) async fn place(
        &self,
        holder: &Holder,
        row: &Row,
        state: &str,
        more: &[(&str, String)],
    ) -> Result<(), Stopped> {
        let response = self.put_placement(holder, row, state, more).await?;
        match response.status() {
            StatusCode::CONFLICT => Err(Stopped::of(holder, response).await),
            _ => response.error_for_status().map(|_| ()).map_err(Stopped::from),
        }
    }

    /// Tells a service of the other cluster that a user is away. When a move was aborted, one whose data never were a copy keeps
    /// them: its `here` had made the move impossible.
    pub(super) async fn place_away(&self, holder: &Holder, row: &Row) -> Result<(), Stopped> {
        let away = [("cluster", row.cluster.clone())];
        let refused = match self.place(holder, row, "away", &away).await {
            Err(refused @ Stopped::Failed(_)) => refused,
            placed => return placed,
        };
        let placement = self.placement(holder, row).await?;
        let is_its_own = placement.is_some_and(|placement| placement.state == "here");
        match is_its_own && row.phase == Some(Phase::Aborting) {
            true => {
                let Holder { service, locate } = holder;
                let user = &row.user;
                tracing::warn!(user, service, ?locate, "has data of the user, who is elsewhere");
                Ok(())
            }
            false => Err(refused),
        }
    }

    /// Tells a service that a user is here.
    ///
    /// A service that does not know the user is told `frozen` first, so that it learns the version. Otherwise an older `frozen` that
    /// arrives late would hold the user for ever.
    pub(super) async fn place_here(&self, holder: &Holder, row: &Row) -> Result<(), Stopped> {
        let response = self.put_placement(holder, row, "here", &[]).await?;
        if response.status() != StatusCode::CONFLICT {
            response.error_for_status()?;
            return Ok(());
        }
        let refused = Stopped::of(holder, response).await;
        match self.placement(holder, row).await? {
            None => {
                self.place(holder, row, "frozen", &[]).await?;
                self.place(holder, row, "here", &[]).await
            }
            Some(placement) if placement.state == "here" => Ok(()),
            Some(_) => Err(refused),
        }
    }

    /// The placement of a user, as a service knows it.
    pub(super) async fn placement(
        &self,
        holder: &Holder,
        row: &Row,
    ) -> Result<Option<Placement>, Stopped> {
        let user = &row.user;
        let path = path!("/1/placement/{user}");
        let found = self.0.client.get(&holder.service, holder.locate.clone(), path).await?;
        match found.status() {
            StatusCode::NOT_FOUND => Ok(None),
            _ => Ok(Some(found.error_for_status()?.json().await?)),
        }
    }

    async fn put_placement(
        &self,
        holder: &Holder,
        row: &Row,
        state: &str,
        more: &[(&str, String)],
    ) -> Result<Response, Stopped> {
        let user = &row.user;
        let mut form = vec![("state", state.to_owned()), ("version", row.version.to_string())];
        form.extend_from_slice(more);
        let path = path!("/1/placement/{user}");
        let call = self.0.client.put(&holder.service, holder.locate.clone(), path).form(&form);
        Ok(call.await?)
    }
}

impl Stopped {
    /// What a 409 says. An older version is not told from others: the row, which is read again, says what is to be done.
    pub(super) async fn of(holder: &Holder, response: Response) -> Self {
        let Holder { service, locate } = holder;
        match response.json::<Problem>().await {
            Ok(problem) if problem.code == "written-since" => Self::Written,
            Ok(problem) => {
                Self::Failed(format!("service {service} ({locate:?}) refuses: {}", problem.detail))
            }
            Err(error) => Self::from(error),
        }
    }
}
