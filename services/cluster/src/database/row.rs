//! What the directory knows of a user.

use std::str::FromStr;

use database::{Error, Value, values};
use schemars::JsonSchema;
use serde::Serialize;
use test_hooks::now;

/// What is decided of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// The user is in the cluster.
    Active,
    /// The user is being moved to another cluster.
    Frozen,
    /// A sweep is deciding whether the user is removed.
    Expiring,
    /// The user was removed.
    Gone,
}

/// The last step of a move that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// It has not begun.
    Waiting,
    /// The directory says that the user is frozen.
    Frozen,
    /// The services of the old cluster write nothing of the user.
    Held,
    /// The services of the new cluster have all data.
    Imported,
    /// The directory says that the user is in the new cluster.
    Committed,
    /// The services of the old cluster have no data.
    Away,
    /// The services of the new cluster write for the user: the move has ended.
    Done,
    /// The directory says that the user stays.
    Aborting,
    /// The services of the old cluster write for the user again.
    Aborted,
}

/// What the directory knows of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) user: String,
    pub(crate) cluster: String,
    pub(crate) version: i64,
    pub(crate) state: State,
    pub(crate) anonymous: bool,
    /// When the last visit was that is noted.
    pub(crate) last_seen: i64,
    /// When the last step was done.
    pub(crate) touched: i64,
    /// Whether there is something to do, or a service may not know yet what the row says.
    pub(crate) unfinished: bool,
    /// The other cluster of a move that is on, whose services are told as well.
    pub(crate) other: Option<String>,
    /// Where the last move leads.
    pub(crate) move_to: Option<String>,
    pub(crate) phase: Option<Phase>,
    pub(crate) begun: Option<i64>,
    /// The last error of what is on.
    pub(crate) error: Option<String>,
}

pub(super) const COLUMNS: [&str; 13] = [
    "user_id",
    "cluster",
    "version",
    "state",
    "anonymous",
    "last_seen",
    "touched",
    "unfinished",
    "other",
    "move_to",
    "phase",
    "begun",
    "error",
];

pub(super) fn columns() -> String {
    COLUMNS.join(", ")
}

impl Row {
    /// A user who comes for the first time.
    pub(super) fn new(user: &str, cluster: String, version: i64, anonymous: bool) -> Self {
        Self {
            user: user.to_owned(),
            cluster,
            version,
            state: State::Active,
            anonymous,
            last_seen: now(),
            touched: now(),
            unfinished: false,
            other: None,
            move_to: None,
            phase: None,
            begun: None,
            error: None,
        }
    }

    pub(super) fn of(row: &database::Row) -> Result<Self, Error> {
        let (state, phase): (String, Option<String>) = (row.get(3)?, row.get(10)?);
        Ok(Self {
            user: row.get(0)?,
            cluster: row.get(1)?,
            version: row.get(2)?,
            state: state.parse()?,
            anonymous: row.get(4)?,
            last_seen: row.get(5)?,
            touched: row.get(6)?,
            unfinished: row.get(7)?,
            other: row.get(8)?,
            move_to: row.get(9)?,
            phase: phase.map(|phase| phase.parse()).transpose()?,
            begun: row.get(11)?,
            error: row.get(12)?,
        })
    }

    /// The values of the columns.
    pub(super) fn values(&self) -> Vec<Value> {
        values![
            &self.user,
            &self.cluster,
            self.version,
            self.state.as_str(),
            self.anonymous,
            self.last_seen,
            self.touched,
            self.unfinished,
            self.other.as_deref(),
            self.move_to.as_deref(),
            self.phase.map(Phase::as_str),
            self.begun,
            self.error.as_deref(),
        ]
        .into()
    }

    /// A move is on, which has not begun.
    pub(crate) fn to_be_moved(&self, to: &str) -> Self {
        let (move_to, begun) = (Some(to.to_owned()), Some(now()));
        let phase = Some(Phase::Waiting);
        Self { move_to, begun, phase, unfinished: true, error: None, ..self.clone() }
    }

    /// The first step of a move.
    pub(crate) fn frozen(&self) -> Self {
        let (other, phase) = (self.move_to.clone(), Some(Phase::Frozen));
        Self { state: State::Frozen, other, phase, error: None, ..self.clone() }
    }

    /// The commit of a move: the clusters change their places.
    pub(crate) fn moved(&self) -> Self {
        let cluster = self.other.clone().unwrap_or_else(|| self.cluster.clone());
        let (other, phase) = (Some(self.cluster.clone()), Some(Phase::Committed));
        Self { state: State::Active, cluster, other, phase, error: None, ..self.clone() }
    }

    /// The end of a move that is not committed.
    pub(crate) fn aborted(&self) -> Self {
        // The error tells why.
        let phase =
            Some(if self.state == State::Frozen { Phase::Aborting } else { Phase::Aborted });
        let unfinished = self.state == State::Frozen;
        Self { state: State::Active, phase, unfinished, ..self.clone() }
    }

    /// The first step of a sweep.
    pub(crate) fn expiring(&self) -> Self {
        Self { state: State::Expiring, unfinished: true, error: None, ..self.clone() }
    }

    /// The end of a sweep that is not committed.
    pub(crate) fn taken_back(&self) -> Self {
        Self { state: State::Active, unfinished: true, ..self.clone() }
    }

    /// The commit of a sweep, or of a removal.
    pub(crate) fn removed(&self) -> Self {
        Self { state: State::Gone, unfinished: true, error: None, ..self.clone() }
    }
}

/// Implements the text of an enum as it is stored and sent.
macro_rules! words {
    ($type:ident { $($variant:ident => $word:literal),* $(,)? }) => {
        impl $type {
            pub(crate) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl FromStr for $type {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(Error::other(format!("unknown {} {text:?}", stringify!($type)))),
                }
            }
        }
    };
}

pub(super) use words;

words!(State { Active => "active", Frozen => "frozen", Expiring => "expiring", Gone => "gone" });

words!(Phase {
    Waiting => "waiting",
    Frozen => "frozen",
    Held => "held",
    Imported => "imported",
    Committed => "committed",
    Away => "away",
    Done => "done",
    Aborting => "aborting",
    Aborted => "aborted",
});

impl Phase {
    /// What a phase is when every service knows.
    pub(super) fn ended(self) -> Self {
        match self {
            Self::Aborting | Self::Aborted => Self::Aborted,
            Self::Committed | Self::Away | Self::Done => Self::Done,
            before => before,
        }
    }
}
