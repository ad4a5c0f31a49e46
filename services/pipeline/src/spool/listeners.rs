//! The listeners, and the topics that they listen to.

use database::{Error, Row, Transaction, values};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Spool, lock, remove};
use crate::{
    listener::{Listener, MOST_LISTENERS, Ordered},
    refusal::Refusal,
};

/// A listener as the spool has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownListener {
    pub(crate) listener: Listener,
    pub(crate) source: Source,
    pub(crate) switch: Switch,
    /// Why it is switched off.
    pub(crate) reason: Option<String>,
}

/// Where a listener is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    /// In the settings.
    Settings,
    /// By the API.
    Api,
}

/// Whether a listener gets deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Switch {
    /// It does.
    On,
    /// It said that it is gone.
    Off,
    /// It was deleted, and what waited for it is being dropped.
    Removed,
}

/// Whether a listener is new.
pub(crate) type IsNew = bool;

const LISTENER: &str = "SELECT settings, source, switch, reason FROM listener";

impl Spool {
    /// All listeners, sorted by their names.
    pub(crate) async fn listeners(&self) -> Result<Vec<KnownListener>, Error> {
        let rows = self.database.query(&format!("{LISTENER} ORDER BY name"), &[]).await?;
        rows.iter().map(KnownListener::of).collect()
    }

    pub(crate) async fn listener(&self, name: &str) -> Result<Option<KnownListener>, Error> {
        let find = format!("{LISTENER} WHERE name = ?");
        let row = self.database.optional(&find, &values![name]).await?;
        let listener = row.as_ref().map(KnownListener::of).transpose()?;
        Ok(listener.filter(|it| it.switch != Switch::Removed))
    }

    /// Adds a listener of the API, or replaces it, and switches it on. Without a new secret, it keeps the one that it has.
    pub(crate) async fn put_listener(
        &self,
        listener: Listener,
    ) -> Result<(IsNew, KnownListener), Refusal> {
        let work = async move |transaction: &mut Transaction| {
            lock(transaction).await?;
            let known = find(transaction, &listener.name).await?;
            match &known {
                Some(known) => known.check_change(transaction).await?,
                None => check_count(transaction).await?,
            }
            let mut listener = listener.clone();
            let is_new = known.is_none();
            if listener.secret.is_none() {
                listener.secret = known.and_then(|known| known.listener.secret);
            }
            listener.secret = listener.secret.filter(|secret| !secret.is_empty());
            let known =
                KnownListener { listener, source: Source::Api, switch: Switch::On, reason: None };
            known.save(transaction).await?;
            Ok((is_new, known))
        };
        self.database.write(work).await
    }

    /// Removes a listener of the API. What waits for it is dropped by [`drop_some`](Self::drop_some).
    pub(crate) async fn delete_listener(&self, name: String) -> Result<(), Refusal> {
        let work = async move |transaction: &mut Transaction| {
            lock(transaction).await?;
            match find(transaction, &name).await? {
                None => Err(Refusal::Missing),
                Some(known) if known.switch == Switch::Removed => Err(Refusal::Missing),
                Some(known) if known.source == Source::Settings => Err(Refusal::FromSettings),
                Some(_) => Ok(switch(transaction, &name, "removed", None).await?),
            }
        };
        self.database.write(work).await
    }

    /// Takes over the listeners of the settings, and switches them on. Those that the settings had before, and have no more,
    /// are removed.
    pub(super) async fn take_over(&self, listeners: Vec<Listener>) -> Result<(), Error> {
        let work = async move |transaction: &mut Transaction| {
            lock(transaction).await?;
            let rows = transaction.query(LISTENER, &[]).await?;
            for row in &rows {
                let known = KnownListener::of(row)?;
                let is_there = listeners.iter().any(|it| it.name == known.listener.name);
                if known.source == Source::Settings && !is_there {
                    switch(transaction, &known.listener.name, "removed", None).await?;
                }
            }
            for listener in &listeners {
                let (listener, source) = (listener.clone(), Source::Settings);
                let known = KnownListener { listener, source, switch: Switch::On, reason: None };
                known.save(transaction).await?;
            }
            Ok(())
        };
        self.database.write(work).await
    }
}

