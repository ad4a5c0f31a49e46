//! The resources of the service.

use database::{
    Statement, Transaction,
    data::{Answer, Change, Data, Failure, List, Name, RowState, User, Version},
    values,
};
use http::Response;
use wsgiservice::{
    Application, EntityTag, IdempotencyKey, NoContent, Preconditions, Request,
    answer::{Put, WithFields},
    mount, resource,
};

use crate::{
    database::{self as rows, LAST_POSITION},
    refusal::Refusal,
};

/// The pseudo-label of all items that have a label.
const ALL: &str = "__all__";

pub(crate) fn mount(data: &Data, application: Application) -> Application {
    application
        .mount(Labels { data: data.clone() })
        .mount(Label { data: data.clone() })
        .mount(LabelItems { data: data.clone() })
        .mount(LabelItem { data: data.clone() })
}

/// The labels of a user.
#[mount("/1/label/{user}")]
pub(crate) struct Labels {
    data: Data,
}

#[resource]
impl Labels {
    /// Return the labels of a user, sorted by their names.
    async fn get(
        &self,
        user: User,
        #[validate(range = 1.., default = 1, doc = "The position of the first one, from 1.")]
        start: u32,
        #[validate(range = 1..=1_000, default = 10, doc = "How many, at most.")] count: u32,
    ) -> Result<List<rows::Label>, Failure> {
        let values = values![&user];
        let part = rows::LABELS.part(&values, start, count);
        part.read(self.data.read(&user, part.statements()).await?, rows::Label::of)
    }
}

/// A label of a user.
#[mount("/1/label/{user}/{label}")]
pub(crate) struct Label {
    data: Data,
}

#[resource]
impl Label {
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
        label: Name,
        #[from(query)]
        #[validate(doc = "For `PUT` only.")]
        restore: Option<i64>,
    ) -> Result<Option<EntityTag>, Failure> {
        self.data.tag(&user, rows::LABEL, &values![&user, &label], restore).await
    }

    /// Return a label. Its entity tag does not depend on its items.
    async fn get(&self, user: User, label: Name) -> Result<WithFields<rows::Label>, Failure> {
        let (state, row) = self.data.row(&user, rows::LABEL, &values![&user, &label]).await?;
        Ok(state.with_version(rows::Label::of(&row)?))
    }

    /// Create or change a label.
    #[validate(title, len = 1..=1_000, re = r"[^\x00-\x1f\x7f-\x9f]*", doc = "What people call it; by default, its name.")]
    #[validate(
        restore,
        doc = "Bring back the label that went by this version, with the items that went with it."
    )]
    async fn put(
        &self,
        user: User,
        label: Name,
        title: Option<String>,
        #[from(query)] restore: Option<i64>,
        key: Option<IdempotencyKey>,
        preconditions: Preconditions,
    ) -> Result<WithFields<Put<rows::Label>>, Refusal> {
        check_not_all(&label)?;
        let title = title.unwrap_or_else(|| label.to_string());
        let content = rows::Label { label: label.to_string(), title };
        let change = Change::new(user.as_str(), key);
        let effect = async move |transaction: &mut Transaction, version: Version| {
            let state = RowState::find(transaction, rows::LABEL, &values![&user, &label]).await?;
            RowState::check(state, restore, &preconditions)?;
            content.save(transaction, version, &user).await?;
            Data::event(transaction, &user, &Self::path(&user, &label), version, false).await?;
            if let Some(gone) = restore {
                let items = rows::restore_items(transaction, version, &user, &label, gone).await?;
                item_events(transaction, version, &user, &label, &items, false).await?;
            }
            Answer::put(RowState::present(state).is_err(), version, &content)
        };
        Ok(self.data.change(change, effect).await?.into_put()?)
    }

    /// Delete a label, if no item has it.
    async fn delete(
        &self,
        user: User,
        label: Name,
        #[from(query)]
        #[validate(default = false, doc = "Take the label from all its items, too.")]
        cascade: bool,
        key: Option<IdempotencyKey>,
        preconditions: Preconditions,
    ) -> Result<WithFields<NoContent>, Refusal> {
        check_not_all(&label)?;
        let change = Change::new(user.as_str(), key);
        let effect = async move |transaction: &mut Transaction, version: Version| {
            let state = RowState::find(transaction, rows::LABEL, &values![&user, &label]).await?;
            RowState::present(state)?;
            RowState::check(state, None, &preconditions)?;
            if cascade {
                let items = rows::delete_items(transaction, version, &user, &label).await?;
                item_events(transaction, version, &user, &label, &items, true).await?;
            } else {
                let items = rows::count_items(transaction, &user, &label).await?;
                Refusal::check_empty(items)?;
            }
            rows::Label::delete(transaction, version, &user, &label).await?;
            Data::event(transaction, &user, &Self::path(&user, &label), version, true).await?;
            Ok(Answer::no_content(version))
        };
        Ok(self.data.change(change, effect).await?.into_no_content())
    }
}

/// The items of a label.
#[mount("/1/label_item/{user}/{label}")]
pub(crate) struct LabelItems {
    data: Data,
}

