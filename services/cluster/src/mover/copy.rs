//! Copies the data of a user from a service of one cluster to that of another.

use std::time::Duration;

use futures_util::TryStreamExt;
use http_body::Frame;
use http_body_util::StreamBody;
use serde::Deserialize;
use wsgiservice::http::{StatusCode, header};
use wsgiservice_client::{Body, Cluster, Response, path};

use super::{Mover, Stopped, placements::Holder};
use crate::database::Row;

/// How long the rows of a user are exported or imported at most.
const LONG: Duration = Duration::from_mins(10);

/// The bytes that a service keeps beside its rows.
#[derive(Deserialize)]
struct Listed {
    bytes: Vec<Bytes>,
}

#[derive(Deserialize)]
struct Bytes {
    id: String,
    name: String,
    version: i64,
}

impl Mover {
    /// Copies what a service has of a user who is frozen: bytes first, then rows, which refer to them.
    pub(super) async fn copy(&self, service: &str, row: &Row, to: &str) -> Result<(), Stopped> {
        self.reached("mover::before_copy").await;
        for bytes in self.bytes(service, row).await? {
            self.copy_bytes(service, row, to, &bytes).await?;
        }
        self.copy_rows(service, row, to).await
    }

    /// The bytes that a service has of a user; none if it has no bytes at all.
    async fn bytes(&self, service: &str, row: &Row) -> Result<Vec<Bytes>, Stopped> {
        let (user, client) = (&row.user, &self.0.client);
        let old = Cluster(row.cluster.as_str());
        let call = client.get(service, old, path!("/1/bytes/{user}"));
        let response = call.query(&[("version", row.version)]).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(Vec::new());
        }
        let listed: Listed = response.error_for_status()?.limit(LONGEST_LIST).json().await?;
        Ok(listed.bytes)
    }

    /// Copies bytes, unless they are there: they never change under their name.
    async fn copy_bytes(
        &self,
        service: &str,
        row: &Row,
        to: &str,
        bytes: &Bytes,
    ) -> Result<(), Stopped> {
        let (user, client) = (&row.user, &self.0.client);
        let Bytes { id, name, version } = bytes;
        let path = || path!("/1/bytes/{user}/{id}/{name}/{version}");
        if client.head(service, Cluster(to), path()).await?.status().is_success() {
            return Ok(());
        }
        let content = client.get(service, Cluster(row.cluster.as_str()), path()).await?;
        let content = content.error_for_status()?;
        let mut call = client.put(service, Cluster(to), path());
        if let Some(media_type) = content.headers().get(header::CONTENT_TYPE) {
            call = call.header(header::CONTENT_TYPE, media_type);
        }
        call.body(streamed(content)).await?.error_for_status()?;
        Ok(())
    }

    /// Passes the rows on, as they are.
    async fn copy_rows(&self, service: &str, row: &Row, to: &str) -> Result<(), Stopped> {
        let (user, client) = (&row.user, &self.0.client);
        let version = [("version", row.version)];
        let old = Cluster(row.cluster.as_str());
        let export = client.get(service, old, path!("/1/export/{user}")).query(&version);
        let export = export.timeout(LONG).await?.error_for_status()?;
        let import = client.post(service, Cluster(to), path!("/1/import/{user}")).query(&version);
        let import = import.header(header::CONTENT_TYPE, "application/x-ndjson").timeout(LONG);
        let imported = import.body(streamed(export)).await?;
        match imported.status() {
            StatusCode::CONFLICT => Err(Stopped::of(&Holder::new(service, to), imported).await),
            _ => imported.error_for_status().map(|_| ()).map_err(Stopped::from),
        }
    }
}

/// The names of the bytes of a user, at most.
const LONGEST_LIST: usize = 64 << 20;

/// The content of a response as that of a request, as it comes.
fn streamed(response: Response) -> Body {
    Body::new(StreamBody::new(response.bytes_stream().map_ok(Frame::data)))
}
