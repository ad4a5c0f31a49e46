//! The steps of what is decided: each does what a row says, and notes that it is done.

use std::time::Duration;

use test_hooks::now;

use super::{Mover, Stopped, placements::Holder};
use crate::{
    database::{Phase, Row, State},
    figures::Outcome,
};

impl Mover {
    /// Does what a row says. A user is held no longer than there is hope.
    pub(crate) async fn step(&self, row: &Row, is_hopeless: bool) -> Result<(), Stopped> {
        match row.state {
            State::Active if row.phase == Some(Phase::Waiting) => {
                self.directory().swap(row, row.frozen()).await?;
                self.reached("mover::after_frozen").await;
                Ok(())
            }
            State::Active => self.release(row).await,
            State::Frozen if is_hopeless => {
                self.directory().swap(row, row.aborted()).await?;
                Ok(())
            }
            State::Frozen => self.transfer(row).await,
            State::Expiring if is_hopeless => {
                self.directory().swap(row, row.taken_back()).await?;
                Ok(())
            }
            State::Expiring => self.expire(row).await,
            State::Gone => self.purge(row).await,
        }
    }

    /// A move, from the second step to the commit.
    async fn transfer(&self, row: &Row) -> Result<(), Stopped> {
        let Some(to) = &row.other else {
            return Err(Stopped::Failed("the row of a move has no other cluster".to_owned()));
        };
        let services = self.services_in(&row.cluster)?;
        for service in &services {
            let old = Holder::new(service, &row.cluster);
            self.place(&old, row, "frozen", &[]).await?;
        }
        if row.phase == Some(Phase::Frozen) {
            self.directory().progress(row, Phase::Held).await?;
        }
        self.reached("mover::after_hold").await;
        for service in &services {
            let _running = self.0.copies.begin(row, service, to);
            self.while_touched(row, self.copy(service, row, to)).await?;
        }
        self.directory().progress(row, Phase::Imported).await?;
        self.reached("mover::after_import").await;
        self.directory().swap(row, row.moved()).await?;
        self.reached("mover::after_commit").await;
        Ok(())
    }

    /// The end of a move, of its abort, or of a sweep that was taken back: the user is where the row says, and nowhere else.
    async fn release(&self, row: &Row) -> Result<(), Stopped> {
        // The old cluster says that the user has moved before the new one writes.
        if let Some(other) = &row.other {
            for service in self.services_in(other)? {
                self.place_away(&Holder::new(&service, other), row).await?;
            }
            if row.phase == Some(Phase::Committed) {
                self.directory().progress(row, Phase::Away).await?;
            }
            self.reached("mover::after_away").await;
        }
        let mut holders = self.holders_in(&row.cluster)?;
        if row.other.is_none() {
            holders.extend(self.global_holders());
        }
        for holder in holders {
            self.place_here(&holder, row).await?;
        }
        self.directory().told(row).await?;
        let Row { user, cluster, error, .. } = row;
        match (&row.other, row.phase) {
            (Some(to), Some(Phase::Aborting)) => {
                self.figures().moved(Outcome::Aborted);
                tracing::info!(user, cluster, to, error, "a move is aborted");
            }
            (Some(from), _) => {
                self.figures().moved(Outcome::Moved);
                tracing::info!(user, from, to = cluster, "a user has moved");
            }
            (None, _) => {}
        }
        self.reached("mover::after_here").await;
        Ok(())
    }

    /// A sweep, from the second step to the commit. It ends if a service has written for the user.
    pub(crate) async fn expire(&self, row: &Row) -> Result<(), Stopped> {
        let since = (now() - crate::sweep::IDLE).to_string();
        for holder in self.holders_in(&row.cluster)?.into_iter().chain(self.global_holders()) {
            match self.place(&holder, row, "frozen", &[("since", since.clone())]).await {
                Err(Stopped::Written) => {
                    // It is a candidate again when it is idle for as long from now on.
                    self.directory()
                        .swap(row, Row { last_seen: now(), ..row.taken_back() })
                        .await?;
                    return Ok(());
                }
                placed => placed?,
            }
        }
        self.reached("sweep::after_freeze").await;
        self.directory().swap(row, row.removed()).await?;
        self.reached("sweep::after_commit").await;
        Ok(())
    }

    /// The end of a sweep or a removal: no service has data of the user.
    pub(crate) async fn purge(&self, row: &Row) -> Result<(), Stopped> {
        let mut holders = self.holders_in(&row.cluster)?;
        if let Some(other) = &row.other {
            holders.extend(self.holders_in(other)?);
        }
        holders.extend(self.global_holders());
        for holder in holders {
            self.place(&holder, row, "gone", &[]).await?;
        }
        self.directory().told(row).await?;
        self.figures().removed();
        tracing::info!(user = row.user, "a user is removed");
        self.reached("sweep::after_purge").await;
        Ok(())
    }

    /// Waits for a step that can take long, and notes that it goes on: its calls end if no byte comes.
    async fn while_touched(
        &self,
        row: &Row,
        step: impl Future<Output = Result<(), Stopped>>,
    ) -> Result<(), Stopped> {
        let mut step = std::pin::pin!(step);
        loop {
            tokio::select! {
                done = &mut step => return done,
                () = tokio::time::sleep(Duration::from_secs(5)) => self.directory().touch(row).await?,
            }
        }
    }
}
