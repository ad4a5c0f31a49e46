//! Accepts messages.

use database::{Error, Transaction, values};
use sha2::{Digest, Sha256};
use test_hooks::now;
use uuid::Uuid;
use wsgiservice::IdempotencyKey;

use super::{Amount, Spool, add, lane, lock};
use crate::refusal::Refusal;

/// A message that is to be accepted.
#[derive(Clone, Debug)]
pub(crate) struct NewMessage {
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) topic: String,
    pub(crate) user: String,
    /// What the message is about, of the user's; it may have several segments, or none.
    pub(crate) name: String,
    pub(crate) content_type: Option<String>,
    pub(crate) content: Vec<u8>,
    pub(crate) traceparent: Option<String>,
    pub(crate) ticket: Option<String>,
}

/// A message that was accepted: now, or when the request came first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) id: String,
    pub(crate) deliveries: i64,
    /// Those who have something to claim now or later.
    pub(crate) listeners: Vec<String>,
    pub(crate) is_replay: bool,
}

/// A listener to the topic of a message.
struct Subscription {
    listener: String,
    is_ordered: bool,
    undo_window: i64,
}

impl Spool {
    /// Accepts a message, and makes a delivery of it for each listener to its topic.
    ///
    /// # Errors
    ///
    /// If its key was used for another message, or the spool is full.
    pub(crate) async fn accept(&self, message: NewMessage) -> Result<Accepted, Refusal> {
        let (id, most) = (message.id(), self.most);
        let work =
            async move |transaction: &mut Transaction| message.accept(&id, most, transaction).await;
        self.database.write(work).await
    }
}

impl NewMessage {
    async fn accept(
        &self,
        id: &str,
        most: Amount,
        transaction: &mut Transaction,
    ) -> Result<Accepted, Refusal> {
        let locked = lock(transaction).await?;
        if let Some(known) = self.known(id, transaction).await? {
            return Ok(known);
        }
        let size = i64::try_from(self.content.len()).unwrap_or(i64::MAX);
        if !locked.amount.has_room(Amount::one(size), most) {
            return Err(Refusal::Full);
        }
        let subscriptions = subscriptions(transaction, &self.topic).await?;
        let at = now();
        self.insert(id, size, at, locked.sequence, subscriptions.len(), transaction).await?;
        for subscription in &subscriptions {
            let window = match test_hooks::rule("pipeline::per_listener_hold") {
                true => subscription.undo_window,
                false => subscriptions.iter().map(|it| it.undo_window).max().unwrap_or_default(),
            };
            let order = (locked.sequence, at.saturating_add(window));
            self.deliver(id, subscription, order, transaction).await?;
        }
        if !subscriptions.is_empty() {
            add(transaction, Amount::one(size)).await?;
        }
        let listeners: Vec<_> = subscriptions.into_iter().map(|it| it.listener).collect();
        let deliveries = count(listeners.len());
        Ok(Accepted { id: id.to_owned(), deliveries, listeners, is_replay: false })
    }

    /// With a key, the ID is made of it, so that the message is known when it comes again.
    fn id(&self) -> String {
        match &self.key {
            Some(key) if test_hooks::rule("pipeline::source_id") => id(&self.user, key.key()),
            _ => Uuid::new_v4().simple().to_string(),
        }
    }

    fn fingerprint(&self) -> Option<String> {
        self.key.as_ref().map(|key| hex(key.fingerprint()))
    }

    /// The message, if it was accepted before.
    async fn known(
        &self,
        id: &str,
        transaction: &mut Transaction,
    ) -> Result<Option<Accepted>, Refusal> {
        let find = "SELECT fingerprint, deliveries FROM message WHERE id = ?";
        let Some(row) = transaction.optional(find, &values![id]).await? else { return Ok(None) };
        if row.get::<Option<String>>(0)? != self.fingerprint() {
            return Err(Refusal::key_reused());
        }
        let (id, listeners) = (id.to_owned(), Vec::new());
        Ok(Some(Accepted { id, deliveries: row.get(1)?, listeners, is_replay: true }))
    }

    async fn insert(
        &self,
        id: &str,
        size: i64,
        at: i64,
        sequence: i64,
        deliveries: usize,
        transaction: &mut Transaction,
    ) -> Result<(), Error> {
        let insert = "INSERT INTO message (id, user_id, topic, name, content_type, traceparent, ticket, fingerprint, size, \
             at, sequence, deliveries, remaining, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let deliveries = count(deliveries);
        let ended = (deliveries == 0).then_some(at);
        let values = values![
            id,
            &self.user,
            &self.topic,
            &self.name,
            self.content_type.as_deref(),
            self.traceparent.as_deref(),
            self.ticket.as_deref(),
            self.fingerprint(),
            size,
            at,
            sequence,
            deliveries,
            deliveries,
            ended
        ];
        transaction.execute(insert, &values).await?;
        if deliveries > 0 {
            let insert = "INSERT INTO content (message_id, content) VALUES (?, ?)";
            transaction.execute(insert, &values![id, self.content.as_slice()]).await?;
        }
        Ok(())
    }

    /// Makes the delivery for a listener. The oldest of a lane may be claimed, and each one that is in none.
    async fn deliver(
        &self,
        id: &str,
        subscription: &Subscription,
        (sequence, not_before): (i64, i64),
        transaction: &mut Transaction,
    ) -> Result<(), Error> {
        let Subscription { listener, is_ordered, .. } = subscription;
        let lane = (*is_ordered && test_hooks::rule("pipeline::oldest")).then_some(&*self.user);
        let is_behind = match lane {
            Some(lane) => lane::oldest(transaction, listener, lane).await?.is_some(),
            None => false,
        };
        let due = (!is_behind).then_some(not_before);
        let insert = "INSERT INTO delivery (message_id, listener, lane, sequence, state, due, not_before, attempt, base, \
             attempts) VALUES (?, ?, ?, ?, 'waiting', ?, ?, 0, 0, '[]')";
        let values = values![id, listener, lane, sequence, due, not_before];
        transaction.execute(insert, &values).await?;
        Ok(())
    }
}

async fn subscriptions(
    transaction: &mut Transaction,
    topic: &str,
) -> Result<Vec<Subscription>, Error> {
    let find = "SELECT listener, is_ordered, undo_window FROM subscription WHERE topic = ? ORDER BY listener";
    let rows = transaction.query(find, &values![topic]).await?;
    let of = |row: &database::Row| {
        let (listener, is_ordered, undo_window) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Subscription { listener, is_ordered, undo_window })
    };
    rows.iter().map(of).collect()
}

/// The ID of the message of a user with this key. The length keeps the two apart.
fn id(user: &str, key: &str) -> String {
    let hash = Sha256::new()
        .chain_update(user.len().to_be_bytes())
        .chain_update(user)
        .chain_update(key)
        .finalize();
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_that_of_a_user_and_a_key() {
        assert_eq!(id("u7", "k"), id("u7", "k"));
        assert_eq!(id("u7", "k").len(), 32);
        assert_ne!(id("u7", "k"), id("u", "7k"));
        assert_ne!(id("u7", "k"), id("u8", "k"));
    }
}
