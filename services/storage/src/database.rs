//! The rows: items, what is derived from them, and attachments.

use ::database::{
    Error, Row, Transaction, Type,
    data::{Data, Failure, Listing, RowState, Table, Version},
    values,
};

use wsgiservice::{Problem, http::StatusCode};

use crate::resources::{Attachment, Derived};

pub(crate) static TABLES: [Table; 3] = [
    Table {
        name: "item",
        key: &["id"],
        columns: &[
            ("user_id", Type::Text),
            ("id", Type::Text),
            ("content", Type::Text),
            ("begun", Type::Integer),
            ("version", Type::Integer),
            Table::GONE,
            Table::GONE_AT,
        ],
        is_soft: true,
    },
    Table {
        name: "derived",
        key: &["id"],
        columns: &[
            ("user_id", Type::Text),
            ("id", Type::Text),
            ("content", Type::Text),
            ("source", Type::Integer),
            ("version", Type::Integer),
            Table::GONE,
            Table::GONE_AT,
        ],
        is_soft: true,
    },
    Table {
        name: "attachment",
        key: &["id", "name"],
        columns: &[
            ("user_id", Type::Text),
            ("id", Type::Text),
            ("name", Type::Text),
            ("media_type", Type::Text),
            ("digest", Type::Text),
            ("bytes", Type::Integer),
            ("version", Type::Integer),
            Table::GONE,
            Table::GONE_AT,
        ],
        is_soft: true,
    },
];

/// `begun` is the version by which the item was put anew, `source` the version of the item from which something was derived,
/// `bytes` the number in the name of the bytes of an attachment.
pub(crate) static SCHEMA: [&str; 8] = [
    "CREATE TABLE item (user_id {key} NOT NULL, id {key} NOT NULL, content {text} NOT NULL, begun {integer} NOT NULL, \
     version {integer} NOT NULL, gone {integer}, gone_at {integer}, PRIMARY KEY (user_id, id))",
    "CREATE INDEX item_version ON item (user_id, version)",
    "CREATE INDEX item_gone ON item (gone_at)",
    "CREATE TABLE derived (user_id {key} NOT NULL, id {key} NOT NULL, content {text} NOT NULL, source {integer} NOT NULL, \
     version {integer} NOT NULL, gone {integer}, gone_at {integer}, PRIMARY KEY (user_id, id))",
    "CREATE INDEX derived_gone ON derived (gone_at)",
    "CREATE TABLE attachment (user_id {key} NOT NULL, id {key} NOT NULL, name {key} NOT NULL, media_type {text} NOT NULL, \
     digest {text} NOT NULL, bytes {integer} NOT NULL, version {integer} NOT NULL, gone {integer}, gone_at {integer}, \
     PRIMARY KEY (user_id, id, name))",
    "CREATE INDEX attachment_gone ON attachment (gone_at)",
    "CREATE INDEX attachment_bytes ON attachment (bytes)",
];

/// Finds an [`ItemRow`].
pub(crate) const ITEM: &str =
    "SELECT version, gone, content, begun FROM item WHERE user_id = ? AND id = ?";

/// Finds a [`DerivedRow`].
pub(crate) const DERIVED: &str =
    "SELECT version, gone, content, source FROM derived WHERE user_id = ? AND id = ?";

/// Finds an [`AttachmentRow`].
pub(crate) const ATTACHMENT: &str = "SELECT version, gone, media_type, digest, bytes FROM attachment \
     WHERE user_id = ? AND id = ? AND name = ?";

/// The items of a user that have changed after a version.
pub(crate) const ITEMS: Listing = Listing {
    total: "SELECT COUNT(*) FROM item WHERE user_id = ? AND version > ? AND gone IS NULL",
    page: "SELECT id, version FROM item WHERE user_id = ? AND version > ? AND gone IS NULL \
           ORDER BY version, id LIMIT ? OFFSET ?",
};

/// All bytes to which the rows of a user refer.
pub(crate) const BYTES: &str =
    "SELECT id, name, bytes FROM attachment WHERE user_id = ? ORDER BY id, name";

#[derive(Debug)]
pub(crate) struct ItemRow {
    pub(crate) state: RowState,
    /// The version by which it was put anew.
    pub(crate) begun: i64,
}

#[derive(Debug)]
pub(crate) struct DerivedRow {
    pub(crate) state: RowState,
    /// The version of the item from which it was derived.
    pub(crate) source: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct AttachmentRow {
    pub(crate) state: RowState,
    pub(crate) media_type: String,
    /// The SHA-256 of the bytes, in base64.
    pub(crate) digest: String,
    /// The number in the name of its bytes.
    pub(crate) bytes: i64,
}

impl TryFrom<Row> for ItemRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self { state: RowState::of(&row, 0)?, begun: row.get(3)? })
    }
}

impl TryFrom<Row> for DerivedRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self { state: RowState::of(&row, 0)?, source: row.get(3)? })
    }
}

impl TryFrom<Row> for AttachmentRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let state = RowState::of(&row, 0)?;
        Ok(Self { state, media_type: row.get(2)?, digest: row.get(3)?, bytes: row.get(4)? })
    }
}

impl ItemRow {
    pub(crate) async fn find(
        transaction: &mut Transaction,
        user: &str,
        id: &str,
    ) -> Result<Option<Self>, Error> {
        transaction.optional(ITEM, &values![user, id]).await?.map(Self::try_from).transpose()
    }

