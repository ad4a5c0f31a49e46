//! The servers do the same job: they give the same answers.

use std::io;

use crate::job::{Answer, Connection, request};

/// Fields that are the same but for their value: of a date, and of a tag, which is as its server makes it.
const ANY_VALUE: [&str; 3] = ["date", "expires", "etag"];

/// Whether both servers answer these targets alike; else the first that they do not.
pub(crate) fn check(address: &str, other: &str, targets: &[String]) -> io::Result<()> {
    let (mut one, mut two) = (Connection::new(address)?, Connection::new(other)?);
    for target in targets {
        let request = request(target);
        let (one, two) = (one.ask(&request)?, two.ask(&request)?);
        if comparable(&one) != comparable(&two) {
            return Err(io::Error::other(format!("{target}: {one:?} and {two:?}")));
        }
    }
    let target = targets.first().map(String::as_str).unwrap_or_default();
    for connection in [&mut one, &mut two] {
        let answer = connection.ask(&request(target))?;
        let tag = answer.fields.iter().find(|(name, _)| name == "etag").map(|(_, tag)| tag);
        let tag = tag.ok_or_else(|| io::Error::other("there is no tag"))?;
        let again =
            request(target).replace("\r\n\r\n", &format!("\r\nIf-None-Match: {tag}\r\n\r\n"));
        let status = connection.ask(&again)?.status;
        if !status.starts_with("304") {
            return Err(io::Error::other(format!("{target} again: {status}")));
        }
    }
    Ok(())
}

/// An answer with its fields in order, and without the values that differ.
fn comparable(answer: &Answer) -> (String, Vec<(String, String)>, String) {
    let value = |name: &str, value: &str| match ANY_VALUE.contains(&name) {
        true => String::new(),
        false => value.to_owned(),
    };
    let mut fields: Vec<_> =
        answer.fields.iter().map(|(name, text)| (name.clone(), value(name, text))).collect();
    fields.sort();
    (answer.status.clone(), fields, answer.content.clone())
}
