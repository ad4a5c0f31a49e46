//! Endpoints that are registered in etcd, by its JSON gateway.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::{net::TcpStream, time::timeout};

use crate::error::BoxError;

/// How often the keys are read again.
pub(super) const VALID: Duration = Duration::from_secs(2);

/// How long a response may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest response.
const LIMIT: usize = 1 << 20;

/// All keys that begin with a prefix.
#[derive(Serialize)]
struct Range {
    key: String,
    range_end: String,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    kvs: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    #[serde(default)]
    value: String,
}

/// The values of the keys below a prefix, at `HOST:PORT`: each one is the URL of an endpoint.
pub(super) async fn urls(server: &str, prefix: &str) -> Result<Vec<String>, BoxError> {
    let content = timeout(PATIENCE, read(server, prefix)).await??;
    let found: Found = serde_json::from_slice(&content)?;
    let url = |pair: Pair| Ok(String::from_utf8(STANDARD.decode(pair.value)?)?);
    found.kvs.into_iter().map(url).collect()
}

async fn read(server: &str, prefix: &str) -> Result<Bytes, BoxError> {
    // `services/label/c2` is below, `services/label/c22` is not.
    let range = Range {
        key: STANDARD.encode(format!("{prefix}/")),
        range_end: STANDARD.encode(format!("{prefix}0")),
    };
    let request = Request::post("/v3/kv/range")
        .header(header::HOST, server)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::<Bytes>::from(serde_json::to_vec(&range)?))?;
    let stream = TcpStream::connect(server).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    if !response.status().is_success() {
        return Err(format!("etcd responds with {}", response.status()).into());
    }
    Ok(Limited::new(response.into_body(), LIMIT).collect().await?.to_bytes())
}
