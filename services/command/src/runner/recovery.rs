//! Commands whose worker is dead, which go on where they were.

use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use database::{
    Error, ErrorKind, Transaction,
    data::{Answer as Committed, Change, Version},
};
use tokio::sync::oneshot;
use wsgiservice::server::Stopping;

use super::{Outcome, Runner, Stopped, image::Lookup};
use crate::database::Ticket;

/// How often dead workers are looked for.
const PERIOD: Duration = Duration::from_secs(1);

/// How often the worker gives a sign of life, and old tickets are removed, in milliseconds.
const RENEWAL: i64 = 10_000;

impl Runner {
    /// Does what is to be done beside the requests, until the server stops.
    pub(crate) async fn work(&self, stopping: &Stopping) {
        let renewed = AtomicI64::new(0);
        test_hooks::every(PERIOD, stopping, || async {
            let now = test_hooks::now();
            let is_renewal = now - renewed.load(Ordering::Relaxed) >= RENEWAL;
            if is_renewal {
                renewed.store(now, Ordering::Relaxed);
            }
            if let Err(error) = self.round(is_renewal).await {
                tracing::warn!(%error, "abandoned commands could not be looked for");
            }
            ControlFlow::Continue(())
        })
        .await;
    }

    async fn round(&self, is_renewal: bool) -> Result<(), Error> {
        if is_renewal {
            self.worker().renew().await?;
            self.sweep().await?;
        }
        self.recover().await.map(|_| ())
    }

    /// Takes over the commands of dead workers, and goes on with them.
    pub(crate) async fn recover(&self) -> Result<Vec<oneshot::Receiver<Outcome>>, Error> {
        let mut taken = Vec::new();
        let mut abandoned = self.worker().own().await?;
        // A commit of its own may have seemed to fail, so that the task has ended.
        abandoned.retain(|row| !self.rows().contains(row));
        abandoned.extend(self.worker().abandoned().await?);
        for (user, id) in abandoned {
            // It is executed already, or there is no place: it is looked for again.
            let Ok(running) = self.running(&user, &id, 0) else { continue };
            let ticket = match Ticket::find(self.data().database(), &user, &id).await {
                Ok(Some(ticket)) => ticket,
                Ok(None) => continue,
                Err(error) if error.kind() == ErrorKind::Other => {
                    tracing::error!(%error, user, id, "an abandoned command cannot be read");
                    continue;
                }
                Err(error) => return Err(error),
            };
            let runner = self.clone();
            taken.push(self.spawn(running, async move { runner.take_over(ticket).await }));
        }
        Ok(taken)
    }

    async fn take_over(&self, ticket: Ticket) -> Outcome {
        let (found, owner) = (ticket.clone(), self.worker().id.clone());
        let take = async move |transaction: &mut Transaction, version: Version| {
            found.take(transaction, &owner).await?;
            Ok(Committed::no_content(version))
        };
        // If the user is being moved, it is looked for again.
        self.data().change(Change::new(&ticket.user, None), take).await?;
        self.figures().recovered();
        // It may have come further since it was looked for. From now on, only this worker changes it.
        let again = Ticket::find(self.data().database(), &ticket.user, &ticket.id).await?;
        let mut ticket = again.ok_or(Stopped::Lost)?;
        if !test_hooks::rule("command::reuse_image") {
            self.look_at_all(&mut ticket).await?;
        }
        self.drive(ticket).await
    }

    /// Takes fresh images of what may have been changed already: what a test lacks a rule for.
    async fn look_at_all(&self, ticket: &mut Ticket) -> Result<(), Stopped> {
        let mut images = Vec::new();
        for (step, image) in ticket.work.steps.iter().zip(&ticket.progress.images) {
            images.push(match (image, self.look_again(ticket, &step.path).await?) {
                (Some(_), Lookup::Image(image)) => Some(image),
                (image, _) => image.clone(),
            });
        }
        ticket.progress.images = images;
        Ok(())
    }
}
