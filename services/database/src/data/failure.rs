//! Why a request about the data of a user is refused.

use wsgiservice::Problem;

use crate::{Error, ErrorKind};

/// Why a request about the data of a user is refused. The member `code` tells programs what the text tells people.
#[derive(Debug, thiserror::Error, Problem)]
#[non_exhaustive]
pub enum Failure {
    /// The user is in another cluster. Nothing was executed.
    #[error("the user is in cluster {cluster}")]
    #[problem(421, type = "moved")]
    Moved {
        /// The cluster.
        #[problem(header = "X-Cluster")]
        cluster: String,
        /// What programs read.
        #[problem(extension)]
        code: &'static str,
    },
    /// The user is being moved or removed. Nothing was executed.
    #[error("the user is being moved")]
    #[problem(423, type = "frozen", retry_after = 1)]
    Frozen {
        /// What programs read.
        #[problem(extension)]
        code: &'static str,
    },
    /// The user was removed.
    #[error("the user was removed")]
    #[problem(410, type = "user-gone")]
    UserGone {
        /// What programs read.
        #[problem(extension)]
        code: &'static str,
    },
    /// The key was used for another request.
    #[error("the Idempotency-Key was used for another request")]
    #[problem(422, type = "key-reused", only = [post, put, delete])]
    KeyReused {
        /// What programs read.
        #[problem(extension)]
        code: &'static str,
    },
    /// The call is older than what this service knows.
    #[error("the version is older than {known}")]
    #[problem(409, type = "older-version", only = [put, post])]
    OlderVersion {
        /// The version that this service knows.
        known: i64,
        /// What programs read.
        #[problem(extension)]
        code: &'static str,
    },
    /// The service has written for the user since.
    #[error("the user was written since")]
    #[problem(409, type = "written-since", only = [put])]
    WrittenSince {
        /// What programs read.
        #[problem(extension)]
        code: &'static str,
    },
    /// The placement does not allow that.
    #[error("{0}")]
    #[problem(409, only = [put, get, post])]
    NotPlaced(String),
    /// The row has changed since.
    #[error("the row has changed since")]
    #[problem(412, only = [post, put, delete, patch])]
    Changed,
    /// No row went by the version that is to be restored, or it is too long ago.
    #[error("nothing went by this version")]
    #[problem(412, only = [put])]
    NotRestorable,
    /// The row does not exist.
    #[error("Not Found")]
    #[problem(404)]
    Missing,
    /// The row was deleted.
    #[error("Not Found")]
    #[problem(404)]
    Removed {
        /// The version of the `DELETE`.
        #[problem(header = "X-Version")]
        version: i64,
    },
    /// The content of an import is not complete, or a placement has no cluster.
    #[error("{0}")]
    #[problem(400, only = [post, put])]
    Malformed(String),
    /// The cluster service, or the database, is not there.
    #[error("{0}")]
    #[problem(503, retry_after = 1)]
    Unavailable(String),
    /// Anything else of the database.
    #[error(transparent)]
    #[problem(500)]
    Database(Error),
    /// A refusal of the service itself.
    #[error(transparent)]
    #[problem(transparent)]
    Refused(#[from] Problem),
}

impl Failure {
    pub(crate) fn moved(cluster: impl Into<String>) -> Self {
        Self::Moved { cluster: cluster.into(), code: "moved" }
    }

    pub(crate) fn frozen() -> Self {
        Self::Frozen { code: "frozen" }
    }

    pub(crate) fn user_gone() -> Self {
        Self::UserGone { code: "user-gone" }
    }

    pub(crate) fn key_reused() -> Self {
        Self::KeyReused { code: "key-reused" }
    }

    pub(crate) fn older_version(known: i64) -> Self {
        Self::OlderVersion { known, code: "older-version" }
    }

    pub(crate) fn written_since() -> Self {
        Self::WrittenSince { code: "written-since" }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::Unavailable | ErrorKind::Conflict => Self::Unavailable(error.to_string()),
            _ => Self::Database(error),
        }
    }
}
