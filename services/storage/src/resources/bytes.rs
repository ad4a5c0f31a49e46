//! The bytes of attachments, for the move of a user.

use database::{
    data::{Data, Failure, Name, Placement, State, User},
    values,
};
use http::HeaderValue;
use schemars::JsonSchema;
use serde::Serialize;
use wsgiservice::{NoContent, answer::Binary, content::ContentStream, mount, resource};

use crate::{
    database::BYTES,
    files::{FileName, Files},
};

/// The bytes to which the rows of a user refer.
#[mount("/1/bytes/{user}")]
pub(super) struct BytesOfUser {
    pub(super) data: Data,
}

/// Bytes of an attachment.
#[mount("/1/bytes/{user}/{id}/{name}/{version}")]
pub(super) struct BytesOfAttachment {
    pub(super) data: Data,
    pub(super) files: Files,
}

/// What is to be moved of a user, beside the export.
#[derive(Debug, Serialize, JsonSchema)]
struct List {
    /// The bytes of all attachments, of those that were deleted, too.
    bytes: Vec<Entry>,
}

/// Bytes by their name.
#[derive(Debug, Serialize, JsonSchema)]
struct Entry {
    /// The ID of the item.
    id: String,
    /// The name of the attachment.
    name: String,
    /// The version of the bytes, which is not that of the attachment.
    version: i64,
}

#[resource]
impl BytesOfUser {
    /// List the bytes to which the rows of a user refer who is frozen at this version.
    async fn get(
        &self,
        user: User,
        #[validate(doc = "The version of the directory.")] version: i64,
    ) -> Result<List, Failure> {
        self.data.frozen_at(&user, version).await?;
        let rows = self.data.database().query(BYTES, &values![&user]).await?;
        // Rows do not change while the user is frozen: it still is.
        self.data.frozen_at(&user, version).await?;
        let entries = rows
            .iter()
            .map(|row| Ok(Entry { id: row.get(0)?, name: row.get(1)?, version: row.get(2)? }));
        Ok(List { bytes: entries.collect::<Result<_, Failure>>()? })
    }
}

#[resource]
impl BytesOfAttachment {
    /// Return the bytes of a user who is here. Before that they are not found, so that a move brings them again, however old those
    /// of an earlier move are.
    #[limit(time = 3_600)]
    async fn get(&self, user: User, id: Name, name: Name, version: i64) -> Result<Binary, Failure> {
        let placement = self.data.placement(&user).await?;
        let is_here = |it: &Placement| matches!(it.state, State::Here | State::Frozen);
        if !placement.as_ref().is_some_and(is_here) {
            return Err(Failure::Missing);
        }
        let octets = HeaderValue::from_static("application/octet-stream");
        self.files.open(&FileName::of(&user, &id, &name, version), octets).await
    }

    /// Take over the bytes of a user who is not here yet. A call may come again.
    #[limit(content = 1 << 30, time = 3_600)]
    async fn put(
        &self,
        user: User,
        id: Name,
        name: Name,
        version: i64,
        content: ContentStream,
    ) -> Result<NoContent, Failure> {
        let placement = self.data.placement(&user).await?;
        if let Some(placement) = placement
            && matches!(placement.state, State::Here | State::Frozen)
        {
            return Err(Failure::NotPlaced(format!("the user is {} here", placement.state)));
        }
        // Written again even if they are there: the collector goes by their age.
        let file = FileName::of(&user, &id, &name, version);
        self.files.save(&file, content, u64::MAX).await?;
        Ok(NoContent)
    }
}
