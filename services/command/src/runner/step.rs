//! The execution of the steps.

use database::{
    Transaction,
    data::{Answer as Committed, Version},
};

use super::{
    Outcome, Runner, Stopped,
    call::{Reply, Verdict},
    image::{Lookup, fitting},
    prepare::{failure, refused},
};
use crate::{
    answer::Answer,
    database::{State, Ticket},
    figures::Outcome as Ending,
    work::{Done, Image, Kind, Progress},
};

/// How often a step is sent with another image.
const TRIES: usize = 3;

/// How a step has ended.
enum StepEnd {
    Done(Done, Option<Reply>),
    Refused(Reply),
}

impl Runner {
    /// Executes the steps, and ends the command.
    pub(super) async fn apply(&self, mut ticket: Ticket) -> Outcome {
        let mut done = Vec::with_capacity(ticket.work.steps.len());
        let mut last = None;
        for index in 0..ticket.work.steps.len() {
            match self.step(&mut ticket, index).await? {
                StepEnd::Done(step, reply) => {
                    done.push(step);
                    last = reply;
                }
                StepEnd::Refused(reply) => return self.fail(ticket, done, index, reply).await,
            }
            let point = match ticket.undoes {
                Some(_) => "command::after_inverse",
                None => "command::after_step",
            };
            self.reached(point).await;
        }
        self.finish(&ticket, &done, last.map(Reply::into_answer)).await
    }

    async fn step(&self, ticket: &mut Ticket, index: usize) -> Result<StepEnd, Stopped> {
        let is_undo = ticket.undoes.is_some();
        let key = format!("{}-{}", ticket.id, index + 1);
        for _ in 0..=TRIES {
            let Some(step) = ticket.work.steps.get(index) else { break };
            let image = ticket.progress.images.get(index).cloned().flatten();
            let Some(call) = step.call(image.as_ref()) else {
                return Ok(StepEnd::Done(Done::Unchanged, None));
            };
            let ensures = step.is_ensured();
            match self.ask(ticket, &key, &call).await? {
                Verdict::Done(reply) => {
                    let Reply { status, version, location, .. } = &reply;
                    let (status, version, location) = (*status, *version, location.clone());
                    let done = Done::Changed { status, version, location };
                    return Ok(StepEnd::Done(done, Some(reply)));
                }
                Verdict::Changed(_) if ensures => {
                    return Ok(StepEnd::Done(Done::Unchanged, None));
                }
                Verdict::Changed(_) | Verdict::Refused(_) if is_undo => {
                    return Ok(StepEnd::Done(Done::Kept, None));
                }
                Verdict::Changed(reply) => {
                    if !self.look_anew(ticket, index, image).await? {
                        return Ok(StepEnd::Refused(reply));
                    }
                }
                Verdict::Refused(reply) => return Ok(StepEnd::Refused(reply)),
                // It is asked until it is known.
                Verdict::Unknown(_) => break,
            }
        }
        Ok(StepEnd::Refused(Reply::of_status(412)))
    }

    /// Takes a fresh image of what has changed, if the step may be tried with it.
    async fn look_anew(
        &self,
        ticket: &mut Ticket,
        index: usize,
        old: Option<Image>,
    ) -> Result<bool, Stopped> {
        let Some(step) = ticket.work.steps.get(index).filter(|step| step.needs_image()) else {
            return Ok(false);
        };
        let Lookup::Image(image) = self.look_again(ticket, &step.path).await? else {
            return Ok(false);
        };
        // If it is as it was, it is not for the tag that the service has refused it.
        if old.as_ref() == Some(&image) || !step.may_change(&image) {
            return Ok(false);
        }
        let image = fitting(image, &ticket.progress.images, index);
        if let Some(kept) = ticket.progress.images.get_mut(index) {
            *kept = Some(image);
        }
        self.save(ticket, ticket.state).await?;
        self.reached("command::after_image").await;
        Ok(true)
    }

    /// Keeps how far a command has come, which was in this state.
    pub(super) async fn save(&self, ticket: &Ticket, from: State) -> Result<(), Stopped> {
        let saved = ticket.clone();
        let save = async move |transaction: &mut Transaction, version: Version| {
            saved.save(transaction, from).await?;
            Ok(Committed::no_content(version))
        };
        self.commit(&ticket.user, save).await
    }

    /// A step has failed: those before it are undone.
    async fn fail(
        &self,
        mut ticket: Ticket,
        done: Vec<Done>,
        index: usize,
        reply: Reply,
    ) -> Outcome {
        if !done.iter().any(|done| matches!(done, Done::Changed { .. })) {
            return Err(self.forget(&ticket, refused(&ticket.work, index, reply)).await);
        }
        let from = ticket.state;
        let images = std::mem::take(&mut ticket.progress.images);
        ticket.progress =
            Progress { images, done, failure: Some(failure(&ticket.work, index, &reply)) };
        if test_hooks::rule("command::compensating") {
            ticket.state = State::Compensating;
            self.save(&ticket, from).await?;
        }
        self.reached("command::after_compensating").await;
        self.compensate(&ticket).await
    }

    /// Removes the row of a command of which nothing was executed, so that it can be asked for again.
    pub(super) async fn forget(&self, ticket: &Ticket, refused: Stopped) -> Stopped {
        let removed = ticket.clone();
        let remove = async move |transaction: &mut Transaction, version: Version| {
            removed.remove(transaction).await?;
            Ok(Committed::no_content(version))
        };
        self.commit(&ticket.user, remove).await.err().unwrap_or(refused)
    }

    /// Gives up a command whose outcome is unknown after a day.
    pub(super) async fn give_up(&self, ticket: &Ticket) -> Stopped {
        let given_up = ticket.clone();
        let end = async move |transaction: &mut Transaction, version: Version| {
            given_up.give_up(transaction).await?;
            if given_up.undoes.is_some() {
                given_up.move_undone(transaction, (State::Undoing, State::Failed), None).await?;
            }
            Ok(Committed::no_content(version))
        };
        if let Err(stopped) = self.commit(&ticket.user, end).await {
            return stopped;
        }
        self.figures().ended(Ending::GivenUp);
        let (user, id) = (&ticket.user, &ticket.id);
        tracing::error!(user, id, "a command was given up after a day: its outcome is unknown");
        Stopped::Lost
    }
}

/// What the service has said of the only step.
pub(super) fn of_service(kind: Kind, answer: Option<Answer>) -> Option<Answer> {
    answer.filter(|_| kind == Kind::Change)
}
