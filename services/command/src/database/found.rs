//! What is known of commands, but not their steps.

use database::{
    Error, Row, Statement, Transaction,
    data::{Data, Failure, List, Listing},
    values,
};

use super::ticket::{State, read};
use crate::answer::Answer;

/// What is known of a command, but not its steps.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) id: String,
    pub(crate) fingerprint: String,
    pub(crate) state: State,
    pub(crate) created: i64,
    pub(crate) redo: Option<String>,
    pub(crate) answer: Option<Answer>,
}

/// A ticket in a list.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    pub(crate) id: String,
    pub(crate) state: State,
    pub(crate) created: i64,
}

/// How long a key is known after its command has come to rest, from its beginning, in milliseconds.
const KEYS: i64 = 48 * 60 * 60 * 1_000;

const FOUND: &str =
    "SELECT id, fingerprint, state, created, redo, answer FROM ticket WHERE user_id = ?";

/// The tickets of a user that can be undone, the last one first.
const OPEN: Listing = Listing {
    total: "SELECT COUNT(*) FROM ticket WHERE user_id = ? AND state = 'open' AND created >= ?",
    page: "SELECT id, state, created FROM ticket WHERE user_id = ? AND state = 'open' \
           AND created >= ? ORDER BY created DESC, id LIMIT ? OFFSET ?",
};

impl Found {
    fn of(row: &Row) -> Result<Self, Error> {
        let answer = row.get::<Option<String>>(5)?;
        Ok(Self {
            id: row.get(0)?,
            fingerprint: row.get(1)?,
            state: State::of(&row.get::<String>(2)?)?,
            created: row.get(3)?,
            redo: row.get(4)?,
            answer: answer.map(|it| read(&it)).transpose()?,
        })
    }

    /// The command of a ticket, if its user can be read here.
    pub(crate) async fn by_id(data: &Data, user: &str, id: &str) -> Result<Option<Self>, Failure> {
        let sql = format!("{FOUND} AND id = ?");
        let [rows] = data.read(user, [Statement::new(sql, values![user, id])]).await?;
        Ok(rows.first().map(Self::of).transpose()?)
    }

    /// The command of a key, if its user can be read here.
    pub(crate) async fn by_key(
        data: &Data,
        user: &str,
        key: &str,
    ) -> Result<Option<Self>, Failure> {
        let sql = format!("{FOUND} AND request_key = ?");
        let [rows] = data.read(user, [Statement::new(sql, values![user, key])]).await?;
        Ok(rows.first().map(Self::of).transpose()?.filter(|found| !found.is_too_old()))
    }

    /// The same, in the transaction that inserts one. A key that is known no longer is free then.
    pub(crate) async fn in_transaction(
        transaction: &mut Transaction,
        user: &str,
        key: &str,
    ) -> Result<Option<Self>, Failure> {
        let sql = format!("{FOUND} AND request_key = ?");
        let row = transaction.optional(&sql, &values![user, key]).await?;
        let found = row.as_ref().map(Self::of).transpose()?;
        let Some(old) = found.as_ref().filter(|found| found.is_too_old()) else { return Ok(found) };
        let free = "UPDATE ticket SET request_key = NULL WHERE user_id = ? AND id = ?";
        transaction.execute(free, &values![user, &old.id]).await?;
        Ok(None)
    }

    /// Whether its key is known no longer.
    fn is_too_old(&self) -> bool {
        self.state.is_at_rest() && self.created < test_hooks::now() - KEYS
    }
}

impl Summary {
    pub(crate) fn of_found(found: &Found) -> Self {
        let Found { id, state, created, .. } = found.clone();
        Self { id, state, created }
    }

    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.get(0)?,
            state: State::of(&row.get::<String>(1)?)?,
            created: row.get(2)?,
        })
    }
}

/// A part of the list of the tickets that can be undone, which were created since a time.
pub(crate) async fn list(
    data: &Data,
    user: &str,
    since: i64,
    (start, count): (u32, u32),
) -> Result<List<Summary>, Failure> {
    let values = values![user, since];
    let part = OPEN.part(&values, start, count);
    part.read(data.read(user, part.statements()).await?, Summary::of)
}
