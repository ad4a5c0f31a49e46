//! How a connection is opened.

#[cfg(test)]
use std::sync::Arc;
use std::{fmt, io, net::SocketAddr, path::PathBuf};

use http::HeaderValue;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};

use crate::error::BoxError;

/// How a connection to an endpoint is opened.
#[derive(Clone, Debug)]
pub(crate) struct Dial {
    pub(crate) place: Place,
    /// The configuration of TLS, if the endpoint speaks it.
    #[cfg(feature = "rustls")]
    pub(crate) tls: Option<super::Tls>,
}

/// Where an endpoint listens.
#[derive(Clone)]
pub(crate) enum Place {
    Tcp(SocketAddr),
    Unix(PathBuf),
    #[cfg(test)]
    Test(Arc<TestDial>),
}

/// Opens a connection in a test.
#[cfg(test)]
pub(crate) type TestDial = dyn Fn() -> io::Result<tokio::io::DuplexStream> + Send + Sync;

/// A connection, and whether its client and its server have agreed on HTTP/2.
pub(super) struct Opened {
    pub(super) stream: Box<dyn Stream>,
    #[cfg(feature = "rustls")]
    pub(super) is_http2: bool,
}

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Dial {
    /// Whether the endpoint can agree on HTTP/2.
    #[cfg(feature = "rustls")]
    pub(super) fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    #[cfg_attr(
        not(feature = "rustls"),
        expect(unused_variables, reason = "TLS has a use for the host")
    )]
    pub(super) async fn open(&self, host: &HeaderValue) -> Result<Opened, BoxError> {
        let stream = self.place.connect().await?;
        #[cfg(feature = "rustls")]
        if let Some(tls) = &self.tls {
            return tls.connect(stream, host).await;
        }
        Ok(Opened {
            stream,
            #[cfg(feature = "rustls")]
            is_http2: false,
        })
    }
}

impl Place {
    async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Box::new(stream)
            }
            Self::Unix(path) => Box::new(UnixStream::connect(path).await?),
            #[cfg(test)]
            Self::Test(dial) => Box::new(dial()?),
        })
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => path.fmt(f),
            #[cfg(test)]
            Self::Test(_) => f.write_str("Test"),
        }
    }
}
