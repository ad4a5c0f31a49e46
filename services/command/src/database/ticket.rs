//! The row of a command.

use database::{
    Database, Error, Statement, Transaction,
    data::{Data, Failure},
    values,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    answer::Answer,
    work::{Progress, Work},
};

/// What a command is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The steps are being executed.
    Prepared,
    /// One has failed, and those before it are being inverted.
    Compensating,
    /// An undo looks for what has changed since.
    Checking,
    /// The steps of an undo are being executed.
    Applying,
    /// It can be undone.
    Open,
    /// It is being undone by another row.
    Undoing,
    /// It was undone.
    Undone,
    /// It was given up: a person has to decide.
    Failed,
    /// It was not undone in time, and cannot be undone any more.
    Expired,
    /// It has ended, and cannot be undone.
    Ended,
}

/// A command that is being executed.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    pub(crate) user: String,
    pub(crate) id: String,
    pub(crate) request_key: String,
    pub(crate) fingerprint: String,
    pub(crate) state: State,
    /// The worker that executes it.
    pub(crate) owner: String,
    pub(crate) created: i64,
    /// The ticket that it undoes.
    pub(crate) undoes: Option<String>,
    pub(crate) work: Work,
    pub(crate) progress: Progress,
}

/// How a command ends.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) from: State,
    pub(crate) to: State,
    pub(crate) answer: Option<Answer>,
}

const STATES: [(State, &str); 10] = [
    (State::Prepared, "prepared"),
    (State::Compensating, "compensating"),
    (State::Checking, "checking"),
    (State::Applying, "applying"),
    (State::Open, "open"),
    (State::Undoing, "undoing"),
    (State::Undone, "undone"),
    (State::Failed, "failed"),
    (State::Expired, "expired"),
    (State::Ended, "ended"),
];

/// An ID of 32 hexadecimal digits.
pub(crate) fn new_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("", |(_, text)| text)
    }

    /// Whether it has ended, or waits for an undo. Not [`Self::Failed`], which waits for a person.
    pub(super) fn is_at_rest(self) -> bool {
        matches!(self, Self::Open | Self::Undone | Self::Expired | Self::Ended)
    }

    pub(super) fn of(text: &str) -> Result<Self, Error> {
        let found = STATES.iter().find(|(_, it)| *it == text);
        found
            .map(|(state, _)| *state)
            .ok_or_else(|| Error::other(format!("unknown state {text:?}")))
    }
}

impl Ticket {
    /// Inserts the row.
    pub(crate) async fn insert(&self, transaction: &mut Transaction) -> Result<(), Failure> {
        let sql = "INSERT INTO ticket (user_id, id, request_key, fingerprint, state, owner, created, \
                   undoes, redo, work, progress, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, NULL)";
        let values = values![
            &self.user,
            &self.id,
            &self.request_key,
            &self.fingerprint,
            self.state.as_str(),
            &self.owner,
            self.created,
            self.undoes.as_deref(),
            written(&self.work)?,
            written(&self.progress)?,
        ];
        transaction.execute(sql, &values).await?;
        Ok(())
    }

    /// Keeps how far the command has come.
    pub(crate) async fn save(
        &self,
        transaction: &mut Transaction,
        from: State,
    ) -> Result<(), Failure> {
        let set = "state = ?, progress = ?";
        let values = values![self.state.as_str(), written(&self.progress)?];
        self.update(transaction, from, set, &values).await
    }

    /// Ends the command, of which its steps are no longer needed.
    pub(crate) async fn end(
        &self,
        transaction: &mut Transaction,
        ended: &Ended,
    ) -> Result<(), Failure> {
        let set = "state = ?, answer = ?, work = '', progress = ''";
        let answer = ended.answer.as_ref().map(written).transpose()?;
        self.update(transaction, ended.from, set, &values![ended.to.as_str(), answer]).await
    }

    /// Gives the command up, with all that is known of it.
    pub(crate) async fn give_up(&self, transaction: &mut Transaction) -> Result<(), Failure> {
        let set = "state = ?";
        self.update(transaction, self.state, set, &values![State::Failed.as_str()]).await
    }

