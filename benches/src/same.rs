//! Checks that the programs do the same job: that they send the same responses.

use std::io;

use crate::{
    client::Client,
    connection::{Connection, Response},
    program::Program,
    server::Server,
};

/// Fields whose values may differ: dates, and the entity tag, which each program computes in its own way.
const ANY_VALUE: [&str; 3] = ["date", "expires", "etag"];

/// Fields that describe the content.
const OF_CONTENT: [&str; 2] = ["content-type", "content-length"];

/// Checks that all programs send the same response as the first for each client and target.
///
/// # Errors
/// If two responses differ, or if a program does not send a 304 for its own entity tag.
pub(crate) fn check(programs: &[&Program], targets: &[String]) -> io::Result<()> {
    let mut servers = Vec::new();
    let mut connections = Vec::new();
    for program in programs {
        let server = Server::start(&mut program.command())?;
        connections.push(Connection::new(server.address())?);
        servers.push(server);
    }
    for client in Client::ALL {
        for target in targets {
            responses_are_equal(client, target, &mut connections)?;
        }
    }
    drop(connections);
    servers.into_iter().try_for_each(Server::stop)
}

fn responses_are_equal(
    client: Client,
    target: &str,
    connections: &mut [Connection],
) -> io::Result<()> {
    let request = client.request(target);
    let responses: Vec<Response> = connections
        .iter_mut()
        .map(|connection| connection.send(&request))
        .collect::<io::Result<_>>()?;
    let with_content = !client.prefers_other_than_json();
    for pair in responses.windows(2) {
        if comparable(&pair[0], with_content) != comparable(&pair[1], with_content) {
            return Err(io::Error::other(format!("{request}{:?}\n{:?}", pair[0], pair[1])));
        }
    }
    for (connection, response) in connections.iter_mut().zip(&responses) {
        if let Some(tag) = response.field("etag") {
            let field = format!("\r\nIf-None-Match: {tag}\r\n\r\n");
            let again = connection.send(&request.replace("\r\n\r\n", &field))?;
            if !again.status.starts_with("304") {
                return Err(io::Error::other(format!("{target} again: {}", again.status)));
            }
        }
    }
    Ok(())
}

/// The status, the fields in order of their names, and the content, without what may differ.
fn comparable(response: &Response, with_content: bool) -> (&str, Vec<(&str, &str)>, &str) {
    let fields = response.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields = fields.filter(|(name, _)| with_content || !OF_CONTENT.contains(name));
    let mut fields: Vec<_> = fields
        .map(|(name, value)| (name, if ANY_VALUE.contains(&name) { "" } else { value }))
        .collect();
    fields.sort_unstable();
    (&response.status, fields, if with_content { &response.content } else { "" })
}
