//! The lines of an export.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::super::{Data, Failure, Table};
use crate::{Error, ErrorKind, Type, Value};

/// The first line.
#[derive(Serialize, Deserialize)]
pub(super) struct First {
    pub(super) service: String,
    pub(super) user: String,
    pub(super) version: i64,
    pub(super) counter: i64,
    pub(super) written: i64,
}

/// A line for each row.
#[derive(Serialize, Deserialize)]
pub(super) struct Line {
    table: String,
    row: Vec<Json>,
}

/// The last line, without which an export is not complete.
#[derive(Serialize, Deserialize)]
pub(super) struct Last {
    pub(super) end: usize,
}

impl Line {
    pub(super) fn of(table: &Table, row: &[Value]) -> Self {
        Self { table: table.name.to_owned(), row: row.iter().map(to_json).collect() }
    }

    /// The row of a user, and the table that it is for.
    pub(super) fn row(
        &self,
        data: &Data,
        user: &str,
    ) -> Result<(&'static Table, Vec<Value>), Failure> {
        let table = data.tables().find(|table| table.name == self.table);
        let table = table.ok_or_else(|| malformed(&format!("unknown table {:?}", self.table)))?;
        if self.row.len() != table.columns.len() || self.row.first() != Some(&Json::from(user)) {
            return Err(malformed("a row has other columns, or is of another user"));
        }
        let values = table.columns.iter().zip(&self.row).map(|((name, ty), value)| {
            from_json(*ty, value).ok_or_else(|| malformed(&format!("{name} has another type")))
        });
        Ok((table, values.collect::<Result<_, _>>()?))
    }
}

/// Writes a line.
pub(super) fn write<T: Serialize>(text: &mut Vec<u8>, value: &T) -> Result<(), Failure> {
    serde_json::to_writer(&mut *text, value)
        .map_err(|error| Error::new(ErrorKind::Other, error))?;
    text.push(b'\n');
    Ok(())
}

/// Reads a line.
pub(super) fn read<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, Failure> {
    serde_json::from_slice(line)
        .map_err(|error| malformed(&format!("a line cannot be read: {error}")))
}

pub(super) fn malformed(message: &str) -> Failure {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_move_as_they_are() {
        let mut bits = 1_u64;
        for _ in 0..100_000 {
            bits = bits
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let number = Value::Real(f64::from_bits(bits));
            if f64::from_bits(bits).is_finite() {
                let (mut text, table) = (Vec::new(), "t".to_owned());
                write(&mut text, &Line { table, row: vec![to_json(&number)] })
                    .expect("a line is written");
                let line: Line = read(&text).expect("a line is read");
                assert_eq!(from_json(Type::Real, &line.row[0]), Some(number));
            }
        }
    }
}