    /// The item, which must be there: asked in the transaction that writes, so that no `DELETE` comes between.
    pub(crate) async fn present(
        transaction: &mut Transaction,
        user: &str,
        id: &str,
    ) -> Result<Self, Failure> {
        let row = Self::find(transaction, user, id).await?;
        // Said in words, as a client that attaches something might look for that.
        let missing =
            || Problem::new(StatusCode::NOT_FOUND).detail(format!("the item {id} does not exist"));
        let row = row.ok_or_else(missing)?;
        RowState::present(Some(row.state))?;
        Ok(row)
    }

    /// Writes the content of an item that is there by this version.
    pub(crate) async fn save(
        transaction: &mut Transaction,
        (user, id): (&str, &str),
        content: &str,
        begun: i64,
        version: Version,
    ) -> Result<(), Error> {
        let columns = ["content", "begun", "version", "gone", "gone_at"];
        let upsert = transaction.dialect().upsert("item", &["user_id", "id"], &columns);
        let nothing = None::<i64>;
        let values = values![user, id, content, begun, version.number, nothing, nothing];
        transaction.execute(&upsert, &values).await.map(|_| ())
    }
}

impl DerivedRow {
    pub(crate) async fn find(
        transaction: &mut Transaction,
        user: &str,
        id: &str,
    ) -> Result<Option<Self>, Error> {
        transaction.optional(DERIVED, &values![user, id]).await?.map(Self::try_from).transpose()
    }

    pub(crate) async fn save(
        transaction: &mut Transaction,
        (user, id): (&str, &str),
        content: &str,
        source: i64,
        version: Version,
    ) -> Result<(), Error> {
        let columns = ["content", "source", "version", "gone", "gone_at"];
        let upsert = transaction.dialect().upsert("derived", &["user_id", "id"], &columns);
        let nothing = None::<i64>;
        let values = values![user, id, content, source, version.number, nothing, nothing];
        transaction.execute(&upsert, &values).await.map(|_| ())
    }
}

impl AttachmentRow {
    /// Writes an attachment: its media type, its digest, and the number of its bytes.
    pub(crate) async fn save(
        transaction: &mut Transaction,
        (user, id, name): (&str, &str, &str),
        (media_type, digest, bytes): (&str, &str, i64),
        version: Version,
    ) -> Result<(), Error> {
        let columns = ["media_type", "digest", "bytes", "version", "gone", "gone_at"];
        let upsert =
            transaction.dialect().upsert("attachment", &["user_id", "id", "name"], &columns);
        let nothing = None::<i64>;
        let number = version.number;
        let values = values![user, id, name, media_type, digest, bytes, number, nothing, nothing];
        transaction.execute(&upsert, &values).await.map(|_| ())
    }

    pub(crate) async fn delete(
        transaction: &mut Transaction,
        (user, id, name): (&str, &str, &str),
        version: Version,
    ) -> Result<(), Error> {
        let delete =
            "UPDATE attachment SET gone = ?, gone_at = ? WHERE user_id = ? AND id = ? AND name = ?";
        let values = values![version.number, version.at, user, id, name];
        transaction.execute(delete, &values).await.map(|_| ())
    }
}

/// What becomes of an item and of what belongs to it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    /// What is there goes.
    Goes,
    /// What went by this version comes back.
    ComesBack(i64),
}

/// Lets what belongs to an item go or come back with it: all by one version, each with an event of its own.
pub(crate) async fn change_parts(
    transaction: &mut Transaction,
    (user, id): (&str, &str),
    fate: Fate,
    version: Version,
) -> Result<(), Failure> {
    let Version { number, at } = version;
    let (is_concerned, change, is_gone) = match fate {
        Fate::Goes => ("gone IS NULL".to_owned(), format!("gone = {number}, gone_at = {at}"), true),
        Fate::ComesBack(gone) => (
            format!("gone = {gone}"),
            format!("gone = NULL, gone_at = NULL, version = {number}"),
            false,
        ),
    };
    let key = values![user, id];
    let find =
        format!("SELECT name FROM attachment WHERE user_id = ? AND id = ? AND {is_concerned}");
    for row in transaction.query(&find, &key).await? {
        let path = Attachment::path(user, id, row.get::<String>(0)?);
        Data::event(transaction, user, &path, version, is_gone).await?;
    }
    let find =
        format!("SELECT version FROM derived WHERE user_id = ? AND id = ? AND {is_concerned}");
    if transaction.optional(&find, &key).await?.is_some() {
        Data::event(transaction, user, &Derived::path(user, id), version, is_gone).await?;
    }
    for table in ["attachment", "derived"] {
        let update =
            format!("UPDATE {table} SET {change} WHERE user_id = ? AND id = ? AND {is_concerned}");
        transaction.execute(&update, &key).await?;
    }
    Ok(())
}

/// Deletes an item, and what belongs to it.
pub(crate) async fn delete_item(
    transaction: &mut Transaction,
    (user, id): (&str, &str),
    version: Version,
) -> Result<(), Failure> {
    let delete = "UPDATE item SET gone = ?, gone_at = ? WHERE user_id = ? AND id = ?";
    transaction.execute(delete, &values![version.number, version.at, user, id]).await?;
    change_parts(transaction, (user, id), Fate::Goes, version).await
}
