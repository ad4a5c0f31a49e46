//! What has become of a message.

use wsgiservice::{mount, resource};

use crate::{
    refusal::Refusal,
    spool::{KnownMessage, Spool},
};

/// What has become of a message.
#[mount("/1/message/{id}")]
pub(crate) struct Message {
    pub(super) spool: Spool,
}

#[resource]
impl Message {
    /// Return what has become of the deliveries of a message, until seven days after the last one has ended.
    async fn get(
        &self,
        #[validate(re = "[0-9a-f]{32}")] id: String,
    ) -> Result<KnownMessage, Refusal> {
        self.spool.message(&id).await?.ok_or(Refusal::Missing)
    }
}
