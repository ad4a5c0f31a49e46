//! The end of a batch of which a step has failed.

use database::{
    Transaction,
    data::{Answer as Committed, Version},
};

use super::{
    Outcome, Runner, Stopped,
    call::{Reply, Verdict},
    finish::step_failed,
    inverse::Undo,
};
use crate::{
    answer::Answer,
    database::{Ended, State, Ticket, move_on},
    figures::{Compensation, Outcome as Ending},
    work::Inverse,
};

impl Runner {
    /// Undoes the steps before the one that has failed, the last one first. What others have changed since is kept.
    pub(super) async fn compensate(&self, ticket: &Ticket) -> Outcome {
        let (mut compensated, mut kept, mut moved) = (Vec::new(), Vec::new(), Vec::new());
        let done: Vec<_> = ticket.progress.done.iter().enumerate().collect();
        for (index, done) in done.into_iter().rev() {
            let Some(step) = ticket.work.steps.get(index) else { continue };
            let image = ticket.progress.images.get(index).and_then(Option::as_ref);
            match Undo::of(step, image, done) {
                Undo::Nothing => {}
                Undo::Unavailable => kept.push(step.path.clone()),
                Undo::By(path, inverse) => {
                    let undone = self.undo_step(ticket, index, (&path, &inverse)).await?;
                    if let Some(Reply { version: Some(after), .. }) = &undone
                        && let Some(before) = inverse.before
                    {
                        moved.push((path.clone(), (before, *after)));
                    }
                    let paths = if undone.is_some() { &mut compensated } else { &mut kept };
                    paths.push(path);
                    self.reached("command::after_inverse").await;
                }
            }
        }
        let steps = [(Compensation::Undone, compensated.len()), (Compensation::Kept, kept.len())];
        let failure = ticket.progress.failure.clone();
        let answer = failure.map(|failure| step_failed(failure, compensated, kept));
        let answer = answer.unwrap_or_else(|| Answer::json(424, "application/json", &()));
        let outcome = self.end_compensated(ticket, answer, moved).await?;
        self.figures().ended(Ending::Compensated);
        for (what, steps) in steps {
            self.figures().compensated(what, steps);
        }
        Ok(outcome)
    }

    /// Undoes a step, and returns what the service has said; `None` if it is kept.
    async fn undo_step(
        &self,
        ticket: &Ticket,
        index: usize,
        (path, inverse): (&str, &Inverse),
    ) -> Result<Option<Reply>, Stopped> {
        let Some(call) = inverse.call(path, &inverse.expected()) else { return Ok(None) };
        let key = format!("{}-c{}", ticket.id, index + 1);
        match self.ask(ticket, &key, &call).await? {
            Verdict::Done(reply) => Ok(Some(reply)),
            _ => Ok(None),
        }
    }

    /// Ends the batch. What is as it was before it has another version: the tickets of the changes before wait for that.
    async fn end_compensated(
        &self,
        ticket: &Ticket,
        answer: Answer,
        moved: Vec<(String, (i64, i64))>,
    ) -> Outcome {
        let ended = Ended { from: ticket.state, to: State::Ended, answer: Some(answer.clone()) };
        let compensated = ticket.clone();
        let end = async move |transaction: &mut Transaction, version: Version| {
            compensated.end(transaction, &ended).await?;
            for (path, versions) in &moved {
                move_on(transaction, &compensated.user, path, *versions).await?;
            }
            Ok(Committed::no_content(version))
        };
        self.commit(&ticket.user, end).await?;
        self.reached("command::after_end").await;
        Ok(answer)
    }
}
