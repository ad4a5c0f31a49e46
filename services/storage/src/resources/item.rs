//! The items of a user.

use database::{
    Row, Transaction,
    data::{Answer, Change, Data, Failure, List, Name, RowState, User, Version},
    values,
};
use http::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wsgiservice::{
    Content, Created, EntityTag, IdempotencyKey, NoContent, Preconditions, Request,
    answer::{Binary, Put, WithFields},
    mount, resource,
};

use super::json::{Document, Json};
use crate::database::{Fate, ITEM, ITEMS, ItemRow, change_parts, delete_item};

/// An item: a JSON document of a user.
#[mount("/1/item/{user}/{id}")]
pub(super) struct Item {
    pub(super) data: Data,
}

/// The items of a user.
#[mount("/1/item/{user}")]
pub(super) struct Items {
    pub(super) data: Data,
}

/// An item by its version.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Versioned {
    /// The ID of the item.
    pub(super) id: String,
    /// The version of the last change.
    pub(super) version: i64,
}

#[resource]
impl Item {
    async fn admit(
        &self,
        user: User,
        key: Option<IdempotencyKey>,
        request: &Request,
        preconditions: Preconditions,
    ) -> Result<Option<Response<String>>, Failure> {
        self.data.admit(request, &user, key, &preconditions).await
    }

    async fn etag(
        &self,
        user: User,
        id: Name,
        #[from(query)]
        #[validate(doc = "For `PUT` only.")]
        restore: Option<i64>,
    ) -> Result<Option<EntityTag>, Failure> {
        self.data.tag(&user, ITEM, &values![&user, &id], restore).await
    }

    /// Return the item, as it was sent.
    async fn get(&self, user: User, id: Name) -> Result<WithFields<Binary<Json>>, Failure> {
        let (state, row) = self.data.row(&user, ITEM, &values![&user, &id]).await?;
        Ok(state.with_version(Binary::of(row.get::<String>(2)?)))
    }

    /// Create or replace the item.
    async fn put(
        &self,
        user: User,
        id: Name,
        document: Content<Document>,
        #[validate(doc = "The version by which the item went: what went with it comes back, too.")]
        #[from(query)]
        restore: Option<i64>,
        key: Option<IdempotencyKey>,
        preconditions: Preconditions,
    ) -> Result<WithFields<Put<Versioned>>, Failure> {
        let document = document.into_inner();
        let change = Change::new(user.as_str(), key);
        let effect = async move |transaction: &mut Transaction, version: Version| {
            let row = ItemRow::find(transaction, &user, &id).await?;
            let state = row.as_ref().map(|row| row.state);
            RowState::check(state, restore, &preconditions)?;
            let is_new = RowState::present(state).is_err();
            // Without `restore`, what went begins anew.
            let begun = row.filter(|_| !is_new || restore.is_some()).map(|row| row.begun);
            let begun = begun.unwrap_or(version.number);
            let key = (user.as_str(), id.as_str());
            ItemRow::save(transaction, key, document.as_str(), begun, version).await?;
            Data::event(transaction, &user, &Self::path(&user, &id), version, false).await?;
            if let Some(gone) = restore {
                change_parts(transaction, key, Fate::ComesBack(gone), version).await?;
            }
            Answer::put(is_new, version, &Versioned::of(&id, version))
        };
        self.data.change(change, effect).await?.into_put()
    }

    /// Delete the item, what was derived from it, and its attachments.
    async fn delete(
        &self,
        user: User,
        id: Name,
        key: Option<IdempotencyKey>,
        preconditions: Preconditions,
    ) -> Result<WithFields<NoContent>, Failure> {
        let change = Change::new(user.as_str(), key);
        let effect = async move |transaction: &mut Transaction, version: Version| {
            let row = ItemRow::present(transaction, &user, &id).await?;
            RowState::check(Some(row.state), None, &preconditions)?;
            delete_item(transaction, (&user, &id), version).await?;
            Data::event(transaction, &user, &Self::path(&user, &id), version, true).await?;
            Ok(Answer::no_content(version))
        };
        Ok(self.data.change(change, effect).await?.into_no_content())
    }
}

#[resource]
impl Items {
    async fn admit(
        &self,
        user: User,
        key: Option<IdempotencyKey>,
        request: &Request,
        preconditions: Preconditions,
    ) -> Result<Option<Response<String>>, Failure> {
        self.data.admit(request, &user, key, &preconditions).await
    }

    /// List the items in the order of their versions, so that what has changed last is at the end.
    async fn get(
        &self,
        user: User,
        #[validate(
            range = 1..=4_294_967_295,
            default = 1,
            doc = "The position of the first item, from 1."
        )]
        start: u32,
        #[validate(range = 1..=1_000, default = 10, doc = "How many items to list.")] count: u32,
        #[validate(
            default = 0,
            doc = "List what has changed after this version. What was deleted is not listed."
        )]
        since: i64,
    ) -> Result<List<Versioned>, Failure> {
        let values = values![&user, since];
        let part = ITEMS.part(&values, start, count);
        let of = |row: &Row| Ok(Versioned { id: row.get(0)?, version: row.get(1)? });
        part.read(self.data.read(&user, part.statements()).await?, of)
    }

    /// Create an item, with an ID of 32 hexadecimal digits.
    async fn post(
        &self,
        user: User,
        document: Content<Document>,
        key: Option<IdempotencyKey>,
    ) -> Result<WithFields<Created<Versioned>>, Failure> {
        let document = document.into_inner();
        let id = uuid::Uuid::new_v4().simple().to_string();
        let change = Change::new(user.as_str(), key);
        let effect = async move |transaction: &mut Transaction, version: Version| {
            let (key, begun) = ((user.as_str(), id.as_str()), version.number);
            ItemRow::save(transaction, key, document.as_str(), begun, version).await?;
            let path = Item::path(&user, &id);
            Data::event(transaction, &user, &path, version, false).await?;
            Answer::created(path, version, &Versioned::of(&id, version))
        };
        self.data.change(change, effect).await?.into_created()
    }
}

impl Versioned {
    pub(super) fn of(id: &str, version: Version) -> Self {
        Self { id: id.to_owned(), version: version.number }
    }
}
