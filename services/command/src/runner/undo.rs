//! The undo of a ticket, which is a command as well: so it can be undone.

use database::{
    Transaction,
    data::{Answer as Committed, Failure, Version},
};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::{
    Outcome, Runner, Stopped,
    image::{Lookup, fitting, size},
};
use crate::{
    database::{Found, State, Ticket, find_inverses, new_id},
    refusal::Refusal,
    work::{Action, Image, Inverse, Kind, Progress, Step, Work},
};

/// The undo of a ticket that a client asks for.
#[derive(Clone, Debug)]
pub(crate) struct NewUndo {
    pub(crate) user: String,
    pub(crate) ticket: String,
    pub(crate) key: String,
    pub(crate) fingerprint: String,
    pub(crate) force: bool,
}

impl Runner {
    /// Begins the undo of a ticket.
    pub(crate) fn begin_undo(&self, asked: NewUndo) -> Result<oneshot::Receiver<Outcome>, Refusal> {
        self.check_user(&asked.user)?;
        let id = new_id();
        let running = self.running(&asked.user, &id, 0)?;
        let runner = self.clone();
        Ok(self.spawn(running, async move { runner.undo(asked, id).await }))
    }

    async fn undo(&self, asked: NewUndo, id: String) -> Outcome {
        let NewUndo { user, ticket, key, fingerprint, force } = asked;
        self.reached("command::before_undoing").await;
        let row = Ticket {
            user,
            id,
            request_key: key,
            fingerprint,
            state: State::Checking,
            owner: self.worker().id.clone(),
            created: test_hooks::now(),
            undoes: Some(ticket),
            work: Work { kind: Kind::Undo { force }, steps: Vec::new(), event: None },
            progress: Progress::default(),
        };
        let begun = row.clone();
        let begin = async move |transaction: &mut Transaction, version: Version| {
            begun.begin_undo(transaction).await?;
            Ok(Committed::no_content(version))
        };
        self.commit_first(&row.user, begin).await?;
        let row = Ticket::find(self.data().database(), &row.user, &row.id).await?;
        let row = row.ok_or(Stopped::Lost)?;
        self.reached("command::after_undoing").await;
        self.drive(row).await
    }

    /// Looks for what has changed since, before anything is changed.
    /// What is there takes the places that are returned.
    pub(super) async fn check(&self, ticket: &mut Ticket) -> Result<OwnedSemaphorePermit, Stopped> {
        let mut images = Vec::with_capacity(ticket.work.steps.len());
        let mut places = self.places(0)?;
        // Nothing was executed, and now it is too late: its ticket expires.
        if ticket.is_too_old() {
            return Err(self.withdraw(ticket, Refusal::expired()).await);
        }
        let mut conflicts = Vec::new();
        for step in &ticket.work.steps {
            let image = match self.look(&ticket.user, &step.path).await {
                Lookup::Image(image) => image,
                Lookup::Refused(reply) => {
                    let error = format!("{} cannot be read: {}", step.path, reply.status);
                    return Err(self.withdraw(ticket, Refusal::Unreachable(error)).await);
                }
                Lookup::Unknown(error) => {
                    return Err(self.withdraw(ticket, Refusal::Unreachable(error)).await);
                }
            };
            if !ticket.may_undo(step, &image) {
                conflicts.push(step.path.clone());
            }
            images.push(Some(fitting(image, &images, images.len())));
            let size = ticket.work.size() + size(&images);
            if let Err(busy) = self.take_more(&mut places, size) {
                return Err(self.withdraw(ticket, busy).await);
            }
        }
        if !conflicts.is_empty() && test_hooks::rule("command::check_first") {
            return Err(self.withdraw(ticket, Refusal::changed_since(conflicts)).await);
        }
        ticket.progress.images = images;
        ticket.state = State::Applying;
        self.save(ticket, State::Checking).await?;
        self.reached("command::after_applying").await;
        Ok(places)
    }

    /// Ends an undo that has changed nothing: the ticket is open again.
    async fn withdraw(&self, ticket: &Ticket, refusal: Refusal) -> Stopped {
        let withdrawn = ticket.clone();
        let end = async move |transaction: &mut Transaction, version: Version| {
            withdrawn.remove(transaction).await?;
            withdrawn.move_undone(transaction, (State::Undoing, State::Open), None).await?;
            Ok(Committed::no_content(version))
        };
        match self.commit(&ticket.user, end).await {
            Ok(()) => refusal.into(),
            Err(stopped) => stopped,
        }
    }
}

impl Ticket {
    /// Begins the undo, if the ticket is still open.
    async fn begin_undo(&self, transaction: &mut Transaction) -> Result<(), Failure> {
        let Self { user, request_key, id, .. } = self;
        if Found::in_transaction(transaction, user, request_key).await?.is_some() {
            return Err(Failure::Changed);
        }
        let states = (State::Open, State::Undoing);
        self.move_undone(transaction, states, Some(id)).await?;
        let undone = self.undoes.as_deref().unwrap_or_default();
        let inverses = find_inverses(transaction, user, undone).await?;
        let step = |(path, inverse)| Step { path, action: Action::Invert(inverse) };
        let steps = inverses.into_iter().map(step).collect();
        let row = Self { work: Work { steps, ..self.work.clone() }, ..self.clone() };
        row.insert(transaction).await
    }

    /// Whether a step can be undone from what is there now.
    fn may_undo(&self, step: &Step, now: &Image) -> bool {
        let is_as_left = |inverse: &Inverse| inverse.is_as_left(now);
        match &step.action {
            Action::Invert(inverse) => {
                matches!(self.work.kind, Kind::Undo { force: true }) || is_as_left(inverse)
            }
            Action::Request(_) => true,
        }
    }
}