    /// Removes the row of a command that had no effect.
    pub(crate) async fn remove(&self, transaction: &mut Transaction) -> Result<(), Failure> {
        let sql = "DELETE FROM ticket WHERE user_id = ? AND id = ? AND owner = ? AND state = ?";
        let values = values![&self.user, &self.id, &self.owner, self.state.as_str()];
        changed(transaction.execute(sql, &values).await?)
    }

    /// Changes the row, if this worker still owns it.
    async fn update(
        &self,
        transaction: &mut Transaction,
        from: State,
        set: &str,
        values: &[database::Value],
    ) -> Result<(), Failure> {
        let is_ours = is_ours();
        let sql = format!(
            "UPDATE ticket SET {set} WHERE user_id = ? AND id = ? AND state = ? AND {is_ours}"
        );
        let key = values![&self.user, &self.id, from.as_str(), &self.owner];
        changed(transaction.execute(&sql, &[values, &key].concat()).await?)
    }

    /// Whether this worker still owns the row, and it is where this worker has left it, if its user can be read here.
    pub(crate) async fn is_ours(&self, data: &Data) -> Result<bool, Failure> {
        let is_ours = is_ours();
        let sql = format!(
            "SELECT id FROM ticket WHERE user_id = ? AND id = ? AND state = ? AND {is_ours}"
        );
        let values = values![&self.user, &self.id, self.state.as_str(), &self.owner];
        let [rows] = data.read(&self.user, [Statement::new(&*sql, values)]).await?;
        Ok(!rows.is_empty())
    }

    /// Lets another worker own a row, whose owner is dead.
    pub(crate) async fn take(
        &self,
        transaction: &mut Transaction,
        owner: &str,
    ) -> Result<(), Failure> {
        self.update(transaction, self.state, "owner = ?", &values![owner]).await
    }

    /// Lets the ticket that this one undoes go from a state to another.
    pub(crate) async fn move_undone(
        &self,
        transaction: &mut Transaction,
        (from, to): (State, State),
        redo: Option<&str>,
    ) -> Result<(), Failure> {
        let is_from = if test_hooks::rule("command::cas") { "state = ?" } else { "? <> ''" };
        let sql = format!(
            "UPDATE ticket SET state = ?, redo = ? WHERE user_id = ? AND id = ? AND {is_from}"
        );
        let values = values![to.as_str(), redo, &self.user, self.undoes.as_deref(), from.as_str()];
        changed(transaction.execute(&sql, &values).await?)
    }

    /// The row with all that is needed to go on.
    pub(crate) async fn find(
        database: &Database,
        user: &str,
        id: &str,
    ) -> Result<Option<Self>, Error> {
        let sql = "SELECT request_key, fingerprint, state, owner, created, undoes, work, progress \
                   FROM ticket WHERE user_id = ? AND id = ?";
        let Some(row) = database.optional(sql, &values![user, id]).await? else { return Ok(None) };
        Ok(Some(Self {
            user: user.to_owned(),
            id: id.to_owned(),
            request_key: row.get::<Option<String>>(0)?.unwrap_or_default(),
            fingerprint: row.get(1)?,
            state: State::of(&row.get::<String>(2)?)?,
            owner: row.get(3)?,
            created: row.get(4)?,
            undoes: row.get(5)?,
            work: read(&row.get::<String>(6)?)?,
            progress: read(&row.get::<String>(7)?)?,
        }))
    }
}

/// The condition that a worker owns a row.
fn is_ours() -> &'static str {
    if test_hooks::rule("command::owner") { "owner = ?" } else { "? <> ''" }
}

/// A row that was not changed belongs to another worker, or is in another state.
fn changed(rows: u64) -> Result<(), Failure> {
    if rows == 0 { Err(Failure::Changed) } else { Ok(()) }
}

fn written<T: Serialize>(value: &T) -> Result<String, Failure> {
    Ok(serde_json::to_string(value).map_err(Error::other)?)
}

/// Reads a column in JSON.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(Error::other)
}
