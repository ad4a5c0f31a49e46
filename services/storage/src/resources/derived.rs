//! What was derived from items.

use database::{
    Transaction,
    data::{Answer, Change, Data, Failure, Name, RowState, User, Version},
    values,
};
use http::Response;
use wsgiservice::{
    Content, EntityTag, IdempotencyKey, Preconditions, Request,
    answer::{Binary, Put, WithFields},
    mount, resource,
};

use super::{
    item::Versioned,
    json::{Document, Json},
};
use crate::database::{DERIVED, DerivedRow, ItemRow};

/// What a listener has derived from an item: a JSON document with a version of its own.
#[mount("/1/derived/{user}/{id}")]
pub(crate) struct Derived {
    pub(super) data: Data,
}

#[resource]
impl Derived {
    async fn admit(
        &self,
        user: User,
        key: Option<IdempotencyKey>,
        request: &Request,
        preconditions: Preconditions,
    ) -> Result<Option<Response<String>>, Failure> {
        self.data.admit(request, &user, key, &preconditions).await
    }

    async fn etag(&self, user: User, id: Name) -> Result<Option<EntityTag>, Failure> {
        self.data.tag(&user, DERIVED, &values![&user, &id], None).await
    }

    /// Return what was derived from the item, as it was sent.
    async fn get(&self, user: User, id: Name) -> Result<WithFields<Binary<Json>>, Failure> {
        let (state, row) = self.data.row(&user, DERIVED, &values![&user, &id]).await?;
        Ok(state.with_version(Binary::of(row.get::<String>(2)?)))
    }

    /// Create or replace what was derived from the item. What was derived from an older version is passed over.
    async fn put(
        &self,
        user: User,
        id: Name,
        document: Content<Document>,
        #[validate(doc = "The version of the item from which it was derived.")]
        #[from(query)]
        version: i64,
        key: Option<IdempotencyKey>,
        preconditions: Preconditions,
    ) -> Result<WithFields<Put<Versioned>>, Failure> {
        let (document, source) = (document.into_inner(), version);
        let change = Change::new(user.as_str(), key);
        let effect = async move |transaction: &mut Transaction, version: Version| {
            let item = ItemRow::present(transaction, &user, &id).await?;
            let row = DerivedRow::find(transaction, &user, &id).await?;
            let state = row.as_ref().map(|row| row.state);
            RowState::check(state, None, &preconditions)?;
            let present = row.filter(|row| row.state.gone.is_none());
            let kept = present.as_ref().map_or(item.begun, |row| row.source.max(item.begun));
            if source < kept {
                // Nothing is written, so the version is that of what is kept.
                let number = present.map_or(item.state.version, |row| row.state.version);
                let version = Version { number, ..version };
                return Answer::put(false, version, &Versioned::of(&id, version));
            }
            let key = (user.as_str(), id.as_str());
            DerivedRow::save(transaction, key, document.as_str(), source, version).await?;
            Data::event(transaction, &user, &Self::path(&user, &id), version, false).await?;
            Answer::put(present.is_none(), version, &Versioned::of(&id, version))
        };
        self.data.change(change, effect).await?.into_put()
    }
}
