//! Where a user is, as this service knows it.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wsgiservice::Parameter;

use super::{Data, Failure, retention};
use crate::{Error, Row, Transaction, Value, values};

/// What a service does for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It reads and writes.
    Here,
    /// It reads: a move or a sweep is deciding.
    Frozen,
    /// It does neither: the data were imported, and are not committed yet.
    Incoming,
    /// The user has moved. No rows are left.
    Away,
    /// The user was removed. No rows are left.
    Gone,
}

/// The row of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Placement {
    /// The user.
    pub user: String,
    /// What this service does for the user.
    pub state: State,
    /// The version of the directory that has said so.
    pub version: i64,
    /// The cluster of the user, if it is another one.
    pub cluster: Option<String>,
    /// The last version that a change of the user's data has drawn.
    pub counter: i64,
    /// When the data of the user were changed last, in milliseconds.
    pub written: i64,
}

/// What the cluster service can say of a user.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema, Parameter)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told {
    /// The user is read and written here.
    Here,
    /// The user is only read, since a move or a sweep is deciding.
    Frozen,
    /// The user has moved to another cluster.
    Away,
    /// The user was removed.
    Gone,
}

/// What a call asks a placement to be.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    state: State,
    version: i64,
    cluster: Option<String>,
    since: Option<i64>,
}

/// The row of a user, with its columns in this order.
pub(super) const FIND: &str = "SELECT user_id, state, version, cluster, counter, written, placed FROM placement \
    WHERE user_id = ?";

/// The columns that are written.
const COLUMNS: [&str; 7] =
    ["user_id", "state", "version", "cluster", "counter", "written", "placed"];

impl Placement {
    pub(super) async fn find(
        transaction: &mut Transaction,
        user: &str,
    ) -> Result<Option<Self>, Error> {
        Self::of(transaction.optional(FIND, &values![user]).await?)
    }

    /// Locks the placement of a user until the end of the transaction, and returns it. Without one, nobody else can create it.
    ///
    /// It is the first statement of a transaction: a `SELECT` waits for no writer, so that what it reads would be overwritten
    /// or missed.
    pub(super) async fn held(
        transaction: &mut Transaction,
        user: &str,
    ) -> Result<Option<Self>, Error> {
        let hold = "UPDATE placement SET counter = counter WHERE user_id = ?";
        if transaction.execute(hold, &values![user]).await? == 0 {
            if Self::first(user, State::Incoming, 0).insert(transaction).await? {
                return Ok(None);
            }
            // Another transaction was first.
            transaction.execute(hold, &values![user]).await?;
        }
        Self::find(transaction, user).await
    }

    /// The placement of a user who was not known.
    pub(super) fn first(user: &str, state: State, version: i64) -> Self {
        let user = user.to_owned();
        // A counter never begins again where it was, since it begins at the time.
        Self { user, state, version, cluster: None, counter: test_hooks::now(), written: 0 }
    }

    /// The placement in a row. An expired mark does not count, even before it is removed: the directory may have forgotten the
    /// user at the same time, and have assigned a new one with this ID.
    pub(super) fn of(row: Option<Row>) -> Result<Option<Self>, Error> {
        let Some(row) = row else { return Ok(None) };
        let state = row.get::<String>(1)?.parse()?;
        if matches!(state, State::Away | State::Gone) && row.get::<i64>(6)? < retention::marks() {
            return Ok(None);
        }
        Ok(Some(Self {
            user: row.get(0)?,
            state,
            version: row.get(2)?,
            cluster: row.get(3)?,
            counter: row.get(4)?,
            written: row.get(5)?,
        }))
    }

    /// Makes this the placement of a user whose placement is [held](Self::held).
    pub(super) async fn save(&self, transaction: &mut Transaction) -> Result<(), Error> {
        let (user, columns) = (&COLUMNS[..1], &COLUMNS[1..]);
        let upsert = transaction.dialect().upsert("placement", user, columns);
        transaction.execute(&upsert, &self.values()).await.map(|_| ())
    }

    /// Makes this the placement of a user, and tells whether there was none.
    pub(super) async fn insert(&self, transaction: &mut Transaction) -> Result<bool, Error> {
        let insert = transaction.dialect().insert_or_ignore("placement", &COLUMNS);
        Ok(transaction.execute(&insert, &self.values()).await? > 0)
    }

