//! Asks a service.

use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::{arguments::Arguments, report::State};

/// The longest answer.
const LONGEST: usize = 16 << 20;

/// An answer of a service.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content: Bytes,
}

/// Why a response is missing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The service does not respond.
    #[error("{0}")]
    Down(String),
    /// The response cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

impl Failure {
    pub(crate) fn state(&self) -> State {
        match self {
            Self::Down(_) => State::Critical,
            Self::Unreadable(_) => State::Unknown,
        }
    }
}

impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        match error.is_parse() {
            true => Self::Unreadable(format!("what listens there does not speak HTTP: {error}")),
            false => Self::Down(format!("the service does not answer: {error}")),
        }
    }
}

/// Gets a target of the service, in this media type.
///
/// # Errors
/// If the service does not respond, or its response cannot be read.
pub(crate) async fn get(
    arguments: &Arguments,
    target: &str,
    media_type: &str,
) -> Result<Answer, Failure> {
    let Arguments { host, port, .. } = arguments;
    let address = authority(host, *port);
    let connected = TcpStream::connect((unbracketed(host), *port)).await;
    let stream = connected
        .map_err(|error| Failure::Down(format!("cannot connect to {address}: {error}")))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the runtime; its errors are those of the response.
    tokio::spawn(connection);
    let request = Request::get(target)
        .header(header::HOST, &address)
        .header(header::ACCEPT, media_type)
        .header(header::USER_AGENT, concat!("check_wsgiservice/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|_| Failure::Unreadable(format!("`{host}` is not the name of a host")))?;
    let response = sender.send_request(request).await?;
    let (status, content) = (response.status(), Limited::new(response.into_body(), LONGEST));
    let content = content.collect().await.map_err(broken)?.to_bytes();
    Ok(Answer { status, content })
}

/// The host and the port, as `Host` has them: without the zone of an address of IPv6 (RFC 6874, section 4).
fn authority(host: &str, port: u16) -> String {
    match unbracketed(host) {
        address if address.contains(':') => {
            let (address, _) = address.split_once('%').unwrap_or((address, ""));
            format!("[{address}]:{port}")
        }
        name => format!("{name}:{port}"),
    }
}

/// An address of IPv6 as it is looked up.
fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Why a content has no end.
fn broken(error: Box<dyn std::error::Error + Send + Sync>) -> Failure {
    match error.downcast::<hyper::Error>() {
        Ok(error) => (*error).into(),
        Err(error) if error.is::<LengthLimitError>() => {
            Failure::Unreadable("the answer is too long".to_owned())
        }
        Err(error) => Failure::Down(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_ipv6_is_in_brackets() {
        for (host, expected) in [
            ("web1", "web1:80"),
            ("192.0.2.1", "192.0.2.1:80"),
            ("::1", "[::1]:80"),
            ("[::1]", "[::1]:80"),
            ("fe80::1%eth0", "[fe80::1]:80"),
        ] {
            assert_eq!(authority(host, 80), expected);
        }
        assert_eq!((unbracketed("[::1]"), unbracketed("[a")), ("::1", "[a"));
    }
}
