//! The attachments of items.

use database::{
    Transaction,
    data::{Answer, Change, Data, Failure, Name, RowState, User, Version},
    values,
};
use http::{HeaderName, HeaderValue, Method, Response, header};
use mediatype::MediaType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wsgiservice::{
    EntityTag, IdempotencyKey, NoContent, Preconditions, Problem, Request,
    answer::{Binary, Put, WithFields},
    content::ContentStream,
    mount, resource,
};

use crate::{
    database::{ATTACHMENT, AttachmentRow, ItemRow},
    files::{FileName, Files},
};

/// The field with the digest of an attachment (RFC 9530, section 3).
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// The media type of bytes that were sent without one.
const OCTETS: &str = "application/octet-stream";

/// The longest media type that is kept, with its parameters, in bytes.
const LONGEST_MEDIA_TYPE: usize = 255;

/// Lets a page that a user has uploaded run no scripts and read nothing, as it has the origin of the service.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");

/// A file that belongs to an item.
#[mount("/1/attachment/{user}/{id}/{name}")]
pub(crate) struct Attachment {
    pub(super) data: Data,
    pub(super) files: Files,
    /// The size of the largest one, in bytes.
    pub(super) largest: u64,
}

/// An attachment by its version.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Attached {
    /// The ID of the item.
    id: String,
    /// The name of the attachment.
    name: String,
    /// The version of the last change.
    version: i64,
}

#[resource]
impl Attachment {
    async fn admit(
        &self,
        user: User,
        key: Option<IdempotencyKey>,
        request: &Request,
        preconditions: Preconditions,
    ) -> Result<Option<Response<String>>, Failure> {
        if *request.method() == Method::PUT {
            return self.data.admit_stream(&user, key, &preconditions).await.map(|()| None);
        }
        self.data.admit(request, &user, key, &preconditions).await
    }

    async fn etag(
        &self,
        user: User,
        id: Name,
        name: Name,
        #[from(query)]
        #[validate(doc = "For `PUT` only.")]
        restore: Option<i64>,
    ) -> Result<Option<EntityTag>, Failure> {
        self.data.tag(&user, ATTACHMENT, &values![&user, &id, &name], restore).await
    }

    /// Return the attachment.
    async fn get(&self, user: User, id: Name, name: Name) -> Result<WithFields<Binary>, Failure> {
        let mut row = self.present(&user, &id, &name).await?;
        loop {
            let media_type = HeaderValue::try_from(&row.media_type).map_err(Problem::internal)?;
            let file = FileName::of(&user, &id, &name, row.bytes);
            match self.files.open(&file, media_type).await {
                Ok(binary) => {
                    let digest = format!("sha-256=:{}:", row.digest);
                    let digest = HeaderValue::try_from(digest).map_err(Problem::internal)?;
                    let found = row.state.with_version(binary).field(REPR_DIGEST, digest);
                    return Ok(found.field(header::CONTENT_SECURITY_POLICY, POLICY));
                }
                Err(Failure::Missing) => {
                    // The attachment may have been replaced, and its old bytes removed, since the row was read.
                    let again = self.present(&user, &id, &name).await?;
                    if again.bytes == row.bytes {
                        return Err(Failure::Unavailable(format!("the bytes {file} are missing")));
                    }
                    row = again;
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Create or replace the attachment, whose media type is kept. The item must be there.
    #[limit(content = 1 << 30, time = 3_600)]
    async fn put(
        &self,
        user: User,
        id: Name,
        name: Name,
        content: ContentStream,
        #[validate(doc = "The version by which the attachment went.")]
        #[from(query)]
        restore: Option<i64>,
        key: Option<IdempotencyKey>,
        preconditions: Preconditions,
        request: &Request,
    ) -> Result<WithFields<Put<Attached>>, Failure> {
        let media_type = media_type(request);
        let file = FileName::new(&user, &id, &name);
        let saved = self.files.save(&file, content, self.largest).await?;
        test_hooks::reached("attachment::after_bytes").await;
        let key = key.map(|key| key.with_content(&saved.digest));
        let change = Change::new(user.as_str(), key);
        let (digest, number) = (saved.digest(), file.number);
        let effect = async move |transaction: &mut Transaction, version: Version| {
            ItemRow::present(transaction, &user, &id).await?;
            let key = (user.as_str(), id.as_str(), name.as_str());
            let state =
                RowState::find(transaction, ATTACHMENT, &values![&user, &id, &name]).await?;
            RowState::check(state, restore, &preconditions)?;
            let value = (media_type.as_str(), digest.as_str(), number);
            AttachmentRow::save(transaction, key, value, version).await?;
            let path = Self::path(&user, &id, &name);
            Data::event(transaction, &user, &path, version, false).await?;
            let attached = Attached::of(&id, &name, version);
            Answer::put(RowState::present(state).is_err(), version, &attached)
        };
        let done = self.data.change(change, effect).await;
        let is_unused = match &done {
            Ok(done) => done.is_replay,
            // The row may have been written.
            Err(Failure::Unavailable(_) | Failure::Database(_)) => false,
            Err(_) => true,
        };
        if is_unused {
            self.files.discard(&file).await;
        }
        done?.into_put()
    }

    /// Delete the attachment.
    async fn delete(
        &self,
        user: User,
        id: Name,
        name: Name,
        key: Option<IdempotencyKey>,
        preconditions: Preconditions,
    ) -> Result<WithFields<NoContent>, Failure> {
        let change = Change::new(user.as_str(), key);
        let effect = async move |transaction: &mut Transaction, version: Version| {
            let key = (user.as_str(), id.as_str(), name.as_str());
            let state =
                RowState::find(transaction, ATTACHMENT, &values![&user, &id, &name]).await?;
            RowState::present(state)?;
            RowState::check(state, None, &preconditions)?;
            AttachmentRow::delete(transaction, key, version).await?;
            let path = Self::path(&user, &id, &name);
            Data::event(transaction, &user, &path, version, true).await?;
            Ok(Answer::no_content(version))
        };
        Ok(self.data.change(change, effect).await?.into_no_content())
    }
}

impl Attachment {
    async fn present(&self, user: &str, id: &str, name: &str) -> Result<AttachmentRow, Failure> {
        let (_, row) = self.data.row(user, ATTACHMENT, &values![user, id, name]).await?;
        Ok(row.try_into()?)
    }
}

/// The media type of the content of a request. One that is wrong is as good as none.
fn media_type(request: &Request) -> String {
    let stated = request.fields().get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let stated = stated.filter(|it| it.len() <= LONGEST_MEDIA_TYPE);
    let is_type = |it: &&str| MediaType::parse(it).is_ok_and(|it| it.ty != "*" && it.subty != "*");
    stated.filter(is_type).unwrap_or(OCTETS).to_owned()
}

impl Attached {
    fn of(id: &str, name: &str, version: Version) -> Self {
        Self { id: id.to_owned(), name: name.to_owned(), version: version.number }
    }
}
