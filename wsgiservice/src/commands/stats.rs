//! `stats`: what the running service tells of itself.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

use crate::{
    error::{Error, Result},
    settings::print::print,
};

/// How long the service may take. Its checks take a second at most.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest text that is printed, in bytes.
const LONGEST: usize = 4 << 20;

/// Prints the statistics of the service that listens at this address.
///
/// # Errors
/// If no service responds there, or it does not trust this host.
pub(crate) async fn stats(bind: SocketAddr) -> Result<()> {
    let address = reachable(bind)?;
    let asked = timeout(PATIENCE, ask(address)).await;
    let late = || Error::new(format!("no response from {address} in {} s", PATIENCE.as_secs()));
    Ok(print(&asked.map_err(|_| late())??)?)
}

/// Where a service that listens at this address can be reached from this host.
fn reachable(bind: SocketAddr) -> Result<SocketAddr> {
    if bind.port() == 0 {
        return Err(Error::new(
            "the system has chosen the port of the service\nhelp: `--bind` with the address that the service has printed",
        ));
    }
    let host = match bind.ip() {
        IpAddr::V4(any) if any.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(any) if any.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        host => host,
    };
    Ok(SocketAddr::new(host, bind.port()))
}

async fn ask(address: SocketAddr) -> Result<String> {
    let stream = TcpStream::connect(address).await.map_err(|error| unreachable(address, &error))?;
    let broken =
        |error| Error::new(format!("{address} does not respond as a service does: {error}"));
    let connection = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = connection.map_err(|error| broken(error.to_string()))?;
    let request = Request::get("/_internal/stats")
        .header(header::HOST, address.to_string())
        .header(header::ACCEPT, "text/plain")
        .body(Empty::<Bytes>::new())
        .map_err(Error::new)?;
    // Without the sender, the connection ends.
    let response = async move {
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let (head, content) = response.into_parts();
        let content = Limited::new(content, LONGEST).collect().await;
        Ok((head, content.map_err(|error| error.to_string())?.to_bytes()))
    };
    let (response, _) = tokio::join!(response, connection);
    let (head, content) = response.map_err(broken)?;
    let media_type = head.headers.get(header::CONTENT_TYPE).map(|it| it.as_bytes());
    match head.status {
        StatusCode::OK if media_type.is_some_and(|it| it.starts_with(b"text/plain")) => {
            Ok(harmless(&content))
        }
        StatusCode::OK => Err(broken("its statistics are no text".to_owned())),
        // It tells nobody else that there is something.
        StatusCode::NOT_FOUND => Err(Error::new(format!(
            "the service at {address} does not show its statistics to this host\nhelp: `--trusted` says to whom it does",
        ))),
        status => Err(Error::new(format!("the service at {address} responded with {status}"))),
    }
}

fn unreachable(address: SocketAddr, error: &io::Error) -> Error {
    let help = match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            "\nhelp: start the service, or give its address with `--bind`"
        }
        _ => "",
    };
    Error::new(format!("cannot connect to {address}: {error}{help}"))
}

/// The text without what controls a terminal: any program can listen there.
fn harmless(content: &[u8]) -> String {
    let text = String::from_utf8_lossy(content);
    text.chars().filter(|it| *it == '\n' || !it.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_listens_everywhere_is_reached_on_this_host() {
        for (bind, expected) in [
            ("0.0.0.0:8001", "127.0.0.1:8001"),
            ("[::]:8001", "[::1]:8001"),
            ("10.1.2.3:80", "10.1.2.3:80"),
        ] {
            let bind = bind.parse().expect("an address");
            assert_eq!(reachable(bind).expect("an address").to_string(), expected);
        }
    }

    #[test]
    fn the_text_cannot_control_the_terminal() {
        assert_eq!(harmless(b"a\x1b[31m\r\n\x9bb\xff"), "a[31m\n\u{fffd}b\u{fffd}");
    }
}