#[resource]
impl LabelItems {
    /// Return the items that have a label, sorted by position. The label `__all__` has all items that have any label, each
    /// once, at the first of its positions.
    async fn get(
        &self,
        user: User,
        label: Name,
        #[validate(range = 1.., default = 1, doc = "The position of the first one, from 1.")]
        start: u32,
        #[validate(range = 1..=1_000, default = 10, doc = "How many, at most.")] count: u32,
    ) -> Result<List<rows::Item>, Refusal> {
        if &*label == ALL {
            let values = values![&user];
            let part = rows::ALL_ITEMS.part(&values, start, count);
            let read = self.data.read(&user, part.statements()).await?;
            return Ok(part.read(read, rows::Item::of)?);
        }
        let values = values![&user, &label];
        let part = rows::ITEMS.part(&values, start, count);
        let own = Statement::new(rows::LABEL, values.clone());
        let [total, page] = part.statements();
        let [own, total, page] = self.data.read(&user, [own, total, page]).await?;
        let own = own.first().map(|row| RowState::of(row, 0)).transpose();
        Refusal::check_label(own.map_err(Failure::from)?, &label)?;
        Ok(part.read([total, page], rows::Item::of)?)
    }
}

/// An item that has a label.
#[mount("/1/label_item/{user}/{label}/{item}")]
pub(crate) struct LabelItem {
    data: Data,
}

#[resource]
impl LabelItem {
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
        label: Name,
        item: Name,
        #[from(query)]
        #[validate(doc = "For `PUT` only.")]
        restore: Option<i64>,
    ) -> Result<Option<EntityTag>, Failure> {
        self.data.tag(&user, rows::ITEM, &values![&user, &label, &item], restore).await
    }

    /// Return where an item is in a label.
    async fn get(
        &self,
        user: User,
        label: Name,
        item: Name,
    ) -> Result<WithFields<rows::Item>, Failure> {
        let (state, row) = self.data.row(&user, rows::ITEM, &values![&user, &label, &item]).await?;
        Ok(state.with_version(rows::Item::of(&row)?))
    }

    /// Give a label to an item, which need not exist, or change its position.
    #[validate(
        position,
        range = -LAST_POSITION..=LAST_POSITION,
        doc = "Where it is in the label, any number; by default, where it is already, or after all others."
    )]
    #[validate(restore, doc = "Bring back the item that went by this version.")]
    async fn put(
        &self,
        user: User,
        label: Name,
        item: Name,
        position: Option<f64>,
        #[from(query)] restore: Option<i64>,
        key: Option<IdempotencyKey>,
        preconditions: Preconditions,
    ) -> Result<WithFields<Put<rows::Item>>, Refusal> {
        check_not_all(&label)?;
        let change = Change::new(user.as_str(), key);
        let effect = async move |transaction: &mut Transaction, version: Version| {
            let values = values![&user, &label, &item];
            let state = RowState::find(transaction, rows::ITEM, &values).await?;
            RowState::check(state, restore, &preconditions)?;
            let own = RowState::find(transaction, rows::LABEL, &values![&user, &label]).await?;
            Refusal::check_label(own, &label)?;
            let position = match position {
                Some(position) => position,
                None => rows::Item::position(transaction, &user, &label, &item).await?,
            };
            let content = rows::Item { item: item.to_string(), position };
            content.save(transaction, version, &user, &label).await?;
            let path = Self::path(&user, &label, &item);
            Data::event(transaction, &user, &path, version, false).await?;
            Answer::put(RowState::present(state).is_err(), version, &content)
        };
        Ok(self.data.change(change, effect).await?.into_put()?)
    }

    /// Take a label from an item.
    async fn delete(
        &self,
        user: User,
        label: Name,
        item: Name,
        key: Option<IdempotencyKey>,
        preconditions: Preconditions,
    ) -> Result<WithFields<NoContent>, Refusal> {
        check_not_all(&label)?;
        let change = Change::new(user.as_str(), key);
        let effect = async move |transaction: &mut Transaction, version: Version| {
            let values = values![&user, &label, &item];
            let state = RowState::find(transaction, rows::ITEM, &values).await?;
            RowState::present(state)?;
            RowState::check(state, None, &preconditions)?;
            rows::Item::delete(transaction, version, &user, &label, &item).await?;
            let path = Self::path(&user, &label, &item);
            Data::event(transaction, &user, &path, version, true).await?;
            Ok(Answer::no_content(version))
        };
        Ok(self.data.change(change, effect).await?.into_no_content())
    }
}

fn check_not_all(label: &str) -> Result<(), Refusal> {
    if label == ALL { Err(Refusal::AllItems) } else { Ok(()) }
}

/// Puts an event for each item into the outbox.
async fn item_events(
    transaction: &mut Transaction,
    version: Version,
    user: &User,
    label: &Name,
    items: &[String],
    gone: bool,
) -> Result<(), Failure> {
    for item in items {
        let path = LabelItem::path(user, label, item);
        Data::event(transaction, user, &path, version, gone).await?;
    }
    Ok(())
}
