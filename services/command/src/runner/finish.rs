//! The end of a command: the ticket by which it can be undone, and the response.

use database::{
    Transaction,
    data::{Answer as Committed, Data, Version},
};
use serde_json::{Value as Json, json};

use super::{Outcome, Runner, inverse::Undo, step::of_service};
use crate::{
    answer::{
        Answer, BatchDone, StepDone, StepFailed, StepUndone, TICKET, UNDO, UndoDone, UndoOutcome,
    },
    database::{Ended, State, Ticket, delete_inverses, move_on, save_inverses},
    figures::Outcome as Ending,
    work::{Action, Done, Image, Inverse, Kind, Method, StepFailure},
};

/// A command that ends.
#[derive(Clone)]
struct End {
    ticket: Ticket,
    ended: Ended,
    /// How its steps are undone.
    inverses: Vec<(String, Inverse)>,
    done: Vec<Done>,
}

impl Runner {
    /// Ends a command whose steps were executed.
    pub(super) async fn finish(
        &self,
        ticket: &Ticket,
        done: &[Done],
        service: Option<Answer>,
    ) -> Outcome {
        let inverses = ticket.inverses(done);
        let is_undoable = inverses.is_some();
        let answer = ticket.answer(done, is_undoable, of_service(ticket.work.kind, service));
        let to = if is_undoable { State::Open } else { State::Ended };
        let ended = Ended { from: ticket.state, to, answer: Some(answer.clone()) };
        let inverses = inverses.unwrap_or_default();
        let end = End { ticket: ticket.clone(), ended, inverses, done: done.to_vec() };
        let commit = async move |transaction: &mut Transaction, version: Version| {
            end.commit(transaction, version).await?;
            Ok(Committed::no_content(version))
        };
        self.commit(&ticket.user, commit).await?;
        self.figures().ended(Ending::Done);
        let is_undo = ticket.undoes.is_some();
        self.reached(if is_undo { "command::after_undone" } else { "command::after_end" }).await;
        Ok(answer)
    }
}

impl End {
    async fn commit(
        &self,
        transaction: &mut Transaction,
        version: Version,
    ) -> Result<(), database::data::Failure> {
        let Ticket { user, id, undoes, work, .. } = &self.ticket;
        self.ticket.end(transaction, &self.ended).await?;
        save_inverses(transaction, (user, id), &self.inverses).await?;
        if let Some(event) = &work.event {
            let content = self.ticket.event(&self.done);
            Data::announce(transaction, user, event, version, &content, Some(id)).await?;
        }
        if let Some(undone) = undoes {
            let states = (State::Undoing, State::Undone);
            self.ticket.move_undone(transaction, states, Some(id)).await?;
            delete_inverses(transaction, user, undone).await?;
            self.move_on(transaction).await?;
        }
        Ok(())
    }

    /// What is as it was before a change that is undone now has another version: the tickets of the changes before wait for it.
    async fn move_on(&self, transaction: &mut Transaction) -> Result<(), database::data::Failure> {
        if !test_hooks::rule("command::rebase") {
            return Ok(());
        }
        for (step, done) in self.ticket.work.steps.iter().zip(&self.done) {
            if let Action::Invert(Inverse { before: Some(before), .. }) = &step.action
                && let Some(version) = done.version()
            {
                let versions = (*before, version);
                move_on(transaction, &self.ticket.user, &step.path, versions).await?;
            }
        }
        Ok(())
    }
}

impl Ticket {
    /// What was there before each step, what it does, and what it has done.
    fn with_images<'a>(
        &'a self,
        done: &'a [Done],
    ) -> impl Iterator<Item = (&'a crate::work::Step, Option<&'a Image>, &'a Done)> {
        let images = self.progress.images.iter().map(Option::as_ref);
        self.work
            .steps
            .iter()
            .zip(images)
            .zip(done)
            .map(|((step, image), done)| (step, image, done))
    }

    /// How the steps are undone; `None` if one cannot be.
    fn inverses(&self, done: &[Done]) -> Option<Vec<(String, Inverse)>> {
        let mut inverses = Vec::new();
        for (step, image, done) in self.with_images(done) {
            match Undo::of(step, image, done) {
                Undo::By(path, inverse) => inverses.push((path, inverse)),
                Undo::Nothing => {}
                Undo::Unavailable => return None,
            }
        }
        Some(inverses)
    }

    fn answer(&self, done: &[Done], is_undoable: bool, service: Option<Answer>) -> Answer {
        let ticket = is_undoable.then(|| self.id.clone());
        let answer = match self.work.kind {
            Kind::Change => service.unwrap_or_else(|| Answer::json(200, "application/json", &())),
            Kind::Batch => Answer::json(200, "application/json", &self.batch_done(ticket, done)),
            Kind::Undo { .. } => {
                Answer::json(200, "application/json", &self.undo_done(ticket, done))
            }
        };
        match is_undoable {
            true => answer.field(&TICKET, &self.id),
            false => answer.field(&UNDO, "unavailable"),
        }
    }

    fn batch_done(&self, ticket: Option<String>, done: &[Done]) -> BatchDone {
        let step = |(step, image, done): (&crate::work::Step, Option<&Image>, &Done)| {
            let path = step.written_path();
            match done.clone() {
                Done::Changed { status, version, location } => {
                    StepDone { path, status, version, location }
                }
                Done::Unchanged | Done::Kept => {
                    let version = image.and_then(|image| image.version);
                    StepDone { path, status: 412, version, location: None }
                }
            }
        };
        BatchDone { ticket, steps: self.with_images(done).map(step).collect() }
    }

    fn undo_done(&self, ticket: Option<String>, done: &[Done]) -> UndoDone {
        let step = |(step, done): (&crate::work::Step, &Done)| {
            let outcome = if done.is_kept() { UndoOutcome::Kept } else { UndoOutcome::Reverted };
            StepUndone { path: step.path.clone(), outcome: Some(outcome) }
        };
        UndoDone { ticket, steps: self.work.steps.iter().zip(done).map(step).collect() }
    }

    /// The content of the event of a batch.
    fn event(&self, done: &[Done]) -> Json {
        let steps = self.work.steps.iter().zip(done).filter_map(|(step, done)| {
            let Done::Changed { version, location, .. } = done else { return None };
            let gone = step.request().is_some_and(|it| it.method == Method::Delete);
            let path = location.as_ref().unwrap_or(&step.path);
            Some(json!({"path": path, "version": version, "gone": gone}))
        });
        json!({"steps": steps.collect::<Vec<_>>()})
    }
}

impl crate::work::Step {
    /// The path as the client has written it.
    fn written_path(&self) -> String {
        match self.request().map(|request| request.query.as_str()) {
            None | Some("") => self.path.clone(),
            Some(query) => format!("{}?{query}", self.path),
        }
    }
}

/// The response to a batch of which a step has failed.
pub(super) fn step_failed(
    failure: StepFailure,
    compensated: Vec<String>,
    kept: Vec<String>,
) -> Answer {
    Answer::json(424, "application/json", &StepFailed { failure, compensated, kept })
}
