//! The tables of labels and of their items, and the statements that read and write them.

use database::{
    Error, Row, Transaction, Type, Value,
    data::{Listing, Table, Version},
    values,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) const TABLES: [Table; 2] = [
    Table {
        name: "label",
        columns: &[
            ("user_id", Type::Text),
            ("label", Type::Text),
            ("title", Type::Text),
            ("version", Type::Integer),
            Table::GONE,
            Table::GONE_AT,
        ],
        key: &["label"],
        is_soft: true,
    },
    Table {
        name: "label_item",
        columns: &[
            ("user_id", Type::Text),
            ("label", Type::Text),
            ("item", Type::Text),
            ("position", Type::Real),
            ("version", Type::Integer),
            Table::GONE,
            Table::GONE_AT,
        ],
        key: &["label", "item"],
        is_soft: true,
    },
];

pub(crate) const SCHEMA: [&str; 5] = [
    "CREATE TABLE label (user_id {key} NOT NULL, label {key} NOT NULL, title {text} NOT NULL, \
     version {integer} NOT NULL, gone {integer}, gone_at {integer}, PRIMARY KEY (user_id, label))",
    "CREATE INDEX label_gone ON label (gone_at)",
    "CREATE TABLE label_item (user_id {key} NOT NULL, label {key} NOT NULL, item {key} NOT NULL, \
     position {real} NOT NULL, version {integer} NOT NULL, gone {integer}, gone_at {integer}, \
     PRIMARY KEY (user_id, label, item))",
    "CREATE INDEX label_item_gone ON label_item (gone_at)",
    "CREATE INDEX label_item_position ON label_item (user_id, label, position, item)",
];

/// A label, by its user and its name.
pub(crate) const LABEL: &str =
    "SELECT version, gone, label, title FROM label WHERE user_id = ? AND label = ?";

/// An item of a label, by the user, the label and the item.
pub(crate) const ITEM: &str = "SELECT version, gone, item, position FROM label_item \
                               WHERE user_id = ? AND label = ? AND item = ?";

const COUNT_ITEMS: &str =
    "SELECT COUNT(*) FROM label_item WHERE user_id = ? AND label = ? AND gone IS NULL";

/// A label of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Label {
    /// Its name.
    pub(crate) label: String,
    /// What people call it.
    pub(crate) title: String,
}

/// An item that has a label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Item {
    /// Its name.
    pub(crate) item: String,
    /// Where it is in the label: items are sorted by it, and by their names where it is the same.
    pub(crate) position: f64,
}

/// The greatest position, beyond which numbers are no longer one apart.
pub(crate) const LAST_POSITION: f64 = 1e15;

impl Label {
    /// Reads a label from a row of [`LABEL`].
    pub(crate) fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self { label: row.get(2)?, title: row.get(3)? })
    }

    pub(crate) async fn save(
        &self,
        transaction: &mut Transaction,
        version: Version,
        user: &str,
    ) -> Result<(), Error> {
        let columns = ["title", "version", "gone", "gone_at"];
        let upsert = transaction.dialect().upsert("label", &["user_id", "label"], &columns);
        let nothing = None::<i64>;
        let values = values![user, &self.label, &self.title, version.number, nothing, nothing];
        transaction.execute(&upsert, &values).await.map(|_| ())
    }

    /// Deletes a label.
    pub(crate) async fn delete(
        transaction: &mut Transaction,
        version: Version,
        user: &str,
        label: &str,
    ) -> Result<(), Error> {
        let delete = "UPDATE label SET gone = ?, gone_at = ? WHERE user_id = ? AND label = ?";
        let values = values![version.number, version.at, user, label];
        transaction.execute(delete, &values).await.map(|_| ())
    }
}

