//! Checks that the servers do the same job: that they send the same responses.

use std::io;

use crate::job::{Answer, Connection, request};

/// Fields whose values may differ: dates, and the entity tag, which each server computes in its own way.
const ANY_VALUE: [&str; 3] = ["date", "expires", "etag"];

/// Checks that both servers send the same response for each target.
///
/// # Errors
/// If the responses for a target differ, or if a server does not send a 304 for its own entity tag.
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
        let tag = tag.ok_or_else(|| io::Error::other("no entity tag"))?;
        let again =
            request(target).replace("\r\n\r\n", &format!("\r\nIf-None-Match: {tag}\r\n\r\n"));
        let status = connection.ask(&again)?.status;
        if !status.starts_with("304") {
            return Err(io::Error::other(format!("{target} again: {status}")));
        }
    }
    Ok(())
}

/// A response with its fields sorted, and without the values that may differ.
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
