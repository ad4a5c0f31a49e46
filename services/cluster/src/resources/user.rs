//! Which cluster holds a user.

use schemars::JsonSchema;
use serde::Serialize;
use wsgiservice::{
    EntityTag, NoContent, Preconditions,
    answer::{Put, WithFields},
    http::{HeaderValue, header},
    mount, resource,
};

use super::{ClusterName, UserId};
use crate::{
    database::{Directory, Row, State, Visit, Visited},
    mover::Mover,
    refusal::Refusal,
};

/// Which cluster holds a user.
#[mount("/1/user/{user}")]
pub(crate) struct User {
    pub(super) directory: Directory,
    pub(super) mover: Mover,
}

/// Which cluster holds a user.
#[derive(Serialize, JsonSchema)]
struct Directions {
    /// The user.
    user: String,
    /// The cluster.
    cluster: String,
    /// Which change of the directory has said so; 0 without one.
    version: i64,
    /// Whether the user has the cluster, or would get it.
    assigned: bool,
    /// Whether the user is removed after 30 days without a visit.
    anonymous: bool,
    /// What is decided of the user.
    state: State,
}

#[resource]
impl User {
    async fn etag(&self, user: UserId) -> Result<Option<EntityTag>, Refusal> {
        let row = self.directory.find(&user).await?;
        Ok(row.filter(|row| row.state != State::Gone).map(|row| row.tag()))
    }

    /// Return the cluster that holds a user, or that a user without one would get. It never assigns one.
    async fn get(&self, user: UserId) -> Result<WithFields<Directions>, Refusal> {
        let (directions, control) = match self.directory.find(&user).await? {
            Some(row) => {
                row.check_exists()?;
                (Directions::from(row), "max-age=300")
            }
            None => (self.candidate(user.to_string()).await?, "no-store"),
        };
        let control = HeaderValue::from_static(control);
        Ok(WithFields::new(directions).field(header::CACHE_CONTROL, control))
    }

    /// Assign a cluster to a user who has none. It is a visit: it takes a sweep back.
    async fn put(
        &self,
        user: UserId,
        #[validate(
            doc = "Whether the user is anonymous, as a new one is by default. `false` promotes, and `true` demotes nobody."
        )]
        anonymous: Option<bool>,
        #[validate(doc = "The cluster; otherwise it is chosen by the weights.")] cluster: Option<
            ClusterName,
        >,
        preconditions: Preconditions,
    ) -> Result<WithFields<Put<Directions>>, Refusal> {
        let visit = Visit { anonymous, cluster: cluster.map(|it| it.0), preconditions };
        let Visited { row, is_new } = self.directory.visit(&user, &visit).await?;
        if row.unfinished {
            self.mover.wake(&user);
        }
        let directions = Directions::from(row);
        if !is_new {
            return Ok(WithFields::new(Put::Replaced(directions)));
        }
        let created = WithFields::new(Put::Created(directions));
        Ok(match HeaderValue::try_from(Self::path(user)) {
            Ok(location) => created.field(header::LOCATION, location),
            Err(_) => created,
        })
    }

    /// Remove a user and all data of the user.
    async fn delete(
        &self,
        user: UserId,
        preconditions: Preconditions,
    ) -> Result<NoContent, Refusal> {
        self.directory.remove(&user, &preconditions).await?;
        self.mover.wake(&user);
        Ok(NoContent)
    }
}

impl User {
    async fn candidate(&self, user: String) -> Result<Directions, Refusal> {
        let cluster = self.directory.candidate(&user).await?;
        let (version, state) = (0, State::Active);
        Ok(Directions { user, cluster, version, assigned: false, anonymous: true, state })
    }
}

impl From<Row> for Directions {
    fn from(row: Row) -> Self {
        let Row { user, cluster, version, anonymous, state, .. } = row;
        Self { user, cluster, version, assigned: true, anonymous, state }
    }
}