impl Item {
    /// Reads an item from a row of [`ITEM`].
    pub(crate) fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self { item: row.get(2)?, position: row.get(3)? })
    }

    pub(crate) async fn save(
        &self,
        transaction: &mut Transaction,
        version: Version,
        user: &str,
        label: &str,
    ) -> Result<(), Error> {
        let (key, columns) =
            (["user_id", "label", "item"], ["position", "version", "gone", "gone_at"]);
        let upsert = transaction.dialect().upsert("label_item", &key, &columns);
        let nothing = None::<i64>;
        let values =
            values![user, label, &self.item, self.position, version.number, nothing, nothing];
        transaction.execute(&upsert, &values).await.map(|_| ())
    }

    /// Deletes an item.
    pub(crate) async fn delete(
        transaction: &mut Transaction,
        version: Version,
        user: &str,
        label: &str,
        item: &str,
    ) -> Result<(), Error> {
        let delete = "UPDATE label_item SET gone = ?, gone_at = ? \
                      WHERE user_id = ? AND label = ? AND item = ?";
        let values = values![version.number, version.at, user, label, item];
        transaction.execute(delete, &values).await.map(|_| ())
    }

    /// The position of an item that is in the label, or else the one after all others.
    pub(crate) async fn position(
        transaction: &mut Transaction,
        user: &str,
        label: &str,
        item: &str,
    ) -> Result<f64, Error> {
        let own = "SELECT position FROM label_item \
                   WHERE user_id = ? AND label = ? AND item = ? AND gone IS NULL";
        if let Some(row) = transaction.optional(own, &values![user, label, item]).await? {
            return row.get(0);
        }
        let last = "SELECT MAX(position) FROM label_item \
                    WHERE user_id = ? AND label = ? AND gone IS NULL";
        let last = transaction.optional(last, &values![user, label]).await?;
        let last = last.map_or(Ok(None), |row| row.get::<Option<f64>>(0))?;
        Ok(last.map_or(1.0, |last| (last.floor() + 1.0).min(LAST_POSITION)))
    }
}

/// How many items are in a label.
pub(crate) async fn count_items(
    transaction: &mut Transaction,
    user: &str,
    label: &str,
) -> Result<i64, Error> {
    let row = transaction.optional(COUNT_ITEMS, &values![user, label]).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Deletes all items of a label, and returns their names.
pub(crate) async fn delete_items(
    transaction: &mut Transaction,
    version: Version,
    user: &str,
    label: &str,
) -> Result<Vec<String>, Error> {
    let select = "SELECT item FROM label_item \
                  WHERE user_id = ? AND label = ? AND gone IS NULL ORDER BY item";
    let items = names(transaction, select, &values![user, label]).await?;
    let delete = "UPDATE label_item SET gone = ?, gone_at = ? \
                  WHERE user_id = ? AND label = ? AND gone IS NULL";
    transaction.execute(delete, &values![version.number, version.at, user, label]).await?;
    Ok(items)
}

/// Brings back the items of a label that went by this version, and returns their names.
pub(crate) async fn restore_items(
    transaction: &mut Transaction,
    version: Version,
    user: &str,
    label: &str,
    gone: i64,
) -> Result<Vec<String>, Error> {
    let select =
        "SELECT item FROM label_item WHERE user_id = ? AND label = ? AND gone = ? ORDER BY item";
    let items = names(transaction, select, &values![user, label, gone]).await?;
    let restore = "UPDATE label_item SET version = ?, gone = NULL, gone_at = NULL \
                   WHERE user_id = ? AND label = ? AND gone = ?";
    transaction.execute(restore, &values![version.number, user, label, gone]).await?;
    Ok(items)
}

async fn names(
    transaction: &mut Transaction,
    select: &str,
    values: &[Value],
) -> Result<Vec<String>, Error> {
    let rows = transaction.query(select, values).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// The labels of a user.
pub(crate) const LABELS: Listing = Listing {
    total: "SELECT COUNT(*) FROM label WHERE user_id = ? AND gone IS NULL",
    page: "SELECT version, gone, label, title FROM label WHERE user_id = ? AND gone IS NULL \
           ORDER BY label LIMIT ? OFFSET ?",
};

/// The items of a label of a user.
pub(crate) const ITEMS: Listing = Listing {
    total: COUNT_ITEMS,
    page: "SELECT version, gone, item, position FROM label_item \
           WHERE user_id = ? AND label = ? AND gone IS NULL \
           ORDER BY position, item LIMIT ? OFFSET ?",
};

/// The items that have any label of a user, each once, by the first of its positions.
pub(crate) const ALL_ITEMS: Listing = Listing {
    total: "SELECT COUNT(DISTINCT item) FROM label_item WHERE user_id = ? AND gone IS NULL",
    page: "SELECT MAX(version), MAX(gone), item, MIN(position) FROM label_item \
           WHERE user_id = ? AND gone IS NULL \
           GROUP BY item ORDER BY MIN(position), item LIMIT ? OFFSET ?",
};
