//! Why a request is refused.

use database::ErrorKind;
use wsgiservice::Problem;

/// Why a request is refused. The member `code` tells programs what the text tells people.
#[derive(Debug, thiserror::Error, Problem)]
pub(crate) enum Refusal {
    /// The user was removed.
    #[error("the user was removed")]
    #[problem(410, type = "user-gone")]
    UserGone {
        /// What programs read.
        #[problem(extension)]
        code: &'static str,
    },
    /// The user has never been moved, or has no cluster yet.
    #[error("the user has never been moved")]
    #[problem(404, only = [crate::resources::Move::get, crate::resources::Move::delete])]
    NeverMoved,
    /// The user has no cluster yet.
    #[error("the user has no cluster yet")]
    #[problem(404, only = [crate::resources::Move])]
    Missing,
    /// The user has another cluster.
    #[error("the user is in cluster {0}")]
    #[problem(409, only = [crate::resources::User::put])]
    Elsewhere(String),
    /// A registered user does not become anonymous again.
    #[error("a registered user does not become anonymous again")]
    #[problem(409, only = [crate::resources::User::put])]
    Demoted,
    /// The cluster takes no new users.
    #[error("cluster {0} is closed to new users")]
    #[problem(409, only = [crate::resources::User::put])]
    Closed(String),
    /// The cluster does not exist.
    #[error("unknown cluster {0}")]
    #[problem(422, only = [crate::resources::User::put, crate::resources::Move::put])]
    UnknownCluster(String),
    /// No cluster takes new users.
    #[error("no cluster is open to new users")]
    #[problem(503, retry_after = 60, only = [crate::resources::User])]
    NoOpenCluster,
    /// Another move, a sweep or a removal is on.
    #[error("{0}")]
    #[problem(409, only = [crate::resources::Move::put])]
    Busy(String),
    /// The move is committed.
    #[error("the move to {0} is committed")]
    #[problem(409, only = [crate::resources::Move::delete])]
    Committed(String),
    /// The cluster has users.
    #[error("cluster {name} has {users} users")]
    #[problem(409, type = "not-empty", only = [crate::resources::Cluster::delete])]
    NotEmpty {
        /// The cluster.
        name: String,
        /// How many users there are.
        #[problem(extension)]
        users: i64,
        /// What programs read.
        #[problem(extension)]
        code: &'static str,
    },
    /// The user has changed since.
    #[error("the user has changed since")]
    #[problem(412, only = [crate::resources::User::put, crate::resources::User::delete])]
    Changed,
    /// Others change the user again and again. Within the service: what was read is not true any more.
    #[error("others change the user")]
    #[problem(503, retry_after = 1)]
    Stale,
    /// The database is not there.
    #[error("{0}")]
    #[problem(503, retry_after = 1)]
    Unavailable(String),
    /// Anything else of the database.
    #[error(transparent)]
    #[problem(500)]
    Database(database::Error),
    /// An event could not be written.
    #[error(transparent)]
    #[problem(500)]
    Event(database::data::Failure),
}

impl Refusal {
    pub(crate) fn user_gone() -> Self {
        Self::UserGone { code: "user-gone" }
    }

    pub(crate) fn not_empty(name: String, users: i64) -> Self {
        Self::NotEmpty { name, users, code: "not-empty" }
    }
}

impl From<database::Error> for Refusal {
    fn from(error: database::Error) -> Self {
        match error.kind() {
            ErrorKind::Unavailable | ErrorKind::Conflict => Self::Unavailable(error.to_string()),
            _ => Self::Database(error),
        }
    }
}
