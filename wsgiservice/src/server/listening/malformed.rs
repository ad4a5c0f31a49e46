//! The response to what hyper cannot parse: a problem document instead of hyper's response without content.

use std::{borrow::Cow, future::poll_fn, io, net::SocketAddr, pin::Pin, time::SystemTime};

use http::StatusCode;
use tokio::io::AsyncWrite;

use super::{framing::Fault, socket::Socket};
use crate::{
    exchange::observation::MalformedHead,
    http::identity::Identity,
    problem::{Problem, occurrence::Occurrence, phrase},
    statistics::Statistics,
};

/// What each response begins with; behind it stands the status.
const VERSION: &[u8] = b"HTTP/1.1 ";

/// More than hyper's own responses have, in bytes.
const MAX_LENGTH: usize = 160;

/// A field that each response has, except those that hyper writes by itself.
const OWN: &[u8] = b"x-content-type-options:";

/// The whole response to a head that cannot be parsed, after which the connection is closed.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    head: MalformedHead,
    document: Vec<u8>,
}

/// The response that replaces this one, if hyper wrote this one because it could not parse a head.
pub(super) fn replacement(written: &[u8], fault: Option<Fault>) -> Option<Refusal> {
    let status = written.strip_prefix(VERSION)?.get(..3)?;
    // Layers may write responses without that field, but with other statuses, content or more fields.
    let has = |field: &[u8]| written.windows(field.len()).any(|window| window == field);
    let is_of_hyper = matches!(status, b"400" | b"414" | b"431")
        && written.len() < MAX_LENGTH
        && written.ends_with(b"\r\n\r\n")
        && has(b"\r\ncontent-length: 0\r\n");
    let status = StatusCode::from_bytes(status).ok().filter(|_| is_of_hyper && !has(OWN))?;
    Some(Refusal::new(&problem(status, fault)))
}

/// Responds to a client that does not speak HTTP/1, and closes the connection.
///
/// # Errors
/// If the socket can no longer be written to.
pub(super) async fn refuse_version(mut socket: Socket, statistics: &Statistics) -> io::Result<()> {
    let refusal = Refusal::new(&problem(StatusCode::HTTP_VERSION_NOT_SUPPORTED, None));
    let document = refusal.counted(statistics, socket.peer());
    let mut written = 0;
    while let Some(rest @ [_, ..]) = document.get(written..) {
        written += poll_fn(|context| Pin::new(&mut socket).poll_write(context, rest)).await?;
    }
    poll_fn(|context| Pin::new(&mut socket).poll_shutdown(context)).await
}

fn problem(status: StatusCode, fault: Option<Fault>) -> Problem {
    match (fault, status) {
        (Some(fault), _) => fault.problem(),
        (None, StatusCode::BAD_REQUEST) => {
            Problem::bad_request("The request is malformed (RFC 9112).")
        }
        (None, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE) => {
            Problem::new(status).detail("The header fields are too large, or too many.")
        }
        (None, StatusCode::URI_TOO_LONG) => Problem::new(status).detail("The target is too long."),
        (None, _) => Problem::new(status).detail("Supported versions: HTTP/1.0, HTTP/1.1."),
    }
}

impl Refusal {
    /// The instance of the problem is an ID, since there is no target.
    fn new(problem: &Problem) -> Self {
        let head = MalformedHead::new();
        let document = document(problem, head.identity());
        Self { status: problem.status(), head, document }
    }

    /// The response, once it is counted and logged.
    pub(super) fn counted(self, statistics: &Statistics, peer: Option<SocketAddr>) -> Vec<u8> {
        let Self { status, head, document } = self;
        head.end(peer, &statistics.malformed_head(status));
        document
    }
}

fn document(problem: &Problem, identity: &Identity) -> Vec<u8> {
    let occurrence = Occurrence::Logged { identity, target: Cow::Borrowed("") };
    let content = serde_json::to_string(&problem.document(&occurrence, "")).unwrap_or_default();
    let status = problem.status();
    format!(
        "HTTP/1.1 {} {}\r\ncontent-type: application/problem+json\r\nx-content-type-options: nosniff\r\n\
         connection: close\r\ncontent-length: {}\r\ndate: {}\r\n\r\n{content}",
        status.as_str(),
        phrase(status),
        content.len(),
        httpdate::fmt_http_date(SystemTime::now()),
    )
    .into_bytes()
}
