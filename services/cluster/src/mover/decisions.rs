//! What is decided about a move: that it begins, or that it is taken back.

use super::{Mover, Stopped};
use crate::{
    database::{Phase, Row, State, repeated},
    refusal::Refusal,
};

impl Mover {
    /// Decides that a user is moved. The same move again changes nothing.
    pub(crate) async fn begin(&self, user: &str, to: &str) -> Result<Row, Refusal> {
        let row = repeated!(self.begin_once(user, to))?;
        self.wake(user);
        Ok(row)
    }

    async fn begin_once(&self, user: &str, to: &str) -> Result<Row, Refusal> {
        let row = self.directory().find(user).await?.ok_or(Refusal::Missing)?;
        row.check_exists()?;
        if row.is_moving_to(to) {
            return Ok(row);
        }
        row.check_free()?;
        if row.cluster == to {
            let (move_to, phase) = (Some(to.to_owned()), Some(Phase::Done));
            return Ok(Row { move_to, phase, begun: None, error: None, ..row });
        }
        if !self.directory().clusters().await?.iter().any(|cluster| cluster.name == to) {
            return Err(Refusal::UnknownCluster(to.to_owned()));
        }
        self.check_services(&row.cluster, to)?;
        self.check_target(&row, to).await?;
        self.directory().swap(&row, row.to_be_moved(to)).await
    }

    /// Decides that a user is not moved, unless that is committed.
    pub(crate) async fn abort(&self, user: &str) -> Result<(), Refusal> {
        repeated!(self.abort_once(user))?;
        self.wake(user);
        Ok(())
    }

    async fn abort_once(&self, user: &str) -> Result<(), Refusal> {
        let row = self.directory().find(user).await?.ok_or(Refusal::Missing)?;
        row.check_exists()?;
        let to = row.move_to.clone().ok_or(Refusal::Missing)?;
        match row.phase {
            None | Some(Phase::Aborting | Phase::Aborted) => Ok(()),
            Some(Phase::Committed | Phase::Away | Phase::Done) => Err(Refusal::Committed(to)),
            Some(_) => self.directory().swap(&row, row.aborted()).await.map(|_| ()),
        }
    }

    /// Each service with data in one cluster must be in the other one.
    fn check_services(&self, from: &str, to: &str) -> Result<(), Refusal> {
        let busy = |stopped: Stopped| Refusal::Busy(stopped.to_string());
        let there = self.services_in(to).map_err(busy)?;
        let here = self.services_in(from).map_err(busy)?;
        match here.into_iter().find(|service| !there.contains(service)) {
            Some(service) => {
                Err(Refusal::Busy(format!("service {service} is not in cluster {to}")))
            }
            None => Ok(()),
        }
    }

    /// No service of the new cluster may have data of the user: they would not be replaced, and the user would be held in vain.
    async fn check_target(&self, row: &Row, to: &str) -> Result<(), Refusal> {
        let holders = self.holders_in(to).map_err(|stopped| Refusal::Busy(stopped.to_string()))?;
        for holder in holders {
            // One that does not answer now may do so later: the import is refused as well.
            if let Ok(Some(placement)) = self.placement(&holder, row).await
                && placement.state == "here"
            {
                let service = holder.service;
                let message = format!("service {service} in cluster {to} has data of the user");
                return Err(Refusal::Busy(message));
            }
        }
        Ok(())
    }
}

impl Row {
    /// Whether a move to this cluster is on.
    fn is_moving_to(&self, to: &str) -> bool {
        let is_on =
            !matches!(self.phase, None | Some(Phase::Done | Phase::Aborting | Phase::Aborted));
        self.unfinished && is_on && self.move_to.as_deref() == Some(to)
    }

    /// Refuses a move while something else is on.
    fn check_free(&self) -> Result<(), Refusal> {
        let busy = match self.state {
            State::Expiring => "a sweep is deciding whether the user is removed",
            _ if self.unfinished => "another move of the user, or the end of a sweep, is on",
            _ => return Ok(()),
        };
        Err(Refusal::Busy(busy.to_owned()))
    }
}
