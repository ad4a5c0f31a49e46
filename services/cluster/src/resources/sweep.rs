//! The removal of anonymous users who have not come back.

use wsgiservice::{mount, resource};

use crate::{mover::Mover, refusal::Refusal, sweep::Swept};

/// The removal of anonymous users who have not come back.
#[mount("/1/sweep")]
pub(super) struct Sweep {
    pub(super) mover: Mover,
}

#[resource]
impl Sweep {
    /// Remove the anonymous users who were idle for 30 days, as happens every hour.
    #[limit(time = 600)]
    async fn post(&self) -> Result<Swept, Refusal> {
        self.mover.sweep().await
    }
}
