//! Why a request is refused.

use database::ErrorKind;
use wsgiservice::Problem;

use crate::resources::{Dead, Listener, Message, Retry, Topic, TopicOfUser};

/// Why a request is refused. The member `code` tells programs what the text tells people.
#[derive(Debug, thiserror::Error, Problem)]
pub(crate) enum Refusal {
    /// The key was used for another message.
    #[error("the Idempotency-Key was used for another message")]
    #[problem(422, type = "key-reused", only = [Topic::post, TopicOfUser::post])]
    KeyReused {
        /// What programs read.
        #[problem(extension)]
        code: &'static str,
    },
    /// The name is that of a resource of the service, and of no topic.
    #[error("the name is reserved")]
    #[problem(404, only = [Topic::post, TopicOfUser::post])]
    Reserved,
    /// The content is too large.
    #[error("a message has at most {0} bytes")]
    #[problem(413, only = [Topic::post, TopicOfUser::post])]
    TooLarge(u64),
    /// The spool holds as much as it may.
    #[error("the spool is full")]
    #[problem(503, retry_after = 5, only = [Topic::post, TopicOfUser::post])]
    Full,
    /// It does not exist.
    #[error("Not Found")]
    #[problem(404, only = [Message, Listener::get, Listener::delete, Retry, Dead])]
    Missing,
    /// The listener is in the settings.
    #[error("the listener is in the settings, where it is changed")]
    #[problem(409, only = [Listener::put, Listener::delete])]
    FromSettings,
    /// The listener has mistakes.
    #[error("{0}")]
    #[problem(400, only = [Listener::put])]
    Mistakes(String),
    /// There are as many listeners as there may be.
    #[error("there are {0} listeners, and no more are added")]
    #[problem(409, only = [Listener::put])]
    TooMany(i64),
    /// What waited for the listener before it was switched off or deleted is being dropped.
    #[error("what waited for the listener before it was switched off or deleted is being dropped")]
    #[problem(503, retry_after = 1, only = [Listener::put])]
    BeingDropped,
    /// The listener of a dead delivery is not there, or switched off.
    #[error("the listener is not there, or switched off")]
    #[problem(409, only = [Retry])]
    NoListener,
    /// The database is not there.
    #[error("{0}")]
    #[problem(503, retry_after = 1)]
    Unavailable(String),
    /// Anything else of the database.
    #[error(transparent)]
    #[problem(500)]
    Database(database::Error),
}

impl Refusal {
    pub(crate) fn key_reused() -> Self {
        Self::KeyReused { code: "key-reused" }
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
