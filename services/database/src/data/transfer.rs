//! All that a service has of a user, as text that another one takes over.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Data, Failure, Placement, State, Table};
use crate::{Error, ErrorKind, Transaction, Type, Value, sql, values};

/// The first line.
#[derive(Serialize, Deserialize)]
struct First {
    service: String,
    user: String,
    version: i64,
    counter: i64,
}

/// A line for each row.
#[derive(Serialize, Deserialize)]
struct Line {
    table: String,
    row: Vec<Json>,
}

/// The last line, without which an export is not complete.
#[derive(Serialize, Deserialize)]
struct Last {
    end: usize,
}

impl Data {
    /// All that the service has of a user who is frozen at this version.
    pub(super) async fn export(&self, user: String, version: i64) -> Result<String, Failure> {
        let data = self.clone();
        let work = async move |transaction: &mut Transaction| {
            let placement = Placement::find(transaction, &user).await?.ok_or(Failure::Missing)?;
            if (placement.state, placement.version) != (State::Frozen, version) {
                let message = format!("the user is not frozen at version {version}");
                return Err(Failure::NotPlaced(message));
            }
            data.write(transaction, &placement).await
        };
        self.0.database.write(work).await
    }

    async fn write(
        &self,
        transaction: &mut Transaction,
        placement: &Placement,
    ) -> Result<String, Failure> {
        let Placement { user, version, counter, .. } = placement;
        let service = self.0.service.to_owned();
        let first = First { service, user: user.clone(), version: *version, counter: *counter };
        let mut text = line(&first)?;
        let mut end = 0;
        for table in self.tables() {
            let columns: Vec<_> = table.columns.iter().map(|(name, _)| *name).collect();
            let select =
                format!("SELECT {} FROM {} WHERE user_id = ?", columns.join(", "), table.name);
            for row in transaction.query(&select, &values![user]).await? {
                let row = row.values().iter().map(to_json).collect();
                text += &line(&Line { table: table.name.to_owned(), row })?;
                end += 1;
            }
        }
        text += &line(&Last { end })?;
        Ok(text)
    }

    /// Replaces all that the service has of a user by an export. It is neither read nor written until it is `here`.
    pub(super) async fn import(
        &self,
        user: String,
        version: i64,
        text: &str,
    ) -> Result<Placement, Failure> {
        let Parsed { counter, rows } = self.parse(&user, version, text)?;
        let data = self.clone();
        let work = async move |transaction: &mut Transaction| {
            let known = Placement::find(transaction, &user).await?;
            if let Some(known) = &known {
                may_be_replaced(known, version)?;
            }
            data.remove(transaction, &user).await?;
            for (table, row) in &rows {
                let columns: Vec<_> = table.columns.iter().map(|(name, _)| *name).collect();
                transaction.execute(&sql::insert(table.name, &columns), row).await?;
            }
            let (own, written) = known.map_or((0, 0), |known| (known.counter, known.written));
            let placement = Placement {
                user: user.clone(),
                state: State::Incoming,
                version,
                cluster: None,
                // No version is drawn twice.
                counter: own.max(counter),
                written,
            };
            placement.save(transaction).await?;
            Ok::<_, Failure>(placement)
        };
        self.0.database.write(work).await
    }

    fn parse(&self, user: &str, version: i64, text: &str) -> Result<Parsed, Failure> {
        let mut lines = text.lines();
        let first: First = read(lines.next().unwrap_or_default())?;
        if (first.service.as_str(), first.user.as_str()) != (self.0.service, user)
            || first.version != version
        {
            return Err(malformed("the first line is of another service, user or version"));
        }
        let mut lines: Vec<_> = lines.collect();
        let last: Last =
            lines.pop().map_or_else(|| Err(malformed("the last line is missing")), read)?;
        if last.end != lines.len() {
            return Err(malformed("lines are missing"));
        }
        let rows = lines.into_iter().map(|line| self.row(user, &read(line)?));
        Ok(Parsed { counter: first.counter, rows: rows.collect::<Result<_, _>>()? })
    }

    fn row(&self, user: &str, line: &Line) -> Result<(&'static Table, Vec<Value>), Failure> {
        let table = self.tables().find(|table| table.name == line.table);
        let table = table.ok_or_else(|| malformed(&format!("unknown table {:?}", line.table)))?;
        if line.row.len() != table.columns.len() || line.row.first() != Some(&Json::from(user)) {
            return Err(malformed("a row has other columns, or is of another user"));
        }
        let values = table.columns.iter().zip(&line.row).map(|((name, ty), value)| {
            from_json(*ty, value).ok_or_else(|| malformed(&format!("{name} has another type")))
        });
        Ok((table, values.collect::<Result<_, _>>()?))
    }
}

/// An export that was read.
struct Parsed {
    counter: i64,
    rows: Vec<(&'static Table, Vec<Value>)>,
}

/// What is here, or was placed by the same version or a newer one in another way, is not replaced.
fn may_be_replaced(known: &Placement, version: i64) -> Result<(), Failure> {
    if known.version > version {
        return Err(Failure::older_version(known.version));
    }
    let is_settled = known.version == version && known.state != State::Incoming;
    match known.state == State::Here || is_settled {
        true => Err(Failure::NotPlaced(format!("the user is {} here", known.state))),
        false => Ok(()),
    }
}

fn line<T: Serialize>(value: &T) -> Result<String, Failure> {
    let text = serde_json::to_string(value).map_err(|error| Error::new(ErrorKind::Other, error))?;
    Ok(text + "\n")
}

fn read<'a, T: Deserialize<'a>>(line: &'a str) -> Result<T, Failure> {
    serde_json::from_str(line)
        .map_err(|error| malformed(&format!("a line cannot be read: {error}")))
}

fn malformed(message: &str) -> Failure {
    Failure::Malformed(message.to_owned())
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Null(_) => Json::Null,
        Value::Integer(number) => (*number).into(),
        Value::Real(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Bytes(bytes) => STANDARD.encode(bytes).into(),
    }
}

fn from_json(ty: Type, value: &Json) -> Option<Value> {
    Some(match (ty, value) {
        (_, Json::Null) => Value::Null(ty),
        (Type::Integer, value) => Value::Integer(value.as_i64()?),
        (Type::Real, value) => Value::Real(value.as_f64()?),
        (Type::Text, value) => Value::Text(value.as_str()?.to_owned()),
        (Type::Bytes, value) => Value::Bytes(STANDARD.decode(value.as_str()?).ok()?),
    })
}