impl KnownListener {
    fn of(row: &Row) -> Result<Self, Error> {
        let listener: String = row.get(0)?;
        let (source, switch): (String, String) = (row.get(1)?, row.get(2)?);
        Ok(Self {
            listener: serde_json::from_str(&listener).map_err(Error::other)?,
            source: if source == "settings" { Source::Settings } else { Source::Api },
            switch: match &*switch {
                "on" => Switch::On,
                "off" => Switch::Off,
                _ => Switch::Removed,
            },
            reason: row.get(3)?,
        })
    }

    /// Refuses a change by the API of a listener of the settings, and of one for which something still waits from before it was
    /// switched off or deleted.
    async fn check_change(&self, transaction: &mut Transaction) -> Result<(), Refusal> {
        let is_free = match self.switch {
            _ if self.source == Source::Settings => return Err(Refusal::FromSettings),
            Switch::On => true,
            Switch::Off => remove::waiting(transaction, &self.listener.name).await?.is_empty(),
            Switch::Removed => false,
        };
        if is_free { Ok(()) } else { Err(Refusal::BeingDropped) }
    }

    /// Writes a listener that is switched on.
    async fn save(&self, transaction: &mut Transaction) -> Result<(), Error> {
        let Listener { name, topics, ordered, undo_window_ms, .. } = &self.listener;
        let columns = ["settings", "source", "switch", "reason"];
        let upsert = transaction.dialect().upsert("listener", &["name"], &columns);
        let settings = serde_json::to_string(&self.listener).map_err(Error::other)?;
        let source = if self.source == Source::Settings { "settings" } else { "api" };
        let values = values![name, settings, source, "on", None::<String>];
        transaction.execute(&upsert, &values).await?;
        unsubscribe(transaction, name).await?;
        let columns = ["is_ordered", "undo_window"];
        let upsert = transaction.dialect().upsert("subscription", &["topic", "listener"], &columns);
        for topic in topics {
            let is_ordered = *ordered == Ordered::User;
            let values = values![topic, name, is_ordered, *undo_window_ms];
            transaction.execute(&upsert, &values).await?;
        }
        Ok(())
    }
}

/// Refuses one more listener, if there are many.
async fn check_count(transaction: &mut Transaction) -> Result<(), Refusal> {
    let row = transaction.optional("SELECT COUNT(*) FROM listener", &[]).await?;
    let count: i64 = row.map_or(Ok(0), |row| row.get(0))?;
    if count < MOST_LISTENERS { Ok(()) } else { Err(Refusal::TooMany(count)) }
}

async fn find(transaction: &mut Transaction, name: &str) -> Result<Option<KnownListener>, Error> {
    let row = transaction.optional(&format!("{LISTENER} WHERE name = ?"), &values![name]).await?;
    row.as_ref().map(KnownListener::of).transpose()
}

/// A listener that gets deliveries.
pub(super) async fn on(
    transaction: &mut Transaction,
    name: &str,
) -> Result<Option<Listener>, Error> {
    let known = find(transaction, name).await?.filter(|known| known.switch == Switch::On);
    Ok(known.map(|known| known.listener))
}

/// Switches a listener off that has said that it is gone.
pub(super) async fn switch_off(
    transaction: &mut Transaction,
    name: &str,
    reason: &str,
) -> Result<(), Error> {
    switch(transaction, name, "off", Some(reason)).await
}

/// From here on, no message has a delivery for it.
async fn switch(
    transaction: &mut Transaction,
    name: &str,
    to: &str,
    reason: Option<&str>,
) -> Result<(), Error> {
    let update =
        "UPDATE listener SET switch = ?, reason = ? WHERE name = ? AND switch <> 'removed'";
    transaction.execute(update, &values![to, reason, name]).await?;
    unsubscribe(transaction, name).await
}

async fn unsubscribe(transaction: &mut Transaction, listener: &str) -> Result<(), Error> {
    let delete = "DELETE FROM subscription WHERE listener = ?";
    transaction.execute(delete, &values![listener]).await.map(|_| ())
}
