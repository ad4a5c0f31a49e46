//! What could not be delivered.

use database::data::List;
use wsgiservice::{NoContent, Parameter, answer::Accepted, mount, resource};

use super::Label;
use crate::{
    dispatcher::Dispatcher,
    refusal::Refusal,
    spool::{DeadDelivery, KnownMessage, Spool},
};

/// The dead deliveries.
#[mount("/1/dead")]
pub(super) struct DeadDeliveries {
    pub(super) spool: Spool,
}

/// A dead delivery.
#[mount("/1/dead/{id}")]
pub(crate) struct Dead {
    pub(super) spool: Spool,
}

/// A dead delivery that is tried again.
#[mount("/1/dead/{id}/retry")]
pub(crate) struct Retry {
    pub(super) dispatcher: Dispatcher,
}

/// The ID of a delivery: that of its message, `-`, and the listener.
#[derive(Clone, Debug, Parameter)]
#[validate(
    re = "[0-9a-f]{32}-[0-9A-Za-z_-]{1,64}",
    example = "5f0c0f5ab2e24e1f9f2f6b6a3f1d2c4e-mail"
)]
pub(crate) struct DeliveryId(String);

impl DeliveryId {
    /// The message, which has no `-`, and the listener.
    fn parts(self) -> Option<(String, String)> {
        let (message, listener) = self.0.split_once('-')?;
        Some((message.to_owned(), listener.to_owned()))
    }
}

#[resource]
impl DeadDeliveries {
    /// List the deliveries that were given up, the oldest first.
    async fn get(
        &self,
        #[validate(doc = "List those of this listener.")] listener: Option<Label>,
        #[validate(range = 1.., default = 1, doc = "The position of the first one, from 1.")]
        start: u32,
        #[validate(range = 1..=1_000, default = 10, doc = "How many, at most.")] count: u32,
    ) -> Result<List<DeadDelivery>, Refusal> {
        self.spool.dead(listener.as_ref().map(|it| it.0.as_str()), start, count).await
    }
}

#[resource]
impl Dead {
    /// Return a dead delivery.
    async fn get(&self, id: DeliveryId) -> Result<DeadDelivery, Refusal> {
        self.spool.dead_delivery(id.parts().ok_or(Refusal::Missing)?).await?.ok_or(Refusal::Missing)
    }

    /// Drop a dead delivery.
    async fn delete(&self, id: DeliveryId) -> Result<NoContent, Refusal> {
        self.spool.drop_dead(id.parts().ok_or(Refusal::Missing)?).await?;
        Ok(NoContent)
    }
}

#[resource]
impl Retry {
    /// Try a dead delivery again, with all its attempts.
    ///
    /// Its listener may have forgotten its key: later than a day after the first attempt, it may have its effect twice.
    async fn post(&self, id: DeliveryId) -> Result<Accepted<KnownMessage>, Refusal> {
        let (message, listener) = id.parts().ok_or(Refusal::Missing)?;
        let spool = self.dispatcher.spool();
        spool.retry((message.clone(), listener.clone())).await?;
        self.dispatcher.hints().claimable([listener]);
        spool.message(&message).await?.map(Accepted).ok_or(Refusal::Missing)
    }
}
