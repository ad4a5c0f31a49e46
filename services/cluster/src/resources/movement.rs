//! The move of a user to another cluster.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use wsgiservice::{NoContent, answer::Accepted, mount, resource};

use super::{ClusterName, UserId};
use crate::{
    database::{Phase, Row},
    mover::Mover,
    refusal::Refusal,
};

/// The move of a user to another cluster.
#[mount("/1/user/{user}/move")]
pub(crate) struct Move {
    pub(super) mover: Mover,
}

/// A move, or the last one that was.
#[derive(Serialize, JsonSchema)]
struct Movement {
    /// The cluster that the user moves to.
    to: String,
    /// The last step that is done.
    phase: Phase,
    /// When it was asked for.
    #[schemars(with = "Option<wsgiservice::schema::Timestamp>")]
    begun: Option<String>,
    /// The last error. A step that has failed is tried again.
    error: Option<String>,
}

#[resource]
impl Move {
    /// Return the move of a user, or the last one that was.
    async fn get(&self, user: UserId) -> Result<Movement, Refusal> {
        self.movement(&user).await
    }

    /// Move a user to another cluster. A user who is there, or on the way, is moved no further.
    async fn put(
        &self,
        user: UserId,
        #[validate(doc = "The other cluster, which may be closed to new users.")] to: ClusterName,
    ) -> Result<Accepted<Movement>, Refusal> {
        let row = self.mover.begin(&user, &to.0).await?;
        Movement::of(row).map(Accepted).ok_or(Refusal::Stale)
    }

    /// Abort a move that is not committed.
    async fn delete(&self, user: UserId) -> Result<NoContent, Refusal> {
        self.movement(&user).await?;
        self.mover.abort(&user).await?;
        Ok(NoContent)
    }
}

impl Move {
    async fn movement(&self, user: &str) -> Result<Movement, Refusal> {
        let row = self.mover.directory().find(user).await?.ok_or(Refusal::Missing)?;
        row.check_exists()?;
        Movement::of(row).ok_or(Refusal::NeverMoved)
    }
}

impl Movement {
    fn of(row: Row) -> Option<Self> {
        let Row { move_to, phase, begun, error, .. } = row;
        Some(Self { to: move_to?, phase: phase?, begun: begun.and_then(time), error })
    }
}

/// A time in milliseconds, as RFC 3339 writes it.
fn time(milliseconds: i64) -> Option<String> {
    let time = Timestamp::from_millisecond(milliseconds).ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}
