//! The listeners.

use database::data::List;
use schemars::JsonSchema;
use serde::Serialize;
use wsgiservice::{NoContent, Secret, answer::Put, mount, resource};

use super::Label;
use crate::{
    dispatcher::Dispatcher,
    listener::{self, LONGEST_TIMEOUT, LONGEST_WINDOW, MOST_AT_A_TIME, MOST_ATTEMPTS, Ordered},
    refusal::Refusal,
    spool::{KnownListener, Source, Spool, Switch},
};

/// The listeners.
#[mount("/1/listener")]
pub(super) struct Listeners {
    pub(super) spool: Spool,
}

/// A listener.
#[mount("/1/listener/{name}", deny_unknown)]
pub(crate) struct Listener {
    pub(super) dispatcher: Dispatcher,
}

/// A listener, without its secret.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Listener")]
struct View {
    /// The name.
    name: String,
    /// The names of its topics.
    topics: Vec<String>,
    /// The service that is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    /// Which cluster is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    locator: Option<String>,
    /// The path that is called of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The URL that is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// How long a response may take.
    timeout_ms: u32,
    /// After how many attempts a delivery is dead.
    max_attempts: u32,
    /// How many deliveries are sent at the same time.
    concurrency: u32,
    /// Which deliveries come one after the other.
    ordered: Ordered,
    /// How long a delivery is held back.
    undo_window_ms: u32,
    /// Whether it has a secret.
    signed: bool,
    /// Where it is changed.
    source: Source,
    /// Whether it gets deliveries.
    switch: Switch,
    /// Why it is switched off.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[resource]
impl Listeners {
    /// List the listeners, sorted by their names.
    async fn get(
        &self,
        #[validate(range = 1.., default = 1, doc = "The position of the first one, from 1.")]
        start: u32,
        #[validate(range = 1..=1_000, default = 10, doc = "How many, at most.")] count: u32,
    ) -> Result<List<View>, Refusal> {
        let mut all = self.spool.listeners().await?;
        all.retain(|known| known.switch != Switch::Removed);
        let total = all.len() as u64;
        let part = all.into_iter().skip(start as usize - 1).take(count as usize);
        Ok(List { items: part.map(View::from).collect(), start, count, total })
    }
}

#[resource]
impl Listener {
    /// Return a listener.
    async fn get(&self, name: Label) -> Result<View, Refusal> {
        let known = self.dispatcher.spool().listener(&name.0).await?;
        known.map(View::from).ok_or(Refusal::Missing)
    }

    /// Add a listener, or change one and switch it on. It gets the messages that are accepted from now on.
    ///
    /// `ordered` and `undo_window_ms` are for these; all else is for those that wait, too.
    async fn put(
        &self,
        name: Label,
        #[validate(len = 1..=100, doc = "The names of its topics.")] topics: Vec<Label>,
        #[validate(doc = "The service to call, as the topology names it.")] service: Option<String>,
        #[validate(
            doc = "Which cluster to call: `user`, that of the user of the message, which is the default, `closest`, `random`, `first` or `cluster:NAME`."
        )]
        locator: Option<String>,
        #[validate(doc = "The path to call of the service.")] path: Option<String>,
        #[validate(doc = "In place of a service: the URL to call.")] url: Option<String>,
        #[validate(range = 1..=LONGEST_TIMEOUT, default = 10_000, doc = "How long a response may take.")]
        timeout_ms: u32,
        #[validate(range = 1..=MOST_ATTEMPTS, default = 20, doc = "After how many attempts a delivery is dead.")]
        max_attempts: u32,
        #[validate(range = 1..=MOST_AT_A_TIME, default = 8, doc = "How many deliveries are sent at the same time.")]
        concurrency: u32,
        #[validate(default = "none")] ordered: Ordered,
        #[validate(range = 0..=LONGEST_WINDOW, default = 0, doc = "How long a delivery is held back, so that what it is about can be undone.")]
        undo_window_ms: u32,
        #[validate(
            doc = "The secret that signs deliveries: `whsec_` and base64. Without it, the listener keeps the one that it has; an empty text removes it."
        )]
        secret: Option<Secret<String>>,
        #[from(content = "name")]
        #[validate(doc = "As a `GET` returns it, like the next ones: without effect.")]
        _returned_name: Option<String>,
        #[from(content = "signed")] _signed: Option<bool>,
        #[from(content = "source")] _source: Option<String>,
        #[from(content = "switch")] _switch: Option<String>,
        #[from(content = "reason")] _reason: Option<String>,
    ) -> Result<Put<View>, Refusal> {
        let secret = secret.map(Secret::into_inner);
        let listener = listener::Listener {
            name: name.0,
            topics: topics.into_iter().map(|topic| topic.0).collect(),
            service,
            locator,
            path,
            url,
            timeout_ms,
            max_attempts,
            concurrency,
            ordered,
            undo_window_ms,
            secret: None,
        };
        self.save(listener, secret).await
    }

    /// Remove a listener, and drop what waits for it.
    async fn delete(&self, name: Label) -> Result<NoContent, Refusal> {
        self.dispatcher.spool().delete_listener(name.0).await?;
        self.dispatcher.hints().changed();
        Ok(NoContent)
    }
}

impl Listener {
    async fn save(
        &self,
        listener: listener::Listener,
        secret: Option<String>,
    ) -> Result<Put<View>, Refusal> {
        let with_secret = secret.clone().filter(|secret| !secret.is_empty());
        let mistakes = listener::Listener { secret: with_secret, ..listener.clone() }
            .mistakes(&self.dispatcher.cluster());
        let mistakes: Vec<_> =
            mistakes.into_iter().chain(self.dispatcher.unknown_place(&listener)).collect();
        if !mistakes.is_empty() {
            return Err(Refusal::Mistakes(mistakes.join("; ")));
        }
        let listener = listener::Listener { secret, ..listener };
        let (is_new, known) = self.dispatcher.spool().put_listener(listener).await?;
        self.dispatcher.hints().changed();
        let view = View::from(known);
        Ok(if is_new { Put::Created(view) } else { Put::Replaced(view) })
    }
}

impl From<KnownListener> for View {
    fn from(known: KnownListener) -> Self {
        let KnownListener { listener, source, switch, reason } = known;
        Self {
            name: listener.name,
            topics: listener.topics,
            service: listener.service,
            locator: listener.locator,
            path: listener.path,
            url: listener.url,
            timeout_ms: listener.timeout_ms,
            max_attempts: listener.max_attempts,
            concurrency: listener.concurrency,
            ordered: listener.ordered,
            undo_window_ms: listener.undo_window_ms,
            signed: listener.secret.is_some(),
            source,
            switch,
            reason,
        }
    }
}