    /// The values of the columns.
    fn values(&self) -> [Value; 7] {
        values![
            &self.user,
            self.state.as_str(),
            self.version,
            self.cluster.as_deref(),
            self.counter,
            self.written,
            test_hooks::now(),
        ]
    }

    /// Why the user cannot be read here.
    pub(super) fn check_read(&self) -> Result<(), Failure> {
        match self.state {
            State::Here | State::Frozen => Ok(()),
            _ => self.check_write(),
        }
    }

    /// Why the user cannot be written here.
    pub(super) fn check_write(&self) -> Result<(), Failure> {
        match self.state {
            State::Here => Ok(()),
            State::Frozen | State::Incoming => Err(Failure::frozen()),
            State::Away => Err(Failure::moved(self.cluster.clone().unwrap_or_default())),
            State::Gone => Err(Failure::user_gone()),
        }
    }
}

impl Data {
    /// The placement of a user.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn placement(&self, user: &str) -> Result<Option<Placement>, Error> {
        Placement::of(self.0.database.optional(FIND, &values![user]).await?)
    }

    /// Makes the placement of a user what a call asks for. A call may come late, and again: an older one is refused.
    pub(super) async fn place(&self, user: String, asked: Asked) -> Result<Placement, Failure> {
        let data = self.clone();
        let work = async move |transaction: &mut Transaction| {
            let known = Placement::held(transaction, &user).await?;
            let placement = asked.applied(&user, known)?;
            placement.save(transaction).await?;
            if matches!(placement.state, State::Away | State::Gone) {
                data.remove(transaction, &user).await?;
            }
            Ok(placement)
        };
        self.0.database.write(work).await
    }
}

impl Asked {
    pub(super) fn new(
        told: Told,
        version: i64,
        cluster: Option<String>,
        since: Option<i64>,
    ) -> Result<Self, Failure> {
        let (state, cluster) = match (told, cluster) {
            (Told::Here, _) => (State::Here, None),
            (Told::Frozen, _) => (State::Frozen, None),
            (Told::Gone, _) => (State::Gone, None),
            (Told::Away, Some(cluster)) => (State::Away, Some(cluster)),
            (Told::Away, None) => {
                let message = "the cluster of a user who is away is missing";
                return Err(Failure::Malformed(message.to_owned()));
            }
        };
        Ok(Self { state, version, cluster, since })
    }

    fn applied(&self, user: &str, known: Option<Placement>) -> Result<Placement, Failure> {
        if let Some(known) = &known {
            // A version freezes a user once: the call may come late, after the user is here again.
            let is_late = self.version == known.version
                && self.state == State::Frozen
                && known.state != State::Frozen;
            if self.version < known.version || is_late {
                return Err(Failure::older_version(known.version));
            }
            if self.state == State::Frozen && self.since.is_some_and(|since| known.written > since)
            {
                return Err(Failure::written_since());
            }
        }
        let may_be_here =
            |it: &Placement| matches!(it.state, State::Here | State::Frozen | State::Incoming);
        if self.state == State::Here && !known.as_ref().is_some_and(may_be_here) {
            let message = "only what was here, frozen or imported can be here".to_owned();
            return Err(Failure::NotPlaced(message));
        }
        // What was not frozen was not copied: its rows are the only ones.
        if self.state == State::Away && known.as_ref().is_some_and(|it| it.state == State::Here) {
            let message = "only what was frozen or imported can be away".to_owned();
            return Err(Failure::NotPlaced(message));
        }
        Ok(Placement {
            state: self.state,
            version: self.version,
            cluster: self.cluster.clone(),
            ..known.unwrap_or_else(|| Placement::first(user, self.state, self.version))
        })
    }
}

impl State {
    /// The state as it is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Frozen => "frozen",
            Self::Incoming => "incoming",
            Self::Away => "away",
            Self::Gone => "gone",
        }
    }
}

impl FromStr for State {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        [Self::Here, Self::Frozen, Self::Incoming, Self::Away, Self::Gone]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| Error::new(crate::ErrorKind::Other, format!("unknown state {text:?}")))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
