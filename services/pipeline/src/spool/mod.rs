//! The spool: the messages, and a delivery of each for each of its listeners.
//!
//! | `state` | `due` | |
//! |---|---|---|
//! | `waiting` | when it may be claimed; `NULL` while an older one of its lane has not ended | |
//! | `leased` | when the lease runs out, and it may be claimed again | an attempt is under way |
//! | `done`, `dead`, `dropped` | `NULL` | it has ended |
//!
//! The deliveries of a user for a listener with `ordered=user` are a *lane*, of which one at a time has a `due`. So what can be
//! claimed is always found by a look-up in the index of (listener, due), however many others wait.
//!
//! Each change begins with the row of the spool, [`lock`]. It gives messages their order, and lets one transaction at a time
//! change the spool on servers, too, as on SQLite: what a transaction reads stays true until it is committed.

mod accept;
mod attempts;
mod claim;
mod dead;
mod end;
mod lane;
mod listeners;
mod message;
mod remove;

use database::{Database, Error, Transaction, values};

#[cfg(test)]
pub(crate) use self::claim::DUE;
pub(crate) use self::{
    accept::NewMessage,
    attempts::Attempt,
    claim::{Claim, Claimed, Wanted},
    dead::DeadDelivery,
    end::{Ended, Result as DeliveryResult},
    listeners::{KnownListener, Source, Switch},
    message::KnownMessage,
};
use crate::{Settings, figures::Figures, listener::Listener};

/// The spool. It is cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Spool {
    database: Database,
    /// How much it holds, at most.
    most: Amount,
    figures: Figures,
}

/// Messages that have not ended, and the bytes of contents, which stay for those with a dead delivery, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Amount {
    messages: i64,
    bytes: i64,
}

/// The row of the spool, at the beginning of a change.
struct Locked {
    /// A number that is greater than that of each earlier change.
    sequence: i64,
    amount: Amount,
}

const SCHEMA: [&str; 11] = [
    "CREATE TABLE spool (name {key} PRIMARY KEY, sequence {integer} NOT NULL, messages {integer} NOT NULL, \
     bytes {integer} NOT NULL)",
    "INSERT INTO spool (name, sequence, messages, bytes) VALUES ('spool', 0, 0, 0)",
    "CREATE TABLE message (id {key} PRIMARY KEY, user_id {key} NOT NULL, topic {key} NOT NULL, name {text} NOT NULL, \
     content_type {text}, traceparent {text}, ticket {text}, fingerprint {text}, size {integer} NOT NULL, \
     at {integer} NOT NULL, sequence {integer} NOT NULL, deliveries {integer} NOT NULL, remaining {integer} NOT NULL, \
     ended {integer})",
    // Apart from the message, so that a change of that does not write it again, and only as long as it may be sent.
    "CREATE TABLE content (message_id {key} PRIMARY KEY, content {bytes} NOT NULL)",
    "CREATE INDEX message_ended ON message (ended)",
    "CREATE TABLE delivery (message_id {key} NOT NULL, listener {key} NOT NULL, lane {key}, sequence {integer} NOT NULL, \
     state {text} NOT NULL, due {integer}, not_before {integer} NOT NULL, attempt {integer} NOT NULL, \
     base {integer} NOT NULL, first {integer}, dead {integer}, attempts {text} NOT NULL, \
     PRIMARY KEY (message_id, listener))",
    "CREATE INDEX delivery_due ON delivery (listener, due, sequence)",
    "CREATE INDEX delivery_lane ON delivery (listener, lane, sequence)",
    "CREATE INDEX delivery_dead ON delivery (dead)",
    "CREATE TABLE listener (name {key} PRIMARY KEY, settings {text} NOT NULL, source {text} NOT NULL, \
     switch {text} NOT NULL, reason {text})",
    "CREATE TABLE subscription (topic {key} NOT NULL, listener {key} NOT NULL, is_ordered {integer} NOT NULL, \
     undo_window {integer} NOT NULL, PRIMARY KEY (topic, listener))",
];

impl Spool {
    pub(crate) fn new(database: Database, settings: &Settings) -> Self {
        let bytes = i64::try_from(settings.spool_bytes).unwrap_or(i64::MAX);
        let most = Amount { messages: settings.spool_messages.into(), bytes };
        Self { database, most, figures: Figures::default() }
    }

    /// Creates the tables, and takes over the listeners of the settings, after what waited for those that are switched off or
    /// removed is dropped.
    pub(crate) async fn set_up(&self, listeners: &[Listener]) -> Result<(), Error> {
        self.database.migrate(&SCHEMA).await?;
        for known in self.listeners().await?.iter().filter(|known| known.switch != Switch::On) {
            while !self.drop_some(&known.listener.name).await? {}
        }
        self.take_over(listeners.to_vec()).await
    }

    pub(crate) async fn close(&self) {
        self.database.close().await;
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    pub(crate) fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Whether nine tenths of what it holds at most are taken.
    pub(crate) fn is_nearly_full(&self, messages: i64, bytes: i64) -> bool {
        messages >= self.most.messages / 10 * 9 || bytes >= self.most.bytes / 10 * 9
    }
}

/// Begins a change of the spool: no other one is under way until it is committed.
async fn lock(transaction: &mut Transaction) -> Result<Locked, Error> {
    transaction.execute("UPDATE spool SET sequence = sequence + 1", &[]).await?;
    let row = transaction.optional("SELECT sequence, messages, bytes FROM spool", &[]).await?;
    let row = row.ok_or_else(|| Error::other("the spool has no row"))?;
    let amount = Amount { messages: row.get(1)?, bytes: row.get(2)? };
    Ok(Locked { sequence: row.get(0)?, amount })
}

/// Adds messages that have not ended, or takes them away.
async fn add(transaction: &mut Transaction, amount: Amount) -> Result<(), Error> {
    let update = "UPDATE spool SET messages = messages + ?, bytes = bytes + ?";
    transaction.execute(update, &values![amount.messages, amount.bytes]).await?;
    Ok(())
}

impl Amount {
    /// One message of this size.
    fn one(bytes: i64) -> Self {
        Self { messages: 1, bytes }
    }

    /// Whether so much more is at most `most`.
    fn has_room(self, more: Self, most: Self) -> bool {
        self.messages + more.messages <= most.messages
            && self.bytes.saturating_add(more.bytes) <= most.bytes
    }
}
