//! What the cluster service says of a user whom this service does not know.

use serde::Deserialize;
use wsgiservice_client::{ClosestCluster, Error, path};

use super::{Data, Failure, Placement, State};
use crate::Transaction;

#[derive(Deserialize)]
struct Directions {
    cluster: String,
    version: i64,
    #[serde(default = "active")]
    state: String,
}

fn active() -> String {
    "active".to_owned()
}

impl Data {
    /// Asks the directory for a user without a placement, and makes one if the user is in this cluster.
    ///
    /// It is asked before the transaction: no transaction is open across a call.
    pub(super) async fn welcome(&self, user: &str) -> Result<(), Failure> {
        let call = self.0.client.put("cluster", ClosestCluster, path!("/1/user/{user}"));
        let response = call.await.map_err(|error| unavailable(&error))?;
        if response.status() == http::StatusCode::GONE {
            return Err(Failure::user_gone());
        }
        let response = response.error_for_status().map_err(|error| unavailable(&error))?;
        let found: Directions = response.json().await.map_err(|error| unavailable(&error))?;
        if self.0.cluster.as_ref().is_some_and(|own| *own != found.cluster) {
            return Err(Failure::moved(found.cluster));
        }
        if found.state != "active" {
            return Err(Failure::frozen());
        }
        self.make_here(user.to_owned(), found.version).await
    }

    /// Makes the placement of a user who is in this cluster, if there is still none.
    async fn make_here(&self, user: String, version: i64) -> Result<(), Failure> {
        let work = async move |transaction: &mut Transaction| {
            let first = Placement::first(&user, State::Here, version);
            if !first.insert(transaction).await?
                && Placement::find(transaction, &user).await?.is_none()
            {
                // What is there is a mark that is kept no longer.
                first.save(transaction).await?;
            }
            Ok::<_, Failure>(())
        };
        self.0.database.write(work).await
    }
}

fn unavailable(error: &Error) -> Failure {
    Failure::Unavailable(format!("the cluster service cannot be asked: {error}"))
}
