//! Topics: where messages are accepted.

use bytes::Bytes;
use database::data::User;
use schemars::JsonSchema;
use serde::Serialize;
use wsgiservice::{
    IdempotencyKey, Parameter, Request,
    answer::{Accepted, WithFields},
    http::{HeaderName, HeaderValue, header},
    mount, resource,
};

use super::{Label, Message};
use crate::{dispatcher::Dispatcher, listener::RESERVED, refusal::Refusal, spool::NewMessage};

/// The field of a response to a request that came before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Messages about something of a user.
#[mount("/1/{topic}/{user}/{*name}")]
pub(crate) struct Topic {
    pub(super) dispatcher: Dispatcher,
    pub(super) largest: u64,
}

/// Messages about a user.
#[mount("/1/{topic}/{user}")]
pub(crate) struct TopicOfUser {
    pub(super) dispatcher: Dispatcher,
    pub(super) largest: u64,
}

/// The ticket by which a change can be undone.
#[derive(Clone, Debug, Parameter)]
#[validate(re = "[0-9a-f]{32}", example = "5f0c0f5ab2e24e1f9f2f6b6a3f1d2c4e")]
pub(crate) struct Ticket(String);

/// A message that was accepted.
#[derive(Debug, Serialize, JsonSchema)]
struct AcceptedMessage {
    /// Its ID.
    id: String,
    /// How many deliveries are made of it: one for each listener to the topic.
    deliveries: i64,
}

/// What a message is made of.
struct Received<'a> {
    topic: Label,
    user: User,
    name: String,
    content: Bytes,
    key: Option<IdempotencyKey>,
    ticket: Option<Ticket>,
    request: &'a Request,
}

#[resource]
impl Topic {
    /// Accept a message of any media type, which each listener to the topic gets at least once.
    ///
    /// It is on the disk when it is acknowledged. With a key, it is known again for seven days after its last delivery has ended.
    #[limit(content = 16_777_216)]
    async fn post(
        &self,
        topic: Label,
        user: User,
        #[validate(
            re = r"[^\x00-\x1f\x7f-\x9f]+",
            len = 1..=2_000,
            doc = "What of the user's it is about."
        )]
        name: String,
        content: Bytes,
        key: Option<IdempotencyKey>,
        #[from(header = "X-Undo-Ticket")] ticket: Option<Ticket>,
        request: &Request,
    ) -> Result<WithFields<Accepted<AcceptedMessage>>, Refusal> {
        let received = Received { topic, user, name, content, key, ticket, request };
        received.accept(&self.dispatcher, self.largest).await
    }
}

#[resource]
impl TopicOfUser {
    /// Accept a message about the user, as one about something of the user's.
    #[limit(content = 16_777_216)]
    async fn post(
        &self,
        topic: Label,
        user: User,
        content: Bytes,
        key: Option<IdempotencyKey>,
        #[from(header = "X-Undo-Ticket")] ticket: Option<Ticket>,
        request: &Request,
    ) -> Result<WithFields<Accepted<AcceptedMessage>>, Refusal> {
        let name = String::new();
        let received = Received { topic, user, name, content, key, ticket, request };
        received.accept(&self.dispatcher, self.largest).await
    }
}

impl Received<'_> {
    async fn accept(
        self,
        dispatcher: &Dispatcher,
        largest: u64,
    ) -> Result<WithFields<Accepted<AcceptedMessage>>, Refusal> {
        if RESERVED.contains(&self.topic.0.as_str()) {
            return Err(Refusal::Reserved);
        }
        if self.content.len() as u64 > largest {
            return Err(Refusal::TooLarge(largest));
        }
        let accepted = dispatcher.spool().accept(self.message()).await?;
        test_hooks::reached("pipeline::after_accept").await;
        dispatcher.hints().claimable(accepted.listeners);
        let location = HeaderValue::try_from(Message::path(&accepted.id));
        let value = Accepted(AcceptedMessage { id: accepted.id, deliveries: accepted.deliveries });
        let mut response = WithFields::new(value);
        if let Ok(location) = location {
            response = response.field(header::LOCATION, location);
        }
        Ok(match accepted.is_replay {
            true => {
                dispatcher.spool().figures().replayed();
                response.field(REPLAYED, HeaderValue::from_static("true"))
            }
            false => response,
        })
    }

    fn message(self) -> NewMessage {
        let field = |name: &str| {
            let value = self.request.fields().get(name)?;
            value.to_str().ok().map(ToOwned::to_owned)
        };
        NewMessage {
            topic: self.topic.0,
            user: self.user.to_string(),
            name: self.name,
            content_type: field("content-type"),
            content: self.content.into(),
            traceparent: field("traceparent"),
            ticket: self.ticket.map(|ticket| ticket.0),
            key: self.key,
        }
    }
}
